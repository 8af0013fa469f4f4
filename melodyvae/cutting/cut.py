"""Cuts pieces into loops: selects notes, places them in bars and on rows. NumPy only."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.contour import find_rows
from melodyvae.cutting.drums import classify_pieces
from melodyvae.cutting.places import Places, place_from_start, place_on_bars
from melodyvae.cutting.select import name_track, select_notes
from melodyvae.cutting.threes import assume_metre, doubt_metres
from melodyvae.cutting.voices import Voices, choose_notes, sort_notes
from melodyvae.loops.pattern import MAX_DURATION, MIN_DURATION, NOTE, QUARTERS_PER_HALF_NOTE
from melodyvae.midi.piece import Piece

CHORDAL = 0.5  # minimum share of steps with several notes, for a voice to play chords


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """Pieces, cut into loops, which are numbered over all pieces."""

    cells: np.ndarray  # `[cells]` of `pattern.NOTE`, loop by loop, by row, then step
    loop: np.ndarray  # `[cells]` int64, the loop of each cell
    loops: np.ndarray  # `[pieces]` int64, number of loops, with empty ones
    first: np.ndarray  # `[voices + 1]` int64; voice i has the loops from `first[i]`
    notes: np.ndarray  # `[pieces]` int64, notes that count for the grid
    voices: np.ndarray  # `[pieces]` int64
    folded: np.ndarray  # `[pieces]` int64, notes moved by octaves one by one
    # `[pieces]` int64, notes replaced by another one on their cell, or on their step of a voice.
    collisions: np.ndarray
    chords: np.ndarray  # int64, sorted numbers of the loops with several notes on a step
    repeating: np.ndarray  # int64, numbers of the loops that repeat a shorter clip
    metres: list[str]  # one per piece, such as '4/4, 2/4'
    looks_like: list[str]  # one per piece, as returned by `drums.classify_pieces`
    reasons: list[str]  # one per piece, why it has no loops; otherwise ''
    remarks: list[list[str]]  # one list per piece: what was left out


def cut_loops(pieces: Sequence[Piece], grid: GridConfig) -> list[np.ndarray]:
    """Cuts the pieces of a file into loops.

    Returns:
      The loops of each piece, with empty ones: `[cells]` of `NOTE`, by row, then step.
    """
    cut = cut_pieces(pieces, grid)
    edges = np.searchsorted(cut.loop, np.arange(cut.loops.sum() + 1)).tolist()
    return [cut.cells[start:end] for start, end in itertools.pairwise(edges)]


def cut_pieces(pieces: Sequence[Piece], grid: GridConfig) -> Cut:
    """Cuts pieces into loops, all at once, which is faster for short ones than one by one.

    A note belongs to the nearest step; its timeshift is the number of half steps that it is late,
    in [-1, 1). Of several notes on a cell the last one is kept, as in the devices; with
    `grid.voices` 'drums', the loudest.
    """
    pieces = [assume_metre(piece, grid) for piece in pieces]
    voices = select_notes(pieces, grid)
    notes = voices.notes
    place = place_from_start if grid.bars == 'start' or not len(voices) else place_on_bars
    places = place(voices, pieces, grid)
    said = voices.remarks, places.remarks, doubt_metres(voices, pieces, grid)
    remarks = [a + b + c for a, b, c in zip(*said, strict=True)]
    if grid.voices in ('highest', 'lowest'):
        at = places.loop * grid.steps + places.step
        pitch = notes.pitch[places.note]
        stays, is_chord = choose_notes(at, pitch, places.timeshift, grid)
        chords = np.unique(places.loop[stays[is_chord]])
        _name_chords(voices.spread()[places.note[stays]], is_chord, voices, pieces, remarks)
        cells, loop, stays, folded = _make_cells(voices, places, stays, grid)
    else:
        stays = np.arange(len(places.note))
        cells, loop, stays, folded = _make_cells(voices, places, stays, grid)
        chords = _find_chords(cells, loop, grid)

    piece = voices.piece[voices.spread()[places.note]]

    def count(those: np.ndarray) -> np.ndarray:
        return np.bincount(piece[those], minlength=len(pieces))

    loops = np.bincount(voices.piece, places.loops, minlength=len(pieces)).astype(np.int64)
    no_bars = 'no bars that fill a loop'
    reasons = [
        reason or no_bars * (not number)
        for reason, number in zip(voices.reasons, loops.tolist(), strict=True)
    ]
    return Cut(
        cells=cells,
        loop=loop,
        loops=loops,
        first=np.append(0, np.cumsum(places.loops)),
        notes=np.bincount(voices.piece, np.diff(voices.first), len(pieces)).astype(np.int64),
        voices=np.bincount(voices.piece, minlength=len(pieces)),
        folded=count(folded[~places.copied[folded]]),
        collisions=count(~places.copied) - count(stays[~places.copied[stays]]),
        chords=chords,
        repeating=places.repeating,
        metres=places.metres,
        looks_like=classify_pieces(pieces, grid),
        reasons=reasons,
        remarks=remarks,
    )


def _make_cells(
    voices: Voices, places: Places, stays: np.ndarray, grid: GridConfig
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Makes the cells of some places, given by their indices.

    Returns `[cells]` of `NOTE`, their loops and their places; and the places whose notes moved by
    octaves one by one.
    """
    notes = voices.notes
    loop, step, number = places.loop[stays], places.step[stays], places.note[stays]
    row, is_folded = find_rows(notes.pitch[number], voices.spread()[number], loop, grid)
    # Sorted by cell; notes of a cell by loudness, if it decides, then in order.
    cell = row.astype(np.int64) * grid.steps + step
    order = sort_notes(loop, cell, *[notes.velocity[number]] * (grid.voices == 'drums'))
    cell = (loop * grid.rows * grid.steps + cell)[order]
    order = order[np.append(cell[1:] != cell[:-1], True)[: len(cell)]]  # the last one wins
    number = number[order]
    cells = np.zeros(len(order), NOTE)
    cells['row'] = row[order]
    cells['step'] = step[order]
    cells['velocity'] = notes.velocity[number]
    cells['duration'] = np.clip(
        notes.length[number] / QUARTERS_PER_HALF_NOTE, MIN_DURATION, MAX_DURATION
    )
    cells['timeshift'] = places.timeshift[stays[order]]
    return cells, loop[order], stays[order], stays[is_folded]


