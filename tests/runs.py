"""Small run folders with made weights, for tests of what comes after training."""

import json
import math
from pathlib import Path

import keras
import numpy as np

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config, GridConfig, ModelConfig
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.model.vae import MelodyVAE
from melodyvae.runs.folder import RunFolder

import golden_files

THRESHOLD = 0.2


def small_config(name: str = 'melodyvae_improved', fidelity: str = 'documented') -> Config:
    """A preset with few weights, which holds loops of small libraries out too."""
    config = preset(name, fidelity)
    config.data.learn_all_below = 0
    config.model.hidden = 8
    config.model.decoder_hidden = 16
    config.pad.tiles = 12
    return config


def golden_config(**settings) -> Config:
    """The small default preset on the grid of the golden loops; `data__path` sets `data.path`."""
    config = small_config('melodyvae')
    config.grid = small_config().grid
    for name, value in settings.items():
        section, _, setting = name.partition('__')
        setattr(getattr(config, section), setting, value)
    return config


def all_weights(model) -> np.ndarray:
    """All weights of a model or layer, `[weights]`."""
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def made_model(config: Config) -> MelodyVAE:
    """An untrained model that plays a few notes, others elsewhere in the latent space."""
    keras.utils.set_random_seed(1)
    model = MelodyVAE(config)
    random = np.random.default_rng(2)
    for name in config.features:
        layer = model.decoder.get_layer(name)
        layer.kernel.assign(random.normal(0, 1, layer.kernel.shape))
        layer.bias.assign(random.normal(-5 if name == 'onset' else 0.2, 1, layer.bias.shape))
    return model


def make_run(path: Path, config: Config | None = None) -> RunFolder:
    """Writes a run as training leaves it, without having trained."""
    config = config or small_config()
    run = RunFolder.create(path, config)
    made_model(config).save(run.model_path)
    run.write_summary({'name': config.name, 'epochs': 3, 'threshold': THRESHOLD})
    return run


def make_run_with_loops(path: Path, loops: Loops, config: Config | None = None) -> RunFolder:
    """Writes such a run whose dataset these loops are."""
    config = config or small_config()
    config.data.path = 'data'
    run = make_run(path, config)
    save_loops(loops, run.data)
    return run


def set_constant(layer: keras.layers.Layer, values: list[float]) -> None:
    """Makes a layer give the same numbers whatever comes in."""
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    layer.bias.assign(values)


def logits(probabilities: list[float]) -> list[float]:
    return [math.log(p / (1 - p)) for p in probabilities]


def tiny_model() -> MelodyVAE:
    """Two rows, two steps; encodes and decodes everything to the same numbers."""
    config = Config(
        grid=GridConfig(rows=2, steps=2, minimum_onsets=1),
        model=ModelConfig(hidden=2, decoder_hidden=2, dropout=0),
    ).validate()
    model = MelodyVAE(config)
    set_constant(model.encoder.get_layer('z_mean'), [0.5, -4.0])
    set_constant(model.encoder.get_layer('z_log_var'), [0.0, math.log(4)])
    set_constant(model.decoder.get_layer('onset'), logits([0.8, 0.2, 0.6, 0.1]))
    set_constant(model.decoder.get_layer('velocity'), logits([0.5, 0.5, 0.25, 0.25]))
    set_constant(model.decoder.get_layer('duration'), [1.0, 0.5, 0.0, -1.0])
    set_constant(model.decoder.get_layer('timeshift'), [math.atanh(0.5), 0.0, 0.0, 0.0])
    return model


def two_tiny_loops(grid: GridConfig) -> Loops:
    first = np.array([(0, 0, 0.9, 0.5, 0.25)], NOTE)
    second = np.array([(1, 0, 0.5, 1.0, -0.5), (1, 1, 0.5, 0.25, 0.0)], NOTE)
    return Loops.from_files([('a', [(0, first)]), ('b', [(0, second)])], grid)


def lay_made_weights(name: str, folder: Path) -> None:
    """A topology that a device wrote, with weights of our own."""
    model = golden_files.read(f'device_models/{name}')
    random = np.random.default_rng(0)
    data = b''
    for group in model['weightsManifest']:
        for weight in group['weights']:
            assert weight['dtype'] == 'float32'
            value = random.normal(0, 0.05, weight['shape'])
            if weight['name'].endswith(('gamma', 'moving_variance')):
                value = 1 + np.abs(value)
            data += value.astype('<f4').tobytes()
        group['paths'] = ['weights.bin']
    assert len(model['weightsManifest']) == 1
    folder.mkdir()
    (folder / 'model.json').write_text(json.dumps(model))
    (folder / 'weights.bin').write_bytes(data)
