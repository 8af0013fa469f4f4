"""Writes the new name of a run into its files."""

from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.templates import retitle
from melodyvae.runs.card import rename_card
from melodyvae.runs.folder import RunFolder


def rename(run: RunFolder, old: str) -> None:
    """Replaces the old name of a run by that of its folder in its cards and pages.

    Raises:
      UserError: if a file cannot be read, or the model is damaged.
    """
    rename_card(run, old, run.path.name)
    if run.report.is_file():
        retitle(run.report, old, run.path.name)
    if run.play_page.is_file():
        write_run_page(run, run.play_page, overwrite=True)
