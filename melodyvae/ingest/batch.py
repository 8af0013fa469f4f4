"""Reads files into loops, several files at a time."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.cut import Cut, cut_pieces
from melodyvae.ingest.file_report import FileReport, describe_files, median_tempo
from melodyvae.ingest.find import Source
from melodyvae.loops.loops import Loops, join_loops
from melodyvae.midi.piece import DEFAULT_TEMPO, Reading
from melodyvae.midi.read import Unusable, count_reasons, read_files
from melodyvae.system.errors import make_printable


class Batch(NamedTuple):
    """The loops of some files."""

    reports: list[FileReport]  # one per file
    loops: Loops  # in memory; its `files` are only those with loops


def read_batch(sources: Sequence[Source], grid: GridConfig) -> Batch:
    """Reads files, at least one, and cuts them into loops."""
    names = [make_printable(source.name) for source in sources]
    readings = [
        Reading([], [reading.reason], []) if isinstance(reading, Unusable) else reading
        for reading in read_files([source.path for source in sources])
    ]
    return make_batch(names, readings, grid)


def make_batch(names: Sequence[str], readings: Sequence[Reading], grid: GridConfig) -> Batch:
    """Cuts files, given by their names and what they hold, into loops."""
    pieces = [piece for reading in readings for piece in reading.pieces]
    cut = cut_pieces(pieces, grid)
    edges = np.cumsum([0, *(len(reading.pieces) for reading in readings)])
    of_piece = np.repeat(np.arange(len(readings)), np.diff(edges))  # files, by number
    of_loop = np.repeat(of_piece, cut.loops)
    begin = np.flatnonzero(np.diff(cut.loop, prepend=-1))
    loops, lengths = cut.loop[begin], np.diff(begin, append=len(cut.loop))
    enough = lengths >= grid.minimum_onsets
    kept = loops[enough]
    is_kept = np.zeros(len(of_loop), bool)
    is_kept[kept] = True

    def count(those: np.ndarray) -> np.ndarray:
        return np.bincount(of_loop[those], minlength=len(readings))

    numbers = {
        'kept': count(kept),
        'too_few_onsets': count(loops[~enough]),
        'chords': count(cut.chords[is_kept[cut.chords]]),
        'repeats': count(cut.repeating[is_kept[cut.repeating]]),
        **{
            name: np.bincount(of_piece, getattr(cut, name), len(readings)).astype(np.int64)
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
    owner = of_loop[kept]
    voice = np.repeat(np.arange(len(cut.first) - 1), np.diff(cut.first))[kept]
    kept_loops = Loops(
        cells=cut.cells[np.repeat(enough, lengths)],
        offsets=np.append(0, np.cumsum(lengths[enough])),
        file=(np.cumsum(numbers['kept'] > 0) - 1)[owner].astype(np.int32),
        voice=(voice - _add_up(numbers['voices'])[owner]).astype(np.int32),
        position=(kept - _add_up(count(np.arange(len(of_loop))))[owner]).astype(np.int32),
        grid=grid,
        **describe_files(reports),
        tempo=median_tempo(reports),
    )
    return Batch(reports, kept_loops)


def _add_up(counts: np.ndarray) -> np.ndarray:
    """Returns how many there are before each of several groups."""
    return np.cumsum(counts) - counts


def _describe(
    reading: Reading, cut: Cut, which: slice, kept: int, grid: GridConfig
) -> dict[str, Any]:
    """Returns the fields of a file's report that are not counts; `which` selects its pieces."""
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


def join_batches(batches: Sequence[Batch], grid: GridConfig) -> Batch:
    """Joins batches, which may be none, in order."""
    reports = [report for batch in batches for report in batch.reports]
    loops = join_loops([batch.loops for batch in batches], grid)
    return Batch(reports, dataclasses.replace(loops, tempo=median_tempo(reports)))
