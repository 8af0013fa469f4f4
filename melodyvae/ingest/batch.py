"""Files to loops: what is kept of each, and the loops of several as one batch."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.cut import Cut, cut_pieces
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import Source
from melodyvae.loops.dataset import LOOP
from melodyvae.loops.pattern import NOTE
from melodyvae.midi.piece import DEFAULT_TEMPO
from melodyvae.midi.read import Reading, Unusable, count_reasons, read_pieces
from melodyvae.system.errors import make_printable


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
    return make_batch(names, [_read_file(source.path) for source in sources], grid)


def make_batch(names: Sequence[str], readings: Sequence[Reading], grid: GridConfig) -> Batch:
    """Cuts files that have been read into loops; `readings` is what each of `names` holds."""
    pieces = [piece for reading in readings for piece in reading.pieces]
    cut = cut_pieces(pieces, grid)
    edges = np.cumsum([0, *(len(reading.pieces) for reading in readings)])
    first = np.concatenate([np.zeros(1, np.int64), np.cumsum(cut.loops)])[edges]  # loops of files
    begin = np.flatnonzero(np.diff(cut.loop, prepend=-1))
    loops, lengths = cut.loop[begin], np.diff(begin, append=len(cut.loop))
    enough = lengths >= grid.minimum_onsets
    kept = loops[enough]
    owner = np.searchsorted(first[1:], kept, side='right')
    counts = _count_by_file(kept, first)
    index = np.zeros(len(owner), LOOP)
    index['end'] = np.cumsum(lengths[enough])
    index['file'] = (np.cumsum(counts > 0) - 1)[owner]
    voices = np.append(0, np.cumsum(cut.voices))[edges]  # first ones of files
    index['voice'] = np.searchsorted(cut.first[1:], kept, side='right') - voices[owner]
    index['position'] = kept - first[owner]
    numbers = {
        'kept': counts,
        'too_few_onsets': _count_by_file(loops[~enough], first),
        'chords': _count_by_file(_take_common(cut.chords, kept), first),
        'repeats': _count_by_file(_take_common(cut.repeating, kept), first),
        **{
            name: np.diff(np.append(0, np.cumsum(getattr(cut, name)))[edges])
            for name in ('notes', 'voices', 'folded', 'collisions')
        },
    }
    columns = {name: values.tolist() for name, values in numbers.items()}
    reports = [
        FileReport(
            path=name,
            **{column: values[number] for column, values in columns.items()},
            **_describe(reading, cut, slice(begin, end), columns['kept'][number], grid),
        )
        for number, (name, reading, (begin, end)) in enumerate(
            zip(names, readings, itertools.pairwise(edges.tolist()), strict=True)
        )
    ]
    return Batch(reports, index, cut.cells[np.repeat(enough, lengths)])


def _take_common(loops: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Those of some loops that are kept, given both sorted: no need to sort them again."""
    found = np.searchsorted(kept, loops)
    return loops[np.append(kept, -1)[found] == loops]


def _count_by_file(loops: np.ndarray, first: np.ndarray) -> np.ndarray:
    """How many of some loops, sorted, are of each file, given the first loops of files."""
    return np.diff(np.searchsorted(loops, first))


def _describe(
    reading: Reading, cut: Cut, which: slice, kept: int, grid: GridConfig
) -> dict[str, Any]:
    """The fields of a file's report that are no counts; `which` are its pieces among all."""
    unfit = list(filter(None, cut.reasons[which]))
    rejected = reading.rejected + unfit
    words = []
    if not kept and cut.loops[which].any():
        words.append(
            f'fewer than {grid.minimum_onsets} onsets in every loop (--config.grid.minimum_onsets)'
        )
    if len(unfit) == len(reading.pieces):
        words.append(count_reasons(rejected))
    elif rejected:
        words.append(f'{len(rejected)} tunes left out ({count_reasons(rejected)})')
    words += itertools.chain(*cut.remarks[which], reading.remarks)
    tempos = [piece.tempos[0] for piece in reading.pieces if piece.tempos]
    return {
        'metre': ', '.join(dict.fromkeys(filter(None, cut.metres[which]))),
        'looks_like': next(filter(None, cut.looks_like[which]), ''),
        'tempo': round(tempos[0], 2) if tempos else DEFAULT_TEMPO,
        'reason': make_printable('; '.join(dict.fromkeys(filter(None, words)))),
    }


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


def _read_file(path: str) -> Reading:
    """What a file holds; if it cannot be read, no pieces, and why."""
    try:
        return read_pieces(path)
    except Unusable as error:
        return Reading([], [error.reason], [])
