"""Files to loops: what is kept of each, and the loops of several as one batch."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from melodyvae.config import GridConfig
from melodyvae.dataset import LOOP
from melodyvae.file_report import FileReport
from melodyvae.library import Source, printable
from melodyvae.midi import Unusable, counted, read_notes_and_rejected
from melodyvae.pattern import NOTE, Notes, cut_loops


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """What some files hold, in a form that is quick to send and to write.

    Attributes:
      reports: one a file.
      index: `[loops]` of `dataset.LOOP`; `end` and `file` count from 0 here, and `file` counts
        only the files with loops.
      cells: `[cells]` of `pattern.NOTE`, loop after loop.
    """

    reports: list[FileReport]
    index: np.ndarray
    cells: np.ndarray

    @property
    def used(self) -> list[str]:
        """Names of the files with loops."""
        return [report.path for report in self.reports if report.kept]


def read_batch(sources: Sequence[Source], grid: GridConfig) -> Batch:
    """Reads files, one after another."""
    reports: list[FileReport] = []
    patterns: list[np.ndarray] = []
    position: list[int] = []
    owner: list[int] = []
    used = 0
    for source in sources:
        loops, report = read_file(Path(source.path), printable(source.name), grid)
        reports.append(report)
        for number, pattern in loops:
            owner.append(used)
            position.append(number)
            patterns.append(pattern)
        used += report.kept > 0
    index = np.zeros(len(patterns), LOOP)
    index['end'] = np.cumsum([len(pattern) for pattern in patterns])
    index['file'], index['position'] = owner, position
    # np.concatenate takes 60 times as long for records.
    cells = np.frombuffer(b''.join(pattern.tobytes() for pattern in patterns), NOTE)
    return Batch(reports, index, cells)


def joined(batches: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    index = np.concatenate([np.zeros(0, LOOP), *(batch.index for batch in batches)])
    cells = np.concatenate([np.zeros(0, NOTE), *(batch.cells for batch in batches)])
    counts = [len(batch.index) for batch in batches]
    index['end'] += np.repeat(_starts([len(batch.cells) for batch in batches]), counts)
    index['file'] += np.repeat(_starts([len(batch.used) for batch in batches]), counts)
    return Batch([report for batch in batches for report in batch.reports], index, cells)


def _starts(lengths: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *lengths], dtype=np.int64)[:-1]


def read_file(
    file: Path, name: str, grid: GridConfig
) -> tuple[list[tuple[int, np.ndarray]], FileReport]:
    """The loops of one file that are kept, each with its number within the file; and its report."""
    try:
        notes, rejected = read_notes_and_rejected(file, grid)
    except Unusable as error:
        return [], FileReport(name, 0, reason=error.reason)
    kept, dropped = loops_of(notes, grid)
    reasons = [f'{len(rejected)} tunes left out ({counted(rejected)})'] if rejected else []
    if not kept:
        reasons.insert(0, f'fewer than {grid.minimum_onsets} onsets in every loop')
    return kept, FileReport(name, len(kept), dropped, '; '.join(reasons))


def loops_of(notes: Notes, grid: GridConfig) -> tuple[list[tuple[int, np.ndarray]], int]:
    """Loops with enough onsets, each with its number; and how many have too few."""
    loops = list(enumerate(cut_loops(notes, grid)))
    kept = [(number, loop) for number, loop in loops if len(loop) >= grid.minimum_onsets]
    return kept, len(loops) - len(kept)
