"""Measures the minimum time of a training step: its matrix products and its memory traffic.

Activations, losses, batch normalization, dropout and batches are left out.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf

from benchmarks.figures import seconds
from melodyvae.config.settings import Config
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.system.process import count_cores

AT_ONCE = 5  # steps per measurement
ADAM_PASSES = 7  # Adam reads the gradient, both moments and the weight, and writes the last three
ADAM_ARRAYS = 4  # as large as the weights: this decides how much of them fits into caches


def dense_layers(config: Config) -> list[tuple[int, int, bool]]:
    """Lists the dense layers: inputs, units, and whether gradients flow on (not into the data)."""
    encoder, decoder = build_encoder(config), build_decoder(config)
    data = {id(tensor) for tensor in encoder.inputs}
    for layer in encoder.layers:
        if not layer.weights and all(id(tensor) in data for tensor in tf.nest.flatten(layer.input)):
            data.add(id(layer.output))  # the concatenated data
    return [
        (*layer.kernel.shape, id(layer.input) not in data)
        for layer in [*encoder.layers, *decoder.layers]
        if isinstance(layer, keras.layers.Dense)
    ]


def weight_count(config: Config) -> int:
    """Counts the trainable weights."""
    models = build_encoder(config), build_decoder(config)
    return sum(int(np.prod(w.shape)) for model in models for w in model.trainable_weights)


def products(config: Config) -> Callable[[], float]:
    """Measures the seconds of the matrix products of one step, in TensorFlow, float32.

    Per dense layer: `[batch, inputs] x [inputs, units]` forward; backward the gradients of its
    kernel, `[inputs, batch] x [batch, units]`, and input, `[batch, units] x [units, inputs]`.
    """
    layers = dense_layers(config)
    batch = config.training.batch_size
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
    return lambda: seconds(lambda: [multiply(tensors) for _ in range(AT_ONCE)]) / AT_ONCE


def optimizer_traffic(config: Config) -> Callable[[], float]:
    """Measures the seconds of Adam's reads and writes at the memory bandwidth of this machine.

    The bandwidth is that of `a += b` on all cores, over two arrays that are together as large as
    Adam's four, so that caches hold the same share of them.
    """
    floats = weight_count(config)
    a, b = (np.ones(ADAM_ARRAYS // 2 * floats, np.float32) for _ in range(2))
    cores = count_cores()
    parts = list(zip(np.array_split(a, cores), np.array_split(b, cores), strict=True))
    pool = ThreadPoolExecutor(cores)

    def stream() -> None:
        list(pool.map(lambda part: np.add(part[0], part[1], out=part[0]), parts))

    stream()  # touches every page
    streamed = 3 * len(a)  # floats: reads a and b, writes a
    return lambda: seconds(stream) * ADAM_PASSES * floats / streamed
