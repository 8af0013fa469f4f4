"""What the processes of warm.py begin with.

Not the programs themselves: each defines flags of its own.
"""

from melodyvae.garbage import keep_imports

with keep_imports():
    import tensorflow_probability  # noqa: F401

    import melodyvae.evaluation.evaluate
    import melodyvae.training.train  # noqa: F401
