"""Measures training: steps beside their floor, on a GPU and from disk; callbacks and memory.

The floor of a step is its matrix products and the memory traffic of Adam. Activations, losses,
normalization, dropout and batches are left out.
"""

import dataclasses
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.figures import Figure, in_own_process, interleave, seconds
from benchmarks.libraries import made_loops
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.loops.dataset import load_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.writer import LoopsWriter
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder
from melodyvae.system.process import count_cores
from melodyvae.training.data import count_steps_at_once, training_data

SYSTEMS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae')
# The device's JavaScript under tfjs-node 4.22, on a machine like this, same data and batch size.
DEVICE_SYSTEM, DEVICE_STEP = 'melodyvae_improved', 1 / 5.8  # seconds
LOOPS, STEPS, REPEATS = 2000, 32, 7  # STEPS: per epoch; the second of two epochs is measured
GPU_STEPS = {64: 256, 4096: 32}  # per epoch, by batch size
ADAM_PASSES = 7  # Adam reads the gradient, both moments and the weight, and writes the last three
STORED_LOOPS = 10_000_000  # of the dataset on disk


def training_figures() -> Iterator[Figure]:
    for name in SYSTEMS:
        yield from system_figures(preset(name), STEPS, REPEATS)


def system_figures(config: Config, steps: int, repeats: int) -> Iterator[Figure]:
    """Measures one system, alternating all measures."""
    batches, step = made_batches(config, LOOPS), step_timer(config, steps)
    endless = iter(batches)

    def make_batches() -> None:
        for _ in range(steps):  # some are made ahead
            next(endless)

    found = interleave(
        {
            'step': partial(step, batches),
            'kept': partial(step, keep_batches(batches, steps)),
            'one per call': partial(step_timer(config, steps, at_once=1), batches),
            'CPU': partial(step, batches, time.process_time),
            'batch': lambda: seconds(make_batches, time.process_time) / steps,
            'products': matrix_products(config),
            'traffic': optimizer_traffic(config),
        },
        repeats,
    )
    floor = [a + b for a, b in zip(found['products'], found['traffic'], strict=True)]
    title = f'{config.name}, batch {config.training.batch_size}'
    yield in_ms(f'{title}: a step', found['step'], 'its floor', floor)
    yield in_ms(f'{title}: a step', found['step'], 'batches made before', found['kept'])
    yield in_ms(f'{title}: a step', found['step'], 'one step per call', found['one per call'])
    if config.name == DEVICE_SYSTEM:
        yield in_ms(f'{title}: a step', found['step'], 'the device', [DEVICE_STEP])
    # CPU time of all cores: wall-clock times are too noisy for a few percent.
    yield in_ms(f'{title}: a batch, CPU time', found['batch'], 'a step, CPU time', found['CPU'])


def gpu_figures() -> Iterator[Figure]:
    """Measures the default on the first GPU, with small and large batches; nothing without one."""
    for gpu in tf.config.list_physical_devices('GPU')[:1]:
        name = tf.config.experimental.get_device_details(gpu)['device_name']
        for size, steps in GPU_STEPS.items():
            config = preset('melodyvae')
            config.training.batch_size = size
            yield device_figure(config, name, steps, REPEATS)


def device_figure(config: Config, device: str, steps: int, repeats: int) -> Figure:
    """Measures a step on the device that TensorFlow uses."""
    size, step = config.training.batch_size, step_timer(config, steps)
    # Twice the batch size: some loops are held out, and a batch is no larger than the rest.
    batches = made_batches(config, 2 * size)
    kept = keep_batches(batches, steps)
    measures = {'step': partial(step, batches), 'kept': partial(step, kept)}
    found = interleave(measures, repeats)
    title = f'{config.name}, batch {size}, {device}: a step'
    return in_ms(title, found['step'], 'batches made before', found['kept'])


def in_ms(title: str, values: Sequence[float], reference: str, beside: Sequence[float]) -> Figure:
    values, beside = ([1000 * x for x in side] for side in (values, beside))
    return Figure(title, 'ms', values, reference, beside)


