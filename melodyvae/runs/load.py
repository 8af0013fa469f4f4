"""Loads trained models: run folders, `.keras` files and TF.js models."""

from pathlib import Path
from typing import TYPE_CHECKING

from melodyvae.playing.exported import is_exported, load_exported
from melodyvae.playing.player import Player
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.model.vae import MelodyVAE


def load_model(path: str | Path) -> 'MelodyVAE':
    """Loads the trained model of a run folder, or of a `.keras` file written by `MelodyVAE.save`.

    Raises:
      UserError: if there is no model, or it cannot be read.
    """
    path = Path(path)
    if path.suffix != '.keras':
        return RunFolder(path).load_model()
    if not path.is_file():
        raise UserError(f'{path} does not exist: name a run folder or a .keras file.')

    from melodyvae.model.saved import read_model  # deferred: it imports TensorFlow

    return read_model(path)


def check_source(path: Path) -> None:
    """Raises a UserError if a path cannot be a run folder or a TF.js model."""
    if not path.exists():
        raise UserError(f'{path} does not exist: name a run folder or a TF.js model folder.')
    if path.is_file() and not is_exported(path):
        raise UserError(
            f'{path} is a file: name a run folder or a TF.js model folder. To use a play page, '
            'drop it on the page of melodyvae_studio.'
        )


def load_player(source: 'str | Path | RunFolder | MelodyVAE') -> Player:
    """Loads a model to play: a run, a TF.js layers model, or a model in memory.

    Args:
      source: a run folder, by path or as `save_run` and `train` return it, which plays at its
        calibrated threshold; a folder with a `model.json`, or that file; or a `MelodyVAE`, which
        plays at the device's threshold. A model that was only fitted has no pad and no calibrated
        threshold yet: `save_run` makes them.

    A model without this package's metadata was saved by a device. Its system is recognized by the
    number and width of its outputs. The encoder of `NAME.model` is loaded as well if it is in
    `encoder/NAME.encoder` beside it.

    Raises:
      UserError: if `source` is none of these, or cannot be read, or fits no system.
    """
    if isinstance(source, RunFolder):
        return source.load_player()
    if not isinstance(source, (str, Path)):
        return Player.of(source)
    path = Path(source)
    check_source(path)
    if is_exported(path):
        return load_exported(path)
    return RunFolder(path).load_player()
