"""The loops that a trained run is evaluated on."""

from collections.abc import Sequence
from pathlib import Path

from melodyvae.evaluation.evaluate import choose_sides
from melodyvae.ingest.ingest import ingest
from melodyvae.loops.loops import Loops
from melodyvae.runs.folder import RunFolder
from melodyvae.system.errors import UserError
from melodyvae.training.split import HOLDS_OUT


def find_loops(run: RunFolder, midi: Sequence[Path]) -> tuple[Loops, Loops | None, list[str]]:
    """Finds the held-out loops of a run, and its training loops to compare them with.

    Args:
      run: trained.
      midi: held-out files and folders; if empty, the loops that the run held out.

    Returns:
      The held-out loops; the training loops with their transposed copies, or None if the run's
      dataset is missing and not needed (both as `choose_sides` returns them); one sentence per
      thing that was left out.

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
                f'{run.path} was trained on all loops and held out none: name other files with '
                f'--midi, or train a run with {HOLDS_OUT}.'
            )
    except UserError as error:
        if not midi:
            raise
        remarks.append(f'{error} Duplicates of training loops are not counted.')
    if midi:
        held_out, reports = ingest(list(midi), config.grid)
        remarks += [f'{report.path}: {report.reason}' for report in reports if report.reason]
    return held_out, training, remarks
