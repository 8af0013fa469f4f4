"""What the processes of warm.py begin with.

Not the programs themselves: each defines flags of its own.
"""

import importlib

from melodyvae.system.process import keep_imports

with keep_imports():
    for module in (
        'filelock',
        'matplotlib.backends.backend_svg',
        'tensorboard.summary',
        'melodyvae.evaluation.evaluate',
        'melodyvae.ingest.ingest',
        'melodyvae.runs.train',
    ):
        importlib.import_module(module)
    probability = importlib.import_module('tensorflow_probability')
    probability.distributions.Normal  # noqa: B018 - most of it is imported at its first use
