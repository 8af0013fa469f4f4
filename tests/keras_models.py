"""Keras models that tests exchange with TF.js, and how they are applied."""

import keras
import numpy as np
from keras import layers

from tfjs_export.layers import ACTIVATIONS

SYSTEMS = {
    # name: cells of the grid, hidden width, first width of the decoder, heads, dropout
    'melodyvae_improved': (24 * 32, 512, 1024, ('sigmoid', 'sigmoid', 'relu', 'tanh'), 0.2),
    'melodyvae_original': (24 * 32, 512, 512, ('sigmoid', 'sigmoid', 'relu'), 0.0),
    'rhythmvae': (9 * 96, 512, 1024, ('sigmoid', 'sigmoid', 'tanh'), 0.0),
}


def randomize(model: keras.Model, seed: int = 0) -> keras.Model:
    """Gives every weight values that a mistake would show."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        if 'kernel' in weight.path:
            value = random.normal(0, (2 / sum(weight.shape)) ** 0.5, weight.shape)
        elif 'variance' in weight.path or 'gamma' in weight.path:
            value = random.uniform(0.5, 2, weight.shape)
        else:
            value = random.normal(0, 0.3, weight.shape)
        weight.assign(value.astype(np.float32))
    return model


def draw_inputs(model: keras.Model, count: int) -> list[np.ndarray]:
    """Draws standard normal inputs for a model."""
    random = np.random.default_rng(1)
    shapes = [tensor.shape[1:] for tensor in model.inputs]
    return [random.standard_normal((count, *shape), np.float32) for shape in shapes]


def apply_keras(model: keras.Model, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Applies a model to a list of inputs, and always returns a list."""
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [keras.ops.convert_to_numpy(output) for output in outputs]


def block(x, units: int, dropout: float):
    x = layers.LeakyReLU(0.3)(layers.BatchNormalization()(layers.Dense(units)(x)))
    return layers.Dropout(dropout)(x) if dropout else x


def decoder(cells: int, hidden: int, first: int, heads: tuple[str, ...], dropout: float):
    z = keras.Input((2,))
    x = block(z, first, dropout)
    outputs = [layers.Dense(cells, activation=h)(block(x, hidden, dropout)) for h in heads]
    return keras.Model(z, outputs, name='decoder')


def encoder(cells: int, hidden: int, first: int, heads: tuple[str, ...], dropout: float):
    inputs = [keras.Input((cells,)) for _ in heads]
    x = layers.Concatenate()([block(one, hidden, dropout) for one in inputs])
    x = block(x, hidden, dropout)
    outputs = [layers.Dense(2, name=name)(x) for name in ('z_mean', 'z_log_var')]
    return keras.Model(inputs, outputs, name='encoder')


def dense_activations():
    x = keras.Input((5,))
    return keras.Model(x, [layers.Dense(4, activation=name)(x) for name in ACTIVATIONS])


def activation_layers():
    x = keras.Input((3, 4))
    return keras.Model(x, [layers.Activation(name)(x) for name in ACTIVATIONS])


def slopes():
    x = keras.Input((6,))
    return keras.Model(x, [layers.LeakyReLU(slope)(x) for slope in (0.0, 0.01, 0.3)])


def batch_normalization():
    flat, image = keras.Input((4,)), keras.Input((2, 3, 4))
    sequence = layers.Reshape((3, 8))(image)
    outputs = [
        layers.BatchNormalization(axis=axis, epsilon=0.01)(tensor)
        for tensor, axes in ((flat, (1, -1)), (sequence, (2, -1)), (image, (3, -1)))
        for axis in axes
    ]
    for center, scale in ((True, False), (False, True), (False, False)):
        outputs.append(layers.BatchNormalization(center=center, scale=scale)(sequence))
    return keras.Model([flat, image], outputs)


def dense_of_higher_rank():
    x = keras.Input((2, 3, 4))
    y = layers.Dense(5, activation='relu')(layers.Reshape((6, 4))(x))
    return keras.Model(x, [layers.Dense(2, use_bias=False, activation='tanh')(x), y])


def reshapes():
    x = keras.Input((2, 3, 4))
    open_size = layers.Reshape((-1, 6))(x)
    six_dimensions = layers.Reshape((2, 1, 3, 2, 2))(x)
    return keras.Model(
        x, [layers.Dense(3)(open_size), layers.Flatten()(six_dimensions), six_dimensions]
    )


def concatenations():
    a, b = keras.Input((3, 4)), keras.Input((3, 4))
    return keras.Model([a, b], [layers.Concatenate(axis=x)([a, b, a]) for x in (-1, -2, 1, 2)])


def dropout_and_frozen():
    x = keras.Input((4,))
    y = layers.Dropout(0.5)(layers.Dense(6, trainable=False)(x))
    y = layers.BatchNormalization(trainable=False)(y)
    return keras.Model(x, layers.Dense(2)(layers.BatchNormalization()(y)))


def inputs_as_outputs():
    used, unused = keras.Input((3,)), keras.Input((2,))
    middle = layers.Activation('tanh')(used)
    return keras.Model([used, unused], [layers.LeakyReLU()(middle), used, middle])


def calls_in_other_models():
    """The layers are called elsewhere before and after."""
    a, elsewhere = keras.Input((3,)), keras.Input((3,))
    first, second = layers.Dense(3, activation='tanh'), layers.Dense(3)
    second(first(elsewhere))
    outputs = [first(a)]
    outputs.append(second(outputs[0]))
    second(first(elsewhere))
    return keras.Model(a, outputs)


def from_the_middle():
    """Starts at a tensor inside another model, and ends before that model does."""
    x = keras.Input((3,))
    middle = layers.Dense(4, activation='relu')(x)
    end = layers.Dense(2, activation='tanh')(middle)
    layers.Dense(1)(end)
    return keras.Model(middle, end)


def sequential():
    return keras.Sequential(
        [
            keras.Input((2, 6)),
            layers.Reshape((-1, 3)),
            layers.Dense(4, activation='relu'),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, trainable=False),
            layers.Activation('softmax'),
        ],
        name='sequence',
    )


LAYERS = (
    dense_activations,
    activation_layers,
    slopes,
    batch_normalization,
    dense_of_higher_rank,
    reshapes,
    concatenations,
    dropout_and_frozen,
    inputs_as_outputs,
    calls_in_other_models,
    from_the_middle,
    sequential,
)
