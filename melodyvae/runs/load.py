"""Trained models, wherever they are: run folders, `.keras` files, TF.js models."""

from pathlib import Path
from typing import TYPE_CHECKING

from melodyvae.playing.player import Player, is_exported, load_exported
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.model.vae import MelodyVAE


def load_model(path: str | Path) -> 'MelodyVAE':
    """Loads the trained model of a run folder, or of a `.keras` file that `MelodyVAE.save` wrote.

    Raises:
      UserError: if there is none, or it cannot be read.
    """
    path = Path(path)
    if path.suffix != '.keras':
        return RunFolder(path).load_model()
    if not path.is_file():
        raise UserError(f'{path} does not exist: name a run folder or a .keras file.')

    from melodyvae.model.saved import read_model

    return read_model(path)


def load_player(source: 'str | Path | MelodyVAE') -> Player:
    """Loads a run folder, or the `model.json` of a TF.js layers model, or takes a model in memory.

    Args:
      source: a run folder, which plays at the threshold that was calibrated for it; a folder with a
        `model.json`, or that file; or a `MelodyVAE`, saved or not, which plays at the device's
        threshold, since only `save_run` and `train` calibrate one.

    A model without this package's metadata is a device's own: its system is told by the number and
    width of its outputs. The encoder of `NAME.model` is loaded too if it is there, in
    `encoder/NAME.encoder` beside it.

    Raises:
      UserError: if `source` is none of these, or cannot be read, or fits no system.
    """
    if not isinstance(source, (str, Path)):
        return Player.of(source)
    path = Path(source)
    if not path.exists():
        raise UserError(f'{path} does not exist: name a run folder or a TF.js model folder.')
    if is_exported(path):
        return load_exported(path)
    return RunFolder(path).load_player()
