"""Writes the play page of run folders or of TF.js models."""

from collections.abc import Sequence
from pathlib import Path

from melodyvae.pages.play_page import Part, read_model_part, read_run_part, write_parts
from melodyvae.playing.exported import is_exported
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import check_source


def write_page(sources: Sequence[Path], path: Path, *, overwrite: bool = False) -> str:
    """Writes a page that plays models together.

    Args:
      sources: for each model, a run folder; a folder with a `model.json`, which has no map of its
        loops; or that file.

    Returns:
      The reasons why models have no map, in sentences; '' if all have one.

    Raises:
      UserError: if there is no model, or it cannot be read, or the file exists.
    """
    parts = [_read_part(source) for source in sources]
    write_parts(parts, path, overwrite=overwrite)
    return ' '.join(part.remark for part in parts if part.remark)


def _read_part(source: Path) -> Part:
    check_source(source)
    return read_model_part(source) if is_exported(source) else read_run_part(RunFolder(source))
