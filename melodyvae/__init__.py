"""Variational autoencoders of two-bar melodies and rhythms for the MelodyVAE Max for Live devices.

Import what you need from the modules; this one stays light, because TensorFlow takes seconds.
"""

import os

__version__ = '0.1.0'

if (os.cpu_count() or 1) <= 2:
    # With few cores a step is shorter when each works on a matrix product of its own than when they
    # share each one: see docs/performance.md. TensorFlow reads this at its first operation.
    os.environ.setdefault('TF_NUM_INTRAOP_THREADS', '1')
