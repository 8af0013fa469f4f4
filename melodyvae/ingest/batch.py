"""Files to loops: what is kept of each, and the loops of several as one batch."""

import contextlib
import dataclasses
import gc
import os
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import Source, make_printable
from melodyvae.loops.dataset import LOOP
from melodyvae.loops.pattern import NOTE, Notes, cut_pieces
from melodyvae.midi.read import Unusable, count_reasons, join_pieces, read_pieces

NO_NOTES = Notes(*(np.zeros(0, kind) for kind in (np.int16, np.float32, np.float64, np.float64)))


@dataclasses.dataclass(frozen=True, slots=True)
class Batch:
    """What some files hold, in a form that is quick to send and to write.

    Attributes:
      reports: one a file.
      index: `[loops]` of `dataset.LOOP`; `end` and `file` count from 0 in each batch, and `file`
        counts only the files with loops.
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
    """Reads files, at least one, and cuts them into loops."""
    names = [make_printable(source.name) for source in sources]
    pieces, reasons = zip(
        *(read_notes_or_reason(source.path, grid) for source in sources), strict=True
    )
    cells, loop, counts = cut_pieces(pieces, grid)
    loops, lengths = np.unique(loop, return_counts=True)
    enough = lengths >= grid.minimum_onsets
    first = np.cumsum(counts) - counts
    owner = np.searchsorted(first, loops[enough], side='right') - 1  # the last that begins there
    kept = np.bincount(owner, minlength=len(pieces))
    index = np.zeros(len(owner), LOOP)
    index['end'] = np.cumsum(lengths[enough])
    index['file'] = (np.cumsum(kept > 0) - 1)[owner]
    index['position'] = loops[enough] - first[owner]
    reports = [
        _make_report(*of_file, grid)
        for of_file in zip(names, pieces, reasons, kept.tolist(), counts.tolist(), strict=True)
    ]
    return Batch(reports, index, cells[np.repeat(enough, lengths)])


def _make_report(
    name: str, notes: Notes, reason: str, kept: int, loops: int, grid: GridConfig
) -> FileReport:
    reasons = [reason] if reason else []
    if len(notes) and not kept:
        reasons.insert(0, f'fewer than {grid.minimum_onsets} onsets in every loop')
    return FileReport(name, kept, loops - kept, '; '.join(reasons))


def join_batches(batches: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    index = np.concatenate([np.zeros(0, LOOP), *(batch.index for batch in batches)])
    cells = np.concatenate([np.zeros(0, NOTE), *(batch.cells for batch in batches)])
    counts = [len(batch.index) for batch in batches]
    index['end'] += np.repeat(_find_starts([len(batch.cells) for batch in batches]), counts)
    index['file'] += np.repeat(_find_starts([len(batch.used) for batch in batches]), counts)
    return Batch([report for batch in batches for report in batch.reports], index, cells)


def _find_starts(lengths: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *lengths], dtype=np.int64)[:-1]


def read_notes_or_reason(file: Path | str, grid: GridConfig) -> tuple[Notes, str]:
    """The notes of one file, and what was left out; if it cannot be used, no notes, and why."""
    try:
        reading = read_pieces(file)
        notes, unfit = join_pieces(reading.pieces, grid)
    except Unusable as error:
        return NO_NOTES, error.reason
    rejected = reading.rejected + unfit
    left_out = [f'{len(rejected)} tunes left out ({count_reasons(rejected)})'] if rejected else []
    return notes, '; '.join(left_out + reading.remarks)


def serve() -> None:
    """Reads what it is asked for, until nobody asks any more: see `workers`.

    Pickles come in on standard input, first the grid, then lists of sources; and go out on standard
    output, first a greeting, then the batch of each list.
    """
    gc.freeze()  # what has been imported stays: no need to look through it again and again
    with (
        contextlib.suppress(EOFError, BrokenPipeError),  # nobody asks any more
        os.fdopen(os.dup(0), 'rb') as requests,
        os.fdopen(os.dup(1), 'wb') as replies,
    ):
        os.dup2(2, 1)  # what libraries print goes elsewhere
        grid = pickle.load(requests)
        pickle.dump('ready', replies)
        replies.flush()
        while True:
            pickle.dump(read_batch(pickle.load(requests), grid), replies)
            replies.flush()