def made_batches(config: Config, count: int) -> tf.data.Dataset:
    """Returns the training batches of a made library of `count` loops."""
    loops = made_loops(config.grid, count)
    return training_data(loops, config).training_batches()


def keep_batches(batches: tf.data.Dataset, steps: int) -> tf.data.Dataset:
    """Returns batches without an input pipeline; one batch would stay in the processor's caches."""
    return batches.take(steps).cache().repeat()


def step_timer(config: Config, steps: int, at_once: int = 0) -> Callable[..., float]:
    """Returns a function that measures the seconds of a step of `fit`, after warm-up.

    A step has batches, gradients, optimizer and metrics. The function takes the batches, and a
    clock if it is not `time.perf_counter`.
    """
    model = MelodyVAE(config)
    model.compile()
    model.steps_per_execution = at_once or count_steps_at_once(steps, config.training.epochs)

    def measure(batches: tf.data.Dataset, clock: Callable[[], float] = time.perf_counter) -> float:
        times: list[float] = []
        timer = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: times.append(clock()),
            on_epoch_end=lambda epoch, logs: times.append(clock()),
        )
        # The first epoch traces, and waits for the first batches.
        model.fit(
            batches, epochs=2, steps_per_epoch=steps, callbacks=[timer], verbose=0, shuffle=False
        )
        return (times[3] - times[2]) / steps

    return measure


def matrix_products(config: Config) -> Callable[[], float]:
    """Measures the seconds of the matrix products of one step, in TensorFlow, float32.

    Per dense layer: `[batch, inputs] x [inputs, units]` forward; backward the gradients of its
    kernel, `[inputs, batch] x [batch, units]`, and input, `[batch, units] x [units, inputs]`. No
    gradient flows into the data, which the first layer of each branch of the encoder sees.
    """
    models, batch = (build_encoder(config), build_decoder(config)), config.training.batch_size
    kernels = [x.kernel for m in models for x in m.layers if isinstance(x, keras.layers.Dense)]
    first = 1 if config.model.one_encoder_branch else len(config.features)
    shapes = [((batch, k.shape[0]), k.shape, (batch, k.shape[1])) for k in kernels]
    layers = [[tf.random.normal(shape) for shape in each] for each in shapes]

    @tf.function
    def multiply(layers):
        made = [tf.matmul(x, kernel) for x, kernel, _ in layers]
        made += [tf.matmul(x, gradient, transpose_a=True) for x, _, gradient in layers]
        return made + [tf.matmul(y, kernel, transpose_b=True) for _, kernel, y in layers[first:]]

    multiply(layers)  # traces
    return lambda: seconds(lambda: [multiply(layers) for _ in range(5)]) / 5


def optimizer_traffic(config: Config) -> Callable[[], float]:
    """Measures the seconds of Adam's reads and writes at the memory bandwidth of this machine.

    The bandwidth is that of `a += b` on all cores, over two arrays that are together as large as
    the weights, their gradients and both moments, so that caches hold the same share of them.
    """
    models = build_encoder(config), build_decoder(config)
    floats = sum(int(np.prod(w.shape)) for model in models for w in model.trainable_weights)
    a, b = np.ones((2, 2 * floats), np.float32)
    cores = count_cores()
    parts = list(zip(np.array_split(a, cores), np.array_split(b, cores), strict=True))
    pool = ThreadPoolExecutor(cores)

    def stream() -> None:
        list(pool.map(lambda part: np.add(part[0], part[1], out=part[0]), parts))

    stream()  # touches every page
    # It reads a and b, and writes a: three passes over twice the floats.
    return lambda: seconds(stream) * ADAM_PASSES / 6


