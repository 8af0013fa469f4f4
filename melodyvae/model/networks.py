"""The layers of encoder and decoder, as functional Keras models."""

import itertools
from typing import Any

import keras
from keras import layers

from melodyvae.config.settings import Config

LEAKY_SLOPE = 0.3
ACTIVATIONS = {'onset': 'sigmoid', 'velocity': 'sigmoid', 'timeshift': 'tanh'}


def build_encoder(config: Config) -> keras.Model:
    """Builds the network from x to the parameters of q(z|x).

    Returns:
      Functional model: one input `[batch, rows * steps]` float32 per feature, in the config's
      order; outputs z_mean and z_log_var, `[batch, latent]` float32 each.
    """
    cells = config.grid.rows * config.grid.steps
    inputs = [keras.Input((cells,), name=name) for name in config.features]
    width = config.model.hidden
    if config.model.one_encoder_branch:
        seen = layers.Concatenate(name='encoder_input')(inputs)
        merged = _block(seen, width, 'encoder_all', config)
    else:
        branches = [
            _block(x, width, f'encoder_{name}', config)
            for x, name in zip(inputs, config.features, strict=True)
        ]
        merged = layers.Concatenate(name='encoder_features')(branches)
    hidden = _block(merged, width, 'encoder_merged', config)
    outputs = [
        layers.Dense(config.model.latent, kernel_initializer=_kernel(config), name=name)(hidden)
        for name in ('z_mean', 'z_log_var')
    ]
    return keras.Model(inputs, outputs, name='encoder')


def build_decoder(config: Config) -> keras.Model:
    """Builds the network from z to the features, which the device plays.

    Returns:
      Functional model: input `[batch, latent]` float32; one output `[batch, rows * steps]` float32
      per feature, in the config's order: onset and velocity in [0, 1], duration from 0 in half
      notes, timeshift in [-1, 1] half steps.
    """
    cells = config.grid.rows * config.grid.steps
    z = keras.Input((config.model.latent,), name='z')
    width = config.model.decoder_hidden
    shared = _block(z, width, 'decoder_shared', config, **_first_initializers(config))
    for number in range(2, config.model.decoder_depth + 1):
        shared = _block(shared, width, f'decoder_shared_{number}', config)
    outputs = [
        layers.Dense(
            cells,
            activation=_activation(name, config),
            kernel_initializer=_output_kernel(name, config),
            name=name,
        )(_block(shared, config.model.hidden, f'decoder_{name}', config))
        for name in config.features
    ]
    return keras.Model(z, outputs, name='decoder')


def build_pad_decoder(config: Config, tiles: int, places: int) -> keras.Model:
    """Builds the network from z to the features of a pad, segment by segment.

    A segment is a beat. Each has a mosaic of tiles over the pad, within which it sounds the same.
    The tile is that of the largest logit. Logits are linear in z, so tiles are polygons. Up to a
    distance of |x| + |y| from the place of a loop, all segments are those of this loop.

    Args:
      config: of the model.
      tiles: number of tiles of each mosaic.
      places: number of loops that have a place.

    Returns:
      As `build_decoder`. Its dense layers: `edges`, x and y beyond each place, either way; `away`,
      the distance from each place; per segment `tile_0` and so on, `[batch, tiles + places]`, and
      `onset_0` and so on, a feature of a segment.
    """
    bounds = segment_bounds(config)
    z = keras.Input((config.model.latent,), name='z')
    edges = _empty(4 * places, 'edges', activation='relu')(z)
    away = _empty(places, 'away')(edges)
    seen = layers.Concatenate(name='seen')([z, away])
    nearness = [
        _empty(tiles + places, f'tile_{number}', activation='softmax')(seen)
        for number in range(len(bounds) - 1)
    ]
    return keras.Model(
        z,
        [_join_segments(name, nearness, bounds, config) for name in config.features],
        name='decoder',
    )


def _empty(units: int, name: str, activation: str | None = None) -> layers.Dense:
    """Creates a dense layer of zeros, for weights that are set later: drawing takes a second."""
    return layers.Dense(units, activation=activation, kernel_initializer='zeros', name=name)


def segment_bounds(config: Config) -> list[int]:
    """Returns the steps at which the beats of a loop begin, and its end."""
    return [*range(0, config.grid.steps, config.grid.steps_per_quarter), config.grid.steps]


def _join_segments(name: str, nearness: list, bounds: list[int], config: Config):
    """Joins the segments of a feature to `[batch, rows * steps]`."""
    rows = config.grid.rows
    parts = []
    for number, (begin, end) in enumerate(itertools.pairwise(bounds)):
        part = _empty(rows * (end - begin), f'{name}_{number}')(nearness[number])
        parts.append(layers.Reshape((rows, end - begin), name=f'{name}_{number}_grid')(part))
    grid = layers.Concatenate(axis=2, name=f'{name}_grid')(parts) if len(parts) > 1 else parts[0]
    flat = layers.Flatten(name=f'{name}_cells')(grid)
    return layers.Activation(_activation(name, config), name=name)(flat)


def build_anchor_decoder(config: Config, anchors: int) -> keras.Model:
    """Builds the pad of earlier runs: a mean over anchors, weighted by nearness.

    Returns:
      As `build_decoder`; the dense layer `nearness` has `[batch, anchors]` outputs.
    """
    cells = config.grid.rows * config.grid.steps
    z = keras.Input((config.model.latent,), name='z')
    nearness = layers.Dense(anchors, activation='softmax', name='nearness')(z)
    outputs = [
        layers.Dense(cells, activation=_activation(name, config), name=name)(nearness)
        for name in config.features
    ]
    return keras.Model(z, outputs, name='decoder')


def _activation(name: str, config: Config) -> str:
    return config.model.duration_activation if name == 'duration' else ACTIVATIONS[name]


def _block(x, units: int, name: str, config: Config, **initializers: Any):
    """Adds dense, batch normalization, leaky ReLU and dropout, as the config says."""
    initializers = {'kernel_initializer': _kernel(config)} | initializers
    x = layers.Dense(units, **initializers, name=f'{name}_dense')(x)
    if config.model.normalization:
        x = layers.BatchNormalization(name=f'{name}_normalization')(x)
    x = layers.LeakyReLU(negative_slope=LEAKY_SLOPE, name=f'{name}_activation')(x)
    if config.model.dropout and (config.model.decoder_dropout or name.startswith('encoder')):
        x = layers.Dropout(config.model.dropout, name=f'{name}_dropout')(x)
    return x


def _first_initializers(config: Config) -> dict[str, Any]:
    """Returns initializers of the decoder's first block: see `ModelConfig.z_spread`."""
    spread = config.model.z_spread
    if not spread:
        return {}
    return {
        'kernel_initializer': keras.initializers.RandomNormal(stddev=spread),
        'bias_initializer': keras.initializers.RandomUniform(-3 * spread, 3 * spread),
    }


def _output_kernel(name: str, config: Config) -> keras.initializers.Initializer:
    if name == 'timeshift' and config.model.timeshift_from_zero:
        return keras.initializers.Zeros()
    return _kernel(config)


def _kernel(config: Config) -> keras.initializers.Initializer:
    return keras.initializers.VarianceScaling(
        scale=config.model.kernel_scale, mode='fan_avg', distribution='truncated_normal'
    )
