"""Writes the play page of a run folder or of a TF.js model."""

from pathlib import Path

from melodyvae.pages.play_page import write_model_page, write_run_page
from melodyvae.playing.exported import is_exported
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError


def write_page(source: Path, path: Path, *, overwrite: bool = False) -> str:
    """Writes the play page of a run folder, or of a TF.js model, which has no map of its loops.

    Args:
      source: a run folder; a folder with a `model.json`; or that file.
      path: the file to write.
      overwrite: replace an existing one.

    Returns:
      The reason why the page has no map, in a sentence; '' if it has one.

    Raises:
      UserError: if there is no model, or it cannot be read, or the file exists.
    """
    if not source.exists():
        raise UserError(f'{source} does not exist: name a run folder or a TF.js model folder.')
    if is_exported(source):
        return write_model_page(source, path, overwrite=overwrite)
    return write_run_page(RunFolder(source), path, overwrite=overwrite)