def _find_chords(cells: np.ndarray, loop: np.ndarray, grid: GridConfig) -> np.ndarray:
    """Finds the loops with several cells on a step, sorted."""
    is_first = np.diff(loop, prepend=-1) > 0
    at = (np.cumsum(is_first) - 1) * grid.steps + cells['step']
    notes = np.bincount(at, minlength=np.count_nonzero(is_first) * grid.steps)
    return loop[is_first][(notes.reshape(-1, grid.steps) > 1).any(axis=1)]


def _name_chords(
    voice: np.ndarray,
    is_chord: np.ndarray,
    voices: Voices,
    pieces: Sequence[Piece],
    remarks: list[list[str]],
) -> None:
    """Adds remarks on voices that play chords, of which one note per step is kept.

    `voice` and `is_chord` are `[steps]`: the voice of each step with notes, and whether several
    begin together there.
    """
    steps = np.bincount(voice, minlength=len(voices))
    chords = np.bincount(voice[is_chord], minlength=len(voices))
    chordal = np.flatnonzero((chords >= CHORDAL * steps) & (chords > 0))
    names: dict[int, list[str]] = {}
    for number in chordal.tolist():
        piece = int(voices.piece[number])
        names.setdefault(piece, []).append(name_track(pieces[piece], int(voices.track[number])))
    for piece, tracks in names.items():
        listed = ', '.join(dict.fromkeys(tracks))
        remarks[piece].append(f'chords, of which one note per step is taken: {listed}')
