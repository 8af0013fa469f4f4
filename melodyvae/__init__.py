"""Variational autoencoders of two-bar melodies and rhythms for the MelodyVAE Max for Live devices.

    import melodyvae

    config = melodyvae.preset('melodyvae')
    loops = melodyvae.read_midi('my_midi', config)
    data = melodyvae.training_data(loops, config)
    model = melodyvae.MelodyVAE(config)
    model.fit(data, callbacks=melodyvae.default_callbacks(data))
    run = melodyvae.save_run(model, 'runs/mine')

Settings
  Config               all settings of a system: grid, data, model, loss, training, device
  preset               loads the config of a preset or of a .py file
  UserError            an error that you can fix, in one sentence
  set_threads          sets the number of TensorFlow threads that is best for small models

Music in
  read_midi            reads MIDI, ABC and MusicXML files, and reports why others were rejected
  sequence_to_loops    cuts NoteSequences of note-seq into loops
  read_folk_tunes      reads the folk tunes in the package music21
  load_loops           opens a dataset on disk
  save_loops           writes a dataset
  split                splits loops into training and held-out examples

Training
  MelodyVAE            the Keras model
  training_data        the data that `MelodyVAE.fit` learns from
  default_callbacks    schedules, early stopping and best weights, as the config says
  train                does all that `melodyvae train` does, from loops to a run folder
  save_run             finishes a model that was fitted here, and writes its run folder
  load_model           loads the model of a run folder or a .keras file

Playing
  load_player          loads a model to play: a run, a TF.js model or a MelodyVAE
  decode               converts z to probabilities and values of all cells
  encode               converts loops to z
  play                 converts z to the notes that the device plays
  bend                 copies a model and adds noise to its weights
  z_grid               returns points all over the device's pad
  z_interpolation      returns points on a line
  z_random             draws points from the prior

Music out
  write_midi           writes patterns to a MIDI file
  patterns_to_sequence converts patterns to a NoteSequence of note-seq
  export               writes TF.js models for Max

How good it is
  evaluate             measures losses and properties of the notes, on held-out loops
  draw_loss_curves     draws the losses per epoch
  map_loops            draws loops in the latent space
  draw_piano_rolls     draws patterns as piano rolls

`help(melodyvae.NAME)` says more about each. They are imported on first use, since TensorFlow takes
seconds. Importing the package changes nothing in the process, except that Keras, once it is
imported, can load `MelodyVAE`.
"""

import importlib as _importlib
from typing import TYPE_CHECKING

from melodyvae.system.errors import UserError as _UserError
from melodyvae.system.registration import register_with_keras as _register_with_keras
from melodyvae.system.version import __version__

if TYPE_CHECKING:  # the same names, for type checkers and editors
    from melodyvae.config import Config as Config
    from melodyvae.config import preset as preset
    from melodyvae.evaluation.evaluate import evaluate as evaluate
    from melodyvae.ingest.folk import read_folk_tunes as read_folk_tunes
    from melodyvae.ingest.ingest import read_midi as read_midi
    from melodyvae.ingest.ingest import sequence_to_loops as sequence_to_loops
    from melodyvae.loops.dataset import load_loops as load_loops
    from melodyvae.loops.dataset import save_loops as save_loops
    from melodyvae.model.vae import MelodyVAE as MelodyVAE
    from melodyvae.pages.plots import draw_loss_curves as draw_loss_curves
    from melodyvae.pages.plots import map_loops as map_loops
    from melodyvae.pages.rolls import draw_piano_rolls as draw_piano_rolls
    from melodyvae.playing.bend import bend as bend
    from melodyvae.playing.clips import patterns_to_sequence as patterns_to_sequence
    from melodyvae.playing.clips import write_midi as write_midi
    from melodyvae.playing.latent import z_grid as z_grid
    from melodyvae.playing.latent import z_interpolation as z_interpolation
    from melodyvae.playing.latent import z_random as z_random
    from melodyvae.playing.player import decode as decode
    from melodyvae.playing.player import encode as encode
    from melodyvae.playing.player import play as play
    from melodyvae.runs.export import export as export
    from melodyvae.runs.load import load_model as load_model
    from melodyvae.runs.load import load_player as load_player
    from melodyvae.runs.train import save_run as save_run
    from melodyvae.runs.train import train as train
    from melodyvae.system.errors import UserError as UserError
    from melodyvae.system.process import set_threads as set_threads
    from melodyvae.training.callbacks import default_callbacks as default_callbacks
    from melodyvae.training.data import training_data as training_data
    from melodyvae.training.split import split as split

# The public names of each module. CONTRIBUTING.md describes the rooms.
_NAMES = {
    'config': ('Config', 'preset'),
    'system.errors': ('UserError',),
    'system.process': ('set_threads',),
    'ingest.ingest': ('read_midi', 'sequence_to_loops'),
    'ingest.folk': ('read_folk_tunes',),
    'loops.dataset': ('load_loops', 'save_loops'),
    'training.split': ('split',),
    'model.vae': ('MelodyVAE',),
    'training.data': ('training_data',),
    'training.callbacks': ('default_callbacks',),
    'runs.train': ('train', 'save_run'),
    'runs.load': ('load_model', 'load_player'),
    'playing.player': ('decode', 'encode', 'play'),
    'playing.bend': ('bend',),
    'playing.latent': ('z_grid', 'z_interpolation', 'z_random'),
    'playing.clips': ('write_midi', 'patterns_to_sequence'),
    'runs.export': ('export',),
    'evaluation.evaluate': ('evaluate',),
    'pages.plots': ('draw_loss_curves', 'map_loops'),
    'pages.rolls': ('draw_piano_rolls',),
}
_PLACES = {name: module for module, names in _NAMES.items() for name in names}
__all__ = ['__version__', *_PLACES]
_OTHER_BACKENDS = ('jax', 'torch', 'openvino')  # Keras imports jax for its NumPy backend


def __getattr__(name: str):
    if name not in _PLACES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    try:
        module = _importlib.import_module(f'{__name__}.{_PLACES[name]}')
    except ModuleNotFoundError as error:
        if error.name not in _OTHER_BACKENDS:
            raise
        raise _UserError(
            f'Keras is set to another backend, which needs {error.name}, and MelodyVAE needs '
            f'TensorFlow: set KERAS_BACKEND=tensorflow before Python starts.'
        ) from None
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


_register_with_keras()