def callback_figures() -> Iterator[Figure]:
    """Measures the CPU time of a training with all callbacks of a run, beside one without."""
    config, epochs, loops = preset('melodyvae_improved'), 20, 3072  # 40 steps per epoch
    config.data.transpositions = ()
    plain = partial(train_run, config, epochs, loops, callbacks=False)
    measures = {'with': partial(train_run, config, epochs, loops), 'without': plain}
    found = interleave(measures, repeats=3)
    title = f'{config.name}, {epochs} epochs with all callbacks, CPU time'
    yield Figure(title, 's', found['with'], 'without', found['without'])


def memory_figures(
    config: Config | None = None, epochs: int = 50, loops: int = 256
) -> Iterator[Figure]:
    """Measures the peak memory of a long training, beside one of an epoch: it should not grow."""
    config = config or preset('melodyvae_improved')
    peaks = [in_own_process(train_run, config, count, loops)[1] for count in (epochs, 1)]
    title = f'{config.name}, peak memory of {epochs} epochs'
    yield Figure(title, 'MiB', peaks[:1], 'one epoch', peaks[1:])


def train_run(config: Config, epochs: int, loops: int, callbacks: bool = True) -> float:
    """Trains on a made library, with the callbacks of a run; returns the CPU seconds."""
    config.training.epochs, config.training.early_stopping_patience = epochs, 0
    data = training_data(made_loops(config.grid, loops), config)
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.create(Path(temporary, 'run'), config)
        work = (
            partial(fit, run, data, quiet=True)
            if callbacks
            else partial(MelodyVAE(config).fit, data)
        )
        return seconds(work, time.process_time)


def scale_figures() -> Iterator[Figure]:
    """Measures training on copies of the folk tunes: from disk, beside memory."""
    config = preset('melodyvae_improved')
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, 'loops')
        in_own_process(write_library, read_folk_loops(config.grid)[0], STORED_LOOPS, folder)
        yield from library_figures(folder, config, rounds=3, steps=64)


def library_figures(folder: Path, config: Config, rounds: int, steps: int) -> Iterator[Figure]:
    """Measures a dataset; every measurement starts without its pages in memory."""

    def open_cold() -> float:
        forget_pages(folder)
        return seconds(lambda: load_loops(folder))

    def train_cold(in_memory: bool) -> tuple[float, float]:
        forget_pages(folder)
        return in_own_process(stored_step, folder, in_memory, config, steps)

    title = f'{len(load_loops(folder)):,} loops'
    size = sum(path.stat().st_size for path in folder.iterdir()) / len(load_loops(folder))
    found = interleave(
        {
            'opening': open_cold,
            'disk': lambda: train_cold(in_memory=False),
            'memory': lambda: train_cold(in_memory=True),
        },
        rounds,
    )
    (step, peak), (step_beside, peak_beside) = (
        zip(*found[x], strict=True) for x in ('disk', 'memory')
    )
    yield Figure(f'{title}: dataset on disk', 'bytes per loop', [size])
    yield Figure(f'{title}: opening', 's', found['opening'])
    yield in_ms(f'{title}: step of training from disk', step, 'from memory', step_beside)
    yield Figure(
        f'{title}: peak memory of training from disk', 'MiB', peak, 'from memory', peak_beside
    )


def write_library(source: Loops, count: int, folder: Path) -> None:
    """Writes a dataset of at least `count` loops: copies of `source`."""
    folder.mkdir()
    with LoopsWriter(folder, source.grid) as writer:
        for copy in range(-(-count // len(source))):
            files = tuple(f'copy {copy:04d}/{name}' for name in source.files)
            writer.append(dataclasses.replace(source, files=files))


def forget_pages(folder: Path) -> None:
    """Drops the files of a folder from the page cache."""
    for path in folder.iterdir():
        with path.open('rb') as file:
            os.fsync(file.fileno())  # unwritten pages cannot be dropped
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def stored_step(folder: Path, in_memory: bool, config: Config, steps: int) -> float:
    """Measures the seconds of a training step on a dataset on disk or in memory."""
    loops = load_loops(folder)
    if in_memory:
        loops = dataclasses.replace(loops, cells=np.array(loops.cells))
    return step_timer(config, steps)(training_data(loops, config).training_batches())
