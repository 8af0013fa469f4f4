"""Measures training: steps beside their floor, on a GPU, and what callbacks and memory cost.

The floor of a step is its matrix products and the memory traffic of Adam. Activations, losses,
normalization, dropout and batches are left out.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from benchmarks.figures import Figure, in_own_process, in_turns, seconds
from benchmarks.libraries import made_loops
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder
from melodyvae.system.process import count_cores
from melodyvae.training.data import TrainingData, count_steps_at_once, training_data

SYSTEMS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae')
# The device's JavaScript under tfjs-node 4.22, on a machine like this, same data and batch size.
DEVICE_SYSTEM, DEVICE_STEP = 'melodyvae_improved', 1 / 5.8  # seconds
LOOPS, STEPS, REPEATS = 2000, 32, 7  # STEPS: per epoch; the second of two epochs is measured
GPU_STEPS = {64: 256, 4096: 32}  # per epoch, by batch size
ADAM_PASSES = 7  # Adam reads the gradient, both moments and the weight, and writes the last three


def training_figures() -> Iterator[Figure]:
    for name in SYSTEMS:
        yield from system_figures(preset(name), STEPS, REPEATS)


def system_figures(config: Config, steps: int, repeats: int) -> Iterator[Figure]:
    """Measures one system, alternating all measures."""
    batches = made_batches(config, LOOPS)
    endless = iter(batches)

    def make_batches() -> None:
        for _ in range(steps):  # some are made ahead
            next(endless)

    found = in_turns(
        {
            **step_measures(config, batches, steps),
            'one per call': step_seconds(config, batches, steps, at_once=1),
            'CPU': step_seconds(config, batches, steps, clock=time.process_time),
            'batch': lambda: seconds(make_batches, time.process_time) / steps,
            'products': matrix_products(config),
            'traffic': optimizer_traffic(config),
        },
        repeats,
    )
    floor = [a + b for a, b in zip(found['products'], found['traffic'], strict=True)]
    title = f'{config.name}, batch {config.training.batch_size}'
    yield step_figure(title, found, 'its floor', floor)
    yield step_figure(title, found, 'batches made before', found['kept'])
    yield step_figure(title, found, 'one step per call', found['one per call'])
    if config.name == DEVICE_SYSTEM:
        yield step_figure(title, found, 'the device', [DEVICE_STEP])
    # CPU time of all cores: wall-clock times are too noisy for a few percent.
    values, beside = ([1000 * x for x in found[name]] for name in ('batch', 'CPU'))
    yield Figure(f'{title}: a batch, CPU time', 'ms', values, 'a step, CPU time', beside)


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
    size = config.training.batch_size
    # Twice the batch size: some loops are held out, and a batch is no larger than the rest.
    found = in_turns(step_measures(config, made_batches(config, 2 * size), steps), repeats)
    title = f'{config.name}, batch {size}, {device}'
    return step_figure(title, found, 'batches made before', found['kept'])


def step_figure(title: str, found: dict, reference: str, beside: Sequence[float]) -> Figure:
    values, beside = ([1000 * x for x in side] for side in (found['step'], beside))
    return Figure(f'{title}: a step', 'ms', values, reference, beside)


def made_batches(config: Config, count: int) -> tf.data.Dataset:
    """Returns the training batches of a made library of `count` loops."""
    loops = made_loops(config.grid, count)
    return training_data(loops, config).training_batches()


def step_measures(
    config: Config, batches: tf.data.Dataset, steps: int
) -> dict[str, Callable[[], float]]:
    """Measures a 'step', and the same without an input pipeline, with 'kept' batches."""
    kept = batches.take(steps).cache().repeat()  # one batch would stay in the processor's caches
    return {'step': step_seconds(config, batches, steps), 'kept': step_seconds(config, kept, steps)}


def step_seconds(
    config: Config,
    batches: tf.data.Dataset,
    steps: int,
    *,
    at_once: int = 0,
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[[], float]:
    """Measures a step of `fit`: batches, gradients, optimizer and metrics, after warm-up."""
    model = MelodyVAE(config)
    model.compile()
    model.steps_per_execution = at_once or count_steps_at_once(steps, config.training.epochs)
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


def dense_layers(config: Config) -> list[tuple[int, int, bool]]:
    """Lists the dense layers: inputs, units, and whether gradients flow on (not into the data)."""
    models = build_encoder(config), build_decoder(config)
    kernels = [x.kernel for m in models for x in m.layers if isinstance(x, keras.layers.Dense)]
    first = 1 if config.model.one_encoder_branch else len(config.features)  # these see the data
    return [(*kernel.shape, number >= first) for number, kernel in enumerate(kernels)]


def matrix_products(config: Config) -> Callable[[], float]:
    """Measures the seconds of the matrix products of one step, in TensorFlow, float32.

    Per dense layer: `[batch, inputs] x [inputs, units]` forward; backward the gradients of its
    kernel, `[inputs, batch] x [batch, units]`, and input, `[batch, units] x [units, inputs]`.
    """
    layers, batch = dense_layers(config), config.training.batch_size
    tensors = [
        [tf.random.normal(x) for x in ((batch, inputs), (inputs, units), (batch, units))]
        for inputs, units, _ in layers
    ]

    @tf.function
    def multiply(tensors):
        made = []
        for (x, kernel, gradient), (_, _, flows_on) in zip(tensors, layers, strict=True):
            made += [tf.matmul(x, kernel), tf.matmul(x, gradient, transpose_a=True)]
            if flows_on:
                made.append(tf.matmul(gradient, kernel, transpose_b=True))
        return made

    multiply(tensors)  # traces
    return lambda: seconds(lambda: [multiply(tensors) for _ in range(5)]) / 5


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
    config = preset('melodyvae_improved')
    config.training.epochs = 20
    config.data.transpositions = ()
    config.training.early_stopping_patience = 0
    data = training_data(made_loops(config.grid, 3072), config)  # 40 steps per epoch
    measures = {name: partial(fit_seconds, config, data, name) for name in ('with', 'without')}
    found = in_turns(measures, repeats=3)
    title = f'{config.name}, {config.training.epochs} epochs with all callbacks, CPU time'
    yield Figure(title, 's', found['with'], 'without', found['without'])


def fit_seconds(config: Config, data: TrainingData, callbacks: str) -> float:
    """Measures the CPU seconds of a training 'with' or 'without' callbacks."""
    with tempfile.TemporaryDirectory() as temporary:
        run = RunFolder.create(Path(temporary, 'run'), config)
        plain = partial(MelodyVAE(config).fit, data)
        work = partial(fit, run, data, quiet=True) if callbacks == 'with' else plain
        return seconds(work, time.process_time)


def memory_figures(epochs: int = 50, loops: int = 256) -> Iterator[Figure]:
    """Measures the peak memory of a long training, beside one of an epoch: it should not grow."""
    peaks = [in_own_process(train_run, count, loops)[1] for count in (epochs, 1)]
    title = f'melodyvae_improved, peak memory of {epochs} epochs'
    yield Figure(title, 'MiB', peaks[:1], 'one epoch', peaks[1:])


def train_run(epochs: int, loops: int) -> None:
    """Trains the Improved device on a made library, with all callbacks."""
    config = preset('melodyvae_improved')
    config.training.epochs = epochs
    config.training.early_stopping_patience = 0
    fit_seconds(config, training_data(made_loops(config.grid, loops), config), 'with')
