"""The least that a training step costs on this machine, measured: no step of this model, by this
library, on these cores can be faster than its matrix products and its optimiser's memory traffic.

Left out are activations, losses, batch normalisation, dropout and the batches themselves.
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

AT_ONCE = 5  # steps' worth of products a measurement
ADAM_PASSES = 7  # Adam reads the gradient, both moments and the weight, and writes the last three
ADAM_ARRAYS = 4  # as large as the weights, which is what decides how much of it caches hold


def dense_layers(config: Config) -> list[tuple[int, int, bool]]:
    """Every dense layer of encoder and decoder: inputs, units, and whether a gradient flows on.

    It ends at the layers that look at the data. (z is computed, so its own layer passes it on.)
    """
    encoder, decoder = build_encoder(config), build_decoder(config)
    data = {id(tensor) for tensor in encoder.inputs}
    for layer in encoder.layers:
        if not layer.weights and all(id(tensor) in data for tensor in tf.nest.flatten(layer.input)):
            data.add(id(layer.output))  # the data in one piece
    return [
        (*layer.kernel.shape, id(layer.input) not in data)
        for layer in [*encoder.layers, *decoder.layers]
        if isinstance(layer, keras.layers.Dense)
    ]


def weight_count(config: Config) -> int:
    """Numbers that a step learns."""
    models = build_encoder(config), build_decoder(config)
    return sum(int(np.prod(w.shape)) for model in models for w in model.trainable_weights)


def products(config: Config) -> Callable[[], float]:
    """Measures the seconds that the matrix products of one step take, in TensorFlow, float32.

    Of each dense layer: `[batch, inputs] x [inputs, units]` forward, and backward the gradients of
    its kernel, `[inputs, batch] x [batch, units]`, and of what it looks at,
    `[batch, units] x [units, inputs]`. They do not wait for one another, as those of a step must.
    """
    batch = config.training.batch_size
    layers = dense_layers(config)
    tensors = [
        (
            tf.random.normal((batch, inputs)),
            tf.random.normal((inputs, units)),
            tf.random.normal((batch, units)),
        )
        for inputs, units, _ in layers
    ]

    @tf.function
    def multiply(tensors):
        made = []
        for (x, kernel, gradient), (_, _, flows_on) in zip(tensors, layers, strict=True):
            made.append(tf.matmul(x, kernel))
            made.append(tf.matmul(x, gradient, transpose_a=True))
            if flows_on:
                made.append(tf.matmul(gradient, kernel, transpose_b=True))
        return made

    multiply(tensors)  # traces
    return lambda: seconds(lambda: [multiply(tensors) for _ in range(AT_ONCE)]) / AT_ONCE


def optimizer_traffic(config: Config) -> Callable[[], float]:
    """Measures the seconds that Adam's reading and writing takes at this machine's bandwidth.

    The bandwidth is that of `a += b` over two arrays that are together as large as Adam's four,
    cut over all cores: what caches cannot hold of those, they cannot hold of these.
    """
    floats = weight_count(config)
    a, b = (np.ones(ADAM_ARRAYS // 2 * floats, np.float32) for _ in range(2))
    cores = count_cores()
    parts = list(zip(np.array_split(a, cores), np.array_split(b, cores), strict=True))
    pool = ThreadPoolExecutor(cores)

    def stream() -> None:
        list(pool.map(lambda part: np.add(part[0], part[1], out=part[0]), parts))

    stream()  # touches every page
    streamed = 3 * len(a)  # floats: a and b read, a written
    return lambda: seconds(stream) * ADAM_PASSES * floats / streamed
