"""Variational autoencoders of two-bar melodies and rhythms for the MelodyVAE Max for Live devices.

    import melodyvae

    config = melodyvae.preset('melodyvae')
    loops = melodyvae.read_midi('my_midi', config)
    model = melodyvae.MelodyVAE(config)
    model.fit(melodyvae.training_data(loops, config), callbacks=melodyvae.default_callbacks(config))
    melodyvae.save_run(model, 'runs/mine')

All names below are loaded when they are first used, since TensorFlow takes seconds: importing the
package changes nothing in the process but that Keras, once it is imported, knows `MelodyVAE`.
"""

import importlib as _importlib

from melodyvae.registration import register_with_keras as _register_with_keras

__version__ = '0.1.0'

# Where each public name is. The rooms are described in CONTRIBUTING.md.
_PLACES = {
    # settings
    'Config': 'config',
    'preset': 'config',
    'UserError': 'errors',
    'set_threads': 'threads',
    # music in
    'read_midi': 'ingest.ingest',
    'read_folk_tunes': 'ingest.folk',
    'load_loops': 'loops.dataset',
    'save_loops': 'loops.dataset',
    'split': 'loops.split',
    # training
    'MelodyVAE': 'model.vae',
    'training_data': 'training.data',
    'default_callbacks': 'training.callbacks',
    'train': 'training.train',
    'save_run': 'training.train',
    'load_model': 'run_folder',
    # playing
    'load_player': 'playing.player',
    'decode': 'playing.player',
    'encode': 'playing.player',
    'play': 'playing.player',
    'bend': 'playing.bend',
    'z_grid': 'playing.latent',
    'z_interpolation': 'playing.latent',
    'z_random': 'playing.latent',
    # music out
    'write_midi': 'midi.write',
    'patterns_to_sequence': 'midi.write',
    'export': 'exporting.tfjs',
    # how good it is, and what it looks like
    'evaluate': 'evaluation.evaluate',
    'draw_loss_curves': 'report.plots',
    'map_loops': 'report.plots',
    'draw_piano_rolls': 'report.plots',
}
__all__ = ['__version__', *_PLACES]


def __getattr__(name: str):
    if name not in _PLACES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(_importlib.import_module(f'{__name__}.{_PLACES[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


_register_with_keras()
