"""Measures how fast melodyvae is on a machine: `python -m benchmarks.speed`."""

import os

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
