"""The made weights of the golden model files, laid into a Keras model."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.model.vae import MelodyVAE


def made_weight(shape: list[int], name: str, k: int, seed: int) -> np.ndarray:
    """Tensor k by the rule of the golden files, computed in float64."""
    s = np.sin(0.61803398875 * np.arange(np.prod(shape)) + k + seed).reshape(shape)
    kind = name.rpartition('/')[2]
    values = {
        'kernel': lambda: s * np.sqrt(2 / sum(shape)),
        'gamma': lambda: 1 + 0.1 * s,
        'beta': lambda: 0.1 * s,
        'moving_mean': lambda: 0.05 * s,
        'moving_variance': lambda: 1 + 0.1 * s,
        'bias': lambda: 0.01 * s,
    }
    return values[kind]().astype(np.float32)


def device_order(model, features: tuple[str, ...], part: str) -> list:
    """Our layers in the order in which the device makes its own: dense, then normalization."""
    if part == 'encoder':
        blocks = [f'encoder_{name}' for name in features] + ['encoder_merged']
        dense = [f'{block}_dense' for block in blocks] + ['z_mean', 'z_log_var']
    else:
        blocks = ['decoder_shared'] + [f'decoder_{name}' for name in features]
        dense = ['decoder_shared_dense']
        for name in features:
            dense += [f'decoder_{name}_dense', name]
    normalization = [f'{block}_normalization' for block in blocks]
    return [model.get_layer(name) for name in dense + normalization]


def layer_number(name: str) -> tuple[bool, int]:
    """Sorts the device's layers: dense ones first, each kind by its number."""
    return name.startswith('batch'), int(''.join(c for c in name.split('_')[-1] if c.isdigit()))


def variables_by_golden_name(model: MelodyVAE, golden: dict) -> dict:
    """Golden tensor name -> our variable, in the golden files' order."""
    found = {}
    for part in ('encoder', 'decoder'):
        names = [weight['name'] for weight in golden[f'{part}_weights']]
        theirs = sorted({name.partition('/')[0] for name in names}, key=layer_number)
        ours = device_order(getattr(model, part), tuple(golden['features']), part)
        layers = dict(zip(theirs, ours, strict=True))
        for name in names:
            layer, _, kind = name.partition('/')
            found[name] = getattr(layers[layer], kind)
    return found


def lay_weights(model: MelodyVAE, golden: dict) -> dict:
    variables = variables_by_golden_name(model, golden)
    for part, first in (('encoder', 0), ('decoder', 100)):
        for k, weight in enumerate(golden[f'{part}_weights'], start=first):
            value = made_weight(weight['shape'], weight['name'], k, golden['seed'])
            variables[weight['name']].assign(value)
    return variables


def golden_batch(golden: dict, patterns: dict, config: Config) -> dict[str, np.ndarray]:
    """The first loops of the golden patterns, `[batch, rows, steps]` a feature."""
    batch = []
    for file, number in golden['batch']:
        cells = [tuple(value or 0 for value in cell) for cell in patterns[file]['patterns'][number]]
        batch.append(np.array(cells, NOTE))
    loops = Loops.from_files([('batch', list(enumerate(batch)))], config.grid)
    grids = loops.to_dense(np.arange(len(loops)))
    return {name: grids[name] for name in config.features}


def golden_noise(golden: dict) -> np.ndarray:
    row, column = np.indices((len(golden['batch']), 2))
    return (1.2 * np.sin(1.7 * row + 2.3 * column + golden['seed'])).astype(np.float32)
