"""Training speed of the systems, beside the floor for their step and the device's speed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import tensorflow as tf

from benchmarks import device, floor
from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.libraries import made_loops
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.vae import MelodyVAE
from melodyvae.training.batches import training_batches
from melodyvae.training.data import count_steps_at_once
from melodyvae.training.split import split

SYSTEMS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae')
DEVICE_SYSTEM = 'melodyvae_improved'  # whose speed in the device is known
LOOPS = 2000
STEPS = 32  # an epoch; two epochs are trained and the second is measured
REPEATS = 7


def figures() -> Iterator[Figure]:
    for name in SYSTEMS:
        yield from system_figures(preset(name), STEPS, REPEATS)


def system_figures(config: Config, steps: int, repeats: int) -> Iterator[Figure]:
    """Figures of one system, all measured in turns."""
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
    rates = [1 / value for value in found['step']]
    yield Figure(title, 'steps/s', tuple(rates))
    yield Figure(f'{title}: samples', 'samples/s', tuple(size * rate for rate in rates))
    for key, words in (
        ('step', 'step'),
        ('products', 'floor, matrix products'),
        ('traffic', "floor, optimiser's memory traffic"),
    ):
        yield Figure(f'{title}: {words}', 'ms', tuple(1000 * value for value in found[key]))
    yield ratio(f'{title}: step over floor', found['step'], least)
    yield pipeline_ratio(title, found)
    # Of all cores together: wall-clock times are too noisy for a few percent.
    yield ratio(
        f'{title}: input pipeline over step, CPU time', found['batch_cpu'], found['step_cpu']
    )
    if config.name == DEVICE_SYSTEM:
        yield Figure(title, 'steps/s', tuple(rates)).over(
            f'{title}: over the device', 'times', device.TRAINING_STEPS_A_SECOND
        )


def made_batches(config: Config, count: int = LOOPS) -> tf.data.Dataset:
    """The batches that training takes from a made library of `count` loops."""
    loops = made_loops(config.grid, count)
    return training_batches(loops, *split(loops, config), config)


def step_measures(
    config: Config, batches: tf.data.Dataset, steps: int
) -> dict[str, Callable[[], float]]:
    """Measures a 'step', and the same without an input pipeline, its batches 'kept'."""
    # One batch again and again would stay in the caches.
    kept = batches.take(steps).cache().repeat()
    return {
        'step': step_seconds(config, batches, steps),
        'kept': step_seconds(config, kept, steps),
    }


def pipeline_ratio(title: str, found: Mapping[str, Sequence[float]]) -> Figure:
    """What the input pipeline adds, of what `step_measures` has found."""
    return ratio(f'{title}: with over without input pipeline', found['step'], found['kept'])


def batch_cpu_seconds(batches: tf.data.Dataset, steps: int) -> Callable[[], float]:
    """Measures the CPU time of a batch, when nothing else is done."""
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
    """Measures a step of `fit`: batches, gradients, optimiser and metrics, once it is warm."""
    model = MelodyVAE(config)
    model.compile()
    model.steps_per_execution = count_steps_at_once(steps, config.training.epochs)
    timer = EpochTimer(clock)

    def measure() -> float:
        # The first epoch waits for the first batches.
        model.fit(
            batches, epochs=2, steps_per_epoch=steps, callbacks=[timer], verbose=0, shuffle=False
        )
        return timer.seconds / steps

    measure()  # traces
    return measure


class EpochTimer(keras.callbacks.Callback):
    """Seconds that the last epoch took by a clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = 0.0
        self.began = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self.began = self.clock()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = self.clock() - self.began
