"""Piano rolls: where each bar is and how it looks.

The report's template draws them as SVG, which follows the page's light or dark colors and is a
tenth of the size of Matplotlib's. `draw_piano_rolls` draws the same bars as a Matplotlib figure.
"""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import (
    MAX_DURATION,
    MIN_DURATION,
    NOTE,
    QUARTERS_PER_HALF_NOTE,
    pattern_notes,
    row_names,
    shaded_rows,
)
from melodyvae.pages.panels import add_rectangles, build_panels
from melodyvae.playing.timing import COMMON, count_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 320, 160  # of a picture without the names; the page scales it
LEFT_OF_PITCHES, LEFT_OF_DRUMS, BELOW = 26, 88, 18  # room for names
MIN_OPACITY = 0.4  # keeps the quietest note visible
ON_GRID = 0.02  # half steps, inaudible
MAX_TITLE = 40  # characters that fit over a panel
BLUE, GRAY, BAR_LINE, BEAT_LINE, SHADE = '#0072B2', '#555555', '#8c8c8c', '#c9c9c9', '#f1f1f1'


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
    """One picture: a text that says what it shows, its bars, and the notes that it plays, if any.

    `notes` has start, MIDI pitch, length and velocity of each: times in quarter notes from the
    first step, velocities from 0 to 127.
    """

    label: str
    bars: list[Bar]
    notes: list[list[float]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Paper:
    """The background of all rolls of a grid.

    Attributes:
      grid: the cells.
      step, row: width and height of a cell.
      shaded: tops of the rows of black keys, or of every other drum class.
      lines: (x, whether a bar starts there) per beat.
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
        """Returns left, top, width and height of a picture with or without the names."""
        left = LEFT_OF_DRUMS if self.grid.drum_map else LEFT_OF_PITCHES
        return (-left, 0, WIDTH + left, HEIGHT + BELOW) if named else (0, 0, WIDTH, HEIGHT)


def rule_paper(grid: GridConfig, metre: str = COMMON) -> Paper:
    """Places the lines and names of a grid, with bars of a time signature such as '3/4'."""
    step, row = WIDTH / grid.steps, HEIGHT / grid.rows
    quarter = grid.steps_per_quarter
    bar = count_bar(metre) * quarter
    bars = np.arange(0, grid.steps, bar)
    beats = np.unique(np.add.outer(bars, np.arange(0, bar, quarter)))
    beats = beats[beats < grid.steps]
    return Paper(
        grid=grid,
        step=step,
        row=row,
        shaded=[HEIGHT - (index + 1) * row for index in shaded_rows(grid)],
        lines=[(float(at * step), at % bar == 0) for at in beats],
        row_names=[(HEIGHT - (index + 0.5) * row, name) for index, name in row_names(grid).items()],
        beat_names=[(float(at * step), str(beat)) for beat, at in enumerate(beats, start=1)],
    )


def draw_notes(paper: Paper, pattern: np.ndarray, label: str) -> Roll:
    """Draws a pattern, `[cells]` of `pattern.NOTE`: bars as long as the notes, solid if loud."""
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
      name: 'onset': cells; 'velocity': solid if loud; 'duration': bars as long as the notes;
        'timeshift': shifted cells of style early or late, solid if far off the grid.
      pattern: `[cells]` of `pattern.NOTE`.
      label: says what it shows.
    """
    if name == 'velocity':
        return Roll(label, _place_bars(paper, pattern, opacity=_shade(pattern[name])))
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
    """Draws onset probabilities, the highest solid, and frames around the onsets of a loop.

    Args:
      paper: of the grid.
      onset: `[rows, steps]` floats in [0, 1].
      true: the loop, `[cells]` of `pattern.NOTE`.
      label: says what it shows.
    """
    shares = onset / max(onset.max(), 1e-9)
    row, step = np.nonzero(shares >= 0.02)
    cells = np.zeros(len(row), NOTE)
    cells['row'], cells['step'] = row, step
    frames = [dataclasses.replace(bar, style='frame') for bar in _place_bars(paper, true)]
    return Roll(label, _place_bars(paper, cells, opacity=shares[row, step]) + frames)


def _shorten(title: str) -> str:
    """Leaves out the middle of a title that is wider than its panel."""
    if len(title) <= MAX_TITLE:
        return title
    return f'{title[: MAX_TITLE // 2]}…{title[1 - MAX_TITLE // 2 :]}'


def draw_piano_rolls(
    patterns: Sequence[np.ndarray],
    grid: GridConfig,
    titles: Sequence[str] = (),
    columns: int = 4,
    metre: str = COMMON,
) -> 'Figure':
    """Draws a Matplotlib page of patterns, as `draw_notes` draws each.

    Args:
      patterns: at least one, `[cells]` of `pattern.NOTE` each.
      grid: of the cells.
      titles: one per pattern, or none.
      columns: maximum number of columns.
      metre: of the bar lines.
    """
    paper, columns = rule_paper(grid, metre), min(columns, len(patterns))
    left, above = 0.95 if grid.drum_map else 0.4, 0.3 if titles else 0.1
    figure, panels = build_panels(
        len(patterns), columns, (3.2, 1.6), between=(0.1, above), room=(left, 0.1, 0.45, above)
    )
    for index, (axes, pattern) in enumerate(zip(panels, patterns, strict=True)):
        _draw_on_axes(axes, draw_notes(paper, pattern, ''), paper)
        if titles:
            axes.set_title(_shorten(titles[index]), fontsize=10)
        # Only named ticks: ticks take most of the drawing time.
        rows = paper.row_names if index % columns == 0 else []
        axes.set_yticks([y for y, _ in rows], [name for _, name in rows], fontsize=8)
        is_last = index + columns >= len(patterns)
        beats = paper.beat_names if is_last else []
        axes.set_xticks([x for x, _ in beats], [name for _, name in beats], fontsize=8)
        axes.set_xlabel('beat' if is_last else '', fontsize=9)
    return figure


def _draw_on_axes(axes: 'Axes', roll: Roll, paper: Paper) -> None:
    tops = np.array(paper.shaded, float)
    shades = add_rectangles(axes, 0 * tops, tops + paper.row / 2, width=WIDTH, height=paper.row)
    shades.set(facecolor=SHADE, linewidth=0, zorder=0)
    colors = [BAR_LINE if is_bar else BEAT_LINE for _, is_bar in paper.lines]
    axes.vlines([x for x, _ in paper.lines], 0, HEIGHT, colors, linewidth=0.7, zorder=1)
    x, y, width, opacity = (
        np.array([(bar.x, bar.y, bar.width, bar.opacity) for bar in roll.bars], float)
        .reshape(-1, 4)
        .T
    )
    bars = add_rectangles(axes, x, y + paper.row / 2, width=width, height=0.88 * paper.row)
    bars.set(
        facecolor=[(BLUE, alpha) for alpha in opacity], edgecolor='white', linewidth=0.4, zorder=2
    )
    if not roll.bars:
        axes.text(WIDTH / 2, HEIGHT / 2, 'no notes', color=GRAY, ha='center', va='center')
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _shade(share: np.ndarray) -> np.ndarray:
    """Returns the opacity of values in [0, 1]."""
    return MIN_OPACITY + (1 - MIN_OPACITY) * np.clip(share, 0, 1)


def _count_steps(paper: Paper, pattern: np.ndarray) -> np.ndarray:
    """Returns durations in steps."""
    halves = np.clip(pattern['duration'], MIN_DURATION, MAX_DURATION)
    return halves * QUARTERS_PER_HALF_NOTE * paper.grid.steps_per_quarter


def _place_bars(
    paper: Paper,
    cells: np.ndarray,
    steps: np.ndarray | float = 1.0,
    timeshift: np.ndarray | float = 0.0,
    opacity: np.ndarray | float = 1.0,
) -> list[Bar]:
    """Places bars of cells, `steps` long, cut off at the edges of the picture."""
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
