"""What a run is measured with: loops that it was not trained on, and those that it was."""

from collections.abc import Sequence
from pathlib import Path

from melodyvae.evaluation.evaluate import choose_sides
from melodyvae.ingest.ingest import ingest
from melodyvae.loops.loops import Loops
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError
from melodyvae.training.split import HOLDS_OUT


def find_loops(run: RunFolder, midi: Sequence[Path]) -> tuple[Loops, Loops | None, list[str]]:
    """Finds what a run is measured with.

    Args:
      run: trained.
      midi: held-out files and folders; empty for the loops that the run itself held out.

    Returns:
      The held-out loops; the training loops, transposed copies included, or None where the run's
      dataset is gone and not needed (both as `choose_sides` gives them); a sentence for each thing
      that was left out.

    Raises:
      UserError: if no held-out loop is found.
    """
    config = run.config
    remarks: list[str] = []
    training: Loops | None = None
    try:
        loops = run.loops()
        training, held_out = choose_sides(loops, *run.split(loops))
        if not midi and not len(held_out):
            raise UserError(
                f'{run.path} held out no loops, it was to learn all of them: name other files with '
                f'--midi, or train one with {HOLDS_OUT}.'
            )
    except UserError as error:
        if not midi:
            raise
        remarks.append(f'{error} Nothing is said of copies of training loops.')
    if midi:
        held_out, reports = ingest(list(midi), config.grid)
        remarks += [f'{report.path}: {report.reason}' for report in reports if report.reason]
    return held_out, training, remarks
