"""How fast this is on a machine, measured; `python -m benchmarks.speed` is the program."""

import os

from melodyvae.cli import program

SEE_GPUS = 'MELODYVAE_BENCHMARKS_SEE_GPUS'  # set for the process that measures one, see `gpu`
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
gpus = os.environ.get('CUDA_VISIBLE_DEVICES')  # as whoever has started this process set it
if SEE_GPUS not in os.environ:
    os.environ['CUDA_VISIBLE_DEVICES'] = '-1'  # the cores are measured
program.import_tensorflow()  # here, so that processes that are started for a figure are as quiet
