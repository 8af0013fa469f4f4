"""Training speed on a GPU, where there is one: with XLA, as Keras decides on its own."""

import contextlib
import os
from collections.abc import Iterator

import tensorflow as tf

import benchmarks
from benchmarks.figures import Figure, in_turns
from benchmarks.machine import in_own_process
from benchmarks.training import made_batches, pipeline_ratio, step_measures
from melodyvae.cli.program import say
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.vae import MelodyVAE

STEPS = {64: 256, 4096: 32}  # of an epoch, by the batch size
REPEATS = 7


def figures() -> Iterator[Figure]:
    with seeing_gpus():
        name, _ = in_own_process(name_gpu)
        if not name:
            say('gpu: TensorFlow sees none, so there is nothing to measure.')
            return
        for size, steps in STEPS.items():
            config = preset('melodyvae')
            config.training.batch_size = size
            yield from in_own_process(measure, config.to_dict(), name, steps, REPEATS)[0]


def name_gpu() -> str:
    """The first GPU that TensorFlow sees; '' if there is none."""
    found = tf.config.list_physical_devices('GPU')
    return tf.config.experimental.get_device_details(found[0])['device_name'] if found else ''


def measure(settings: dict, device: str, steps: int, repeats: int) -> list[Figure]:
    """Steps a second on whatever TensorFlow trains on here, and what they wait for their batches.

    Args:
      settings: of the config; its batch size is that of the steps.
      device: its name, for the figures'.
      steps: of an epoch.
      repeats: epochs that are measured.
    """
    config = Config.from_dict(settings)
    size = config.training.batch_size
    model = MelodyVAE(config)
    model.compile()
    # Some loops are held out, and a batch is no larger than the rest.
    found = in_turns(step_measures(config, made_batches(config, 2 * size), steps), repeats)
    title = f'training {config.name}, batch {size}, {device}'
    xla = 'on' if model.jit_compile else 'off'
    return [
        Figure(f'{title}, XLA {xla}', 'steps/s', tuple(1 / seconds for seconds in found['step'])),
        pipeline_ratio(title, found),
    ]


@contextlib.contextmanager
def seeing_gpus() -> Iterator[None]:
    """Processes that are started in the block see the GPUs that this one was started with."""
    before = dict(os.environ)
    os.environ[benchmarks.SEE_GPUS] = '1'
    del os.environ['CUDA_VISIBLE_DEVICES']
    if benchmarks.gpus is not None:
        os.environ['CUDA_VISIBLE_DEVICES'] = benchmarks.gpus
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
