"""How fast this is on a machine, measured; `python -m benchmarks.speed` is the program."""

import os

from melodyvae.cli import program

os.environ |= {'CUDA_VISIBLE_DEVICES': '-1', 'TF_CPP_MIN_LOG_LEVEL': '2'}  # the cores are measured
program.import_tensorflow()  # here, so that processes that are started for a figure are as quiet
