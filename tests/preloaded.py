"""What the processes of warm.py start with.

Not the programs themselves: each defines its own flags.
"""

import gc
import importlib
import os
from pathlib import Path

from melodyvae.system.process import keep_imports

MODULES = (
    'filelock',
    'matplotlib.backends.backend_svg',
    'tensorboard.summary',
    'melodyvae.evaluation.evaluate',
    'melodyvae.ingest.ingest',
    'melodyvae.runs.train',
)

stderr = os.dup(2)
with Path(os.devnull).open('w') as nowhere, keep_imports():
    os.dup2(nowhere.fileno(), 2)  # TensorFlow's notes on its build
    try:
        for module in MODULES:
            importlib.import_module(module)
        probability = importlib.import_module('tensorflow_probability')
        probability.distributions.Normal  # noqa: B018 - most of it is imported at its first use
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)

gc.freeze()  # no child needs to look through the modules that it inherits
