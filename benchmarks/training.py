"""Measures the training speed of the systems, beside the floor and the device; and on a GPU."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import tensorflow as tf

import benchmarks
from benchmarks import floor
from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.libraries import made_loops
from benchmarks.machine import in_own_process
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.training.batches import training_batches
from melodyvae.training.data import count_steps_at_once
from melodyvae.training.split import split

SYSTEMS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae')
# The device's JavaScript under tfjs-node 4.22, on a machine like this, same data and batch size.
DEVICE_SYSTEM, DEVICE_STEPS_PER_SECOND = 'melodyvae_improved', 5.8
LOOPS = 2000
STEPS = 32  # per epoch; the second of two epochs is measured
GPU_STEPS = {64: 256, 4096: 32}  # per epoch, by batch size
REPEATS = 7


def figures() -> Iterator[Figure]:
    for name in SYSTEMS:
        yield from system_figures(preset(name), STEPS, REPEATS)


def gpu_figures() -> Iterator[Figure]:
    """Measures the default on a GPU, in processes of their own; nothing without a GPU."""
    with seeing_gpus():
        name, _ = in_own_process(name_gpu)
        for size, steps in GPU_STEPS.items() if name else ():
            config = preset('melodyvae')
            config.training.batch_size = size
            yield from in_own_process(measure_device, config.to_dict(), name, steps, REPEATS)[0]


def system_figures(config: Config, steps: int, repeats: int) -> Iterator[Figure]:
    """Measures one system, alternating all measures."""
    batches = made_batches(config)
    found = in_turns(
        {
            **step_measures(config, batches, steps),
            'step_cpu': step_seconds(config, batches, steps, clock=time.process_time),
            'batch_cpu': batch_cpu_seconds(batches, steps),
            'products': floor.products(config),
            'traffic': floor.optimizer_traffic(config),
        },
        repeats,
    )
    least = [a + b for a, b in zip(found['products'], found['traffic'], strict=True)]
    size = config.training.batch_size
    title = f'training {config.name}, batch {size}'
    speed = Figure(title, 'steps/s', tuple(1 / value for value in found['step']))
    yield speed
    yield speed.over(f'{title}: samples', 'samples/s', 1 / size)
    for key, words in (
        ('step', 'step'),
        ('products', 'floor, matrix products'),
        ('traffic', "floor, optimizer's memory traffic"),
    ):
        yield Figure(f'{title}: {words}', 'ms', tuple(1000 * value for value in found[key]))
    yield ratio(f'{title}: step over floor', found['step'], least)
    yield pipeline_ratio(title, found)
    # CPU time of all cores: wall-clock times are too noisy for a few percent.
    yield ratio(
        f'{title}: input pipeline over step, CPU time', found['batch_cpu'], found['step_cpu']
    )
    if config.name == DEVICE_SYSTEM:
        yield speed.over(f'{title}: over the device', 'times', DEVICE_STEPS_PER_SECOND)


def made_batches(config: Config, count: int = LOOPS) -> tf.data.Dataset:
    """Returns the training batches of a made library of `count` loops."""
    loops = made_loops(config.grid, count)
    return training_batches(loops, *split(loops, config), config)


def step_measures(
    config: Config, batches: tf.data.Dataset, steps: int
) -> dict[str, Callable[[], float]]:
    """Measures a 'step', and the same without an input pipeline, with 'kept' batches."""
    kept = batches.take(steps).cache().repeat()  # one batch would stay in the processor's caches
    return {
        'step': step_seconds(config, batches, steps),
        'kept': step_seconds(config, kept, steps),
    }


def pipeline_ratio(title: str, found: Mapping[str, Sequence[float]]) -> Figure:
    """Returns what the input pipeline adds, from the values of `step_measures`."""
    return ratio(f'{title}: with over without input pipeline', found['step'], found['kept'])


def batch_cpu_seconds(batches: tf.data.Dataset, steps: int) -> Callable[[], float]:
    """Measures the CPU time of a batch, when nothing else runs."""
    endless = iter(batches)

    def measure() -> float:
        start = time.process_time()
        for _ in range(steps):
            next(endless)
        return (time.process_time() - start) / steps

    return measure


def step_seconds(
    config: Config,
    batches: tf.data.Dataset,
    steps: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[[], float]:
    """Measures a step of `fit`: batches, gradients, optimizer and metrics, after warm-up."""
    model = MelodyVAE(config)
    model.compile()
    model.steps_per_execution = count_steps_at_once(steps, config.training.epochs)
    times: list[float] = []
    timer = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: times.append(clock()),
        on_epoch_end=lambda epoch, logs: times.append(clock()),
    )

    def measure() -> float:
        # The first epoch waits for the first batches.
        model.fit(
            batches, epochs=2, steps_per_epoch=steps, callbacks=[timer], verbose=0, shuffle=False
        )
        return (times[-1] - times[-2]) / steps

    measure()  # traces
    return measure


def name_gpu() -> str:
    """Returns the name of the first GPU that TensorFlow sees; '' if there is none."""
    found = tf.config.list_physical_devices('GPU')
    return tf.config.experimental.get_device_details(found[0])['device_name'] if found else ''


def measure_device(settings: dict, device: str, steps: int, repeats: int) -> list[Figure]:
    """Measures steps per second on the device that TensorFlow uses here.

    Args:
      settings: of the config, as plain values.
      device: its name, for the figures.
      steps: per epoch.
      repeats: epochs that are measured.
    """
    config = Config.from_dict(settings)
    size = config.training.batch_size
    model = MelodyVAE(config)
    model.compile()
    # Twice the batch size: some loops are held out, and a batch is no larger than the rest.
    found = in_turns(step_measures(config, made_batches(config, 2 * size), steps), repeats)
    title = f'training {config.name}, batch {size}, {device}'
    xla = 'on' if model.jit_compile else 'off'
    speed = Figure(f'{title}, XLA {xla}', 'steps/s', tuple(1 / step for step in found['step']))
    return [speed, pipeline_ratio(title, found)]


@contextlib.contextmanager
def seeing_gpus() -> Iterator[None]:
    """Lets processes that are started in the block see the GPUs of this process."""
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
