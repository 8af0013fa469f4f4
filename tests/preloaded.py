"""What the processes of warm.py begin with.

Not the programs themselves: each defines flags of its own.
"""

from melodyvae.garbage import keep_imports

with keep_imports():
    import filelock
    import matplotlib.backends.backend_svg
    import tensorboard.summary
    import tensorflow_probability

    import melodyvae.evaluation.evaluate
    import melodyvae.ingest.ingest
    import melodyvae.training.train  # noqa: F401

    tensorflow_probability.distributions.Normal  # noqa: B018 - it is imported at its first use
