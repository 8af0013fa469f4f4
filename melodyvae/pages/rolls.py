"""Piano rolls of the report: where each bar lies and how it looks. NumPy only.

The report's template draws them as SVG, which follows the page's light or dark colours and is a
tenth of what `plots` would write.
"""

import dataclasses

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import (
    LONGEST,
    NOTE,
    QUARTERS_PER_HALF_NOTE,
    SHORTEST,
    pattern_notes,
    row_names,
    shaded_rows,
)

WIDTH, HEIGHT = 320, 160  # of a picture without the names; the page scales it
LEFT_OF_PITCHES, LEFT_OF_DRUMS, BELOW = 26, 88, 18  # room for names
FAINTEST = 0.4  # so that the quietest note is seen
ON_GRID = 0.02  # half steps that nobody hears


@dataclasses.dataclass(frozen=True, slots=True)
class Bar:
    """A note or a cell: place in the picture, opacity in [0, 1], class of the style sheet."""

    x: float
    y: float
    width: float
    height: float
    opacity: float
    style: str


@dataclasses.dataclass(frozen=True, slots=True)
class Roll:
    """One picture: what it shows in words, its bars, and what it plays, if anything.

    Of each note, `notes` has start, MIDI pitch, length and velocity: times in quarter notes from
    the first step, velocities from 0 to 127.
    """

    label: str
    bars: list[Bar]
    notes: list[list[float]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Paper:
    """What all rolls of a grid are drawn on.

    Attributes:
      grid: the cells.
      step, row: width and height of a cell.
      shaded: tops of the rows of black keys, or of every other drum class.
      lines: (x, whether a bar starts there) a beat.
      row_names: (y, name), for the left of the picture.
      beat_names: (x, name), for below it.
    """

    grid: GridConfig
    step: float
    row: float
    shaded: list[float]
    lines: list[tuple[float, bool]]
    row_names: list[tuple[float, str]]
    beat_names: list[tuple[float, str]]

    width = WIDTH
    height = HEIGHT

    def view(self, named: bool) -> tuple[int, int, int, int]:
        """Left, top, width and height of a picture with or without the names."""
        left = LEFT_OF_DRUMS if self.grid.drum_map else LEFT_OF_PITCHES
        return (-left, 0, WIDTH + left, HEIGHT + BELOW) if named else (0, 0, WIDTH, HEIGHT)


def rule_paper(grid: GridConfig) -> Paper:
    """Places the lines and names of a grid."""
    step, row = WIDTH / grid.steps, HEIGHT / grid.rows
    beats = [at * step for at in range(0, grid.steps, grid.steps_per_quarter)]
    return Paper(
        grid=grid,
        step=step,
        row=row,
        shaded=[HEIGHT - (index + 1) * row for index in shaded_rows(grid)],
        lines=[(x, beat % 4 == 0) for beat, x in enumerate(beats)],
        row_names=[(HEIGHT - (index + 0.5) * row, name) for index, name in row_names(grid).items()],
        beat_names=[(x, str(beat + 1)) for beat, x in enumerate(beats)],
    )


def draw_notes(paper: Paper, pattern: np.ndarray, label: str) -> Roll:
    """Draws a pattern, `[cells]` of `pattern.NOTE`: bars as long as the notes, loud ones solid."""
    opacity = _shade(pattern['velocity'])
    steps = _count_steps(paper, pattern)
    bars = _place_bars(paper, pattern, steps, pattern['timeshift'], opacity)
    notes = pattern_notes(pattern, paper.grid)
    columns = (notes.start, notes.pitch, notes.length, notes.velocity * 127)
    return Roll(
        label, bars, [[round(float(x), 3) for x in note] for note in zip(*columns, strict=True)]
    )


def draw_feature(paper: Paper, name: str, pattern: np.ndarray, label: str) -> Roll:
    """Draws one feature of a pattern's cells.

    Args:
      paper: of the pattern's grid.
      name: 'onset': cells; 'velocity': solid where loud; 'duration': bars as long as the notes;
        'timeshift': cells that are moved, of style early or late, solid where far off the grid.
      pattern: `[cells]` of `pattern.NOTE`.
      label: what it shows, in words.
    """
    if name == 'velocity':
        return Roll(label, _place_bars(paper, pattern, opacity=_shade(pattern['velocity'])))
    if name == 'duration':
        return Roll(label, _place_bars(paper, pattern, _count_steps(paper, pattern)))
    if name == 'timeshift':
        shift = pattern['timeshift']
        bars = _place_bars(paper, pattern, timeshift=shift, opacity=_shade(np.abs(shift)))
        styles = np.select([shift < -ON_GRID, shift > ON_GRID], ['early', 'late'], 'note').tolist()
        pairs = zip(bars, styles, strict=True)
        return Roll(label, [dataclasses.replace(bar, style=style) for bar, style in pairs])
    return Roll(label, _place_bars(paper, pattern))


def draw_probabilities(paper: Paper, onset: np.ndarray, true: np.ndarray, label: str) -> Roll:
    """Draws decoded onsets, the most probable one solid, and frames around a loop's own.

    Args:
      paper: of the grid.
      onset: `[rows, steps]` floats in [0, 1].
      true: the loop, `[cells]` of `pattern.NOTE`.
      label: what it shows, in words.
    """
    shares = onset / max(onset.max(), 1e-9)
    row, step = np.nonzero(shares >= 0.02)
    cells = np.zeros(len(row), NOTE)
    cells['row'], cells['step'] = row, step
    frames = [dataclasses.replace(bar, style='frame') for bar in _place_bars(paper, true)]
    return Roll(label, _place_bars(paper, cells, opacity=shares[row, step]) + frames)


def _shade(share: np.ndarray) -> np.ndarray:
    """Opacity for values in [0, 1]."""
    return FAINTEST + (1 - FAINTEST) * np.clip(share, 0, 1)


def _count_steps(paper: Paper, pattern: np.ndarray) -> np.ndarray:
    """Durations in steps."""
    halves = np.clip(pattern['duration'], SHORTEST, LONGEST)
    return halves * QUARTERS_PER_HALF_NOTE * paper.grid.steps_per_quarter


def _place_bars(
    paper: Paper,
    cells: np.ndarray,
    steps: np.ndarray | float = 1.0,
    timeshift: np.ndarray | float = 0.0,
    opacity: np.ndarray | float = 1.0,
) -> list[Bar]:
    """Bars of some cells, `steps` long, cut off at the picture's edges."""
    left = (cells['step'] + np.asarray(timeshift, np.float64) / 2) * paper.step
    right = np.minimum(left + steps * paper.step, WIDTH)
    left = np.maximum(left, 0)
    top = HEIGHT - (cells['row'].astype(np.int64) + 1) * paper.row
    shades = np.broadcast_to(opacity, len(cells))
    bars = np.stack([left, top, right - left, shades], axis=-1).tolist()
    height = round(paper.row, 1)
    return [
        Bar(round(x, 1), round(y, 1), round(width, 1), height, round(shade, 2), 'note')
        for x, y, width, shade in bars
    ]
