"""Measures how fast melodyvae is on a machine: `python -m benchmarks.speed`."""

import os

SEE_GPUS = 'MELODYVAE_BENCHMARKS_SEE_GPUS'  # set for the process that measures a GPU
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
gpus = os.environ.get('CUDA_VISIBLE_DEVICES')  # as this process was started
if SEE_GPUS not in os.environ:
    os.environ['CUDA_VISIBLE_DEVICES'] = '-1'  # measure the cores
