"""Pictures of a run as PNG files: loss curves, the latent map, piano rolls.

Each picture has a `draw_` function that gives a figure of Matplotlib, and a `write_` function that
leaves it as a PNG, in place of an older one and in one move.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melodyvae.atomic import new_file
from melodyvae.config.settings import FEATURES, Config, GridConfig
from melodyvae.errors import UserError
from melodyvae.evaluation.metrics import METRICS
from melodyvae.loops.pattern import (
    LONGEST,
    QUARTERS_PER_HALF_NOTE,
    SHORTEST,
    row_names,
    row_pitches,
    shaded_rows,
)
from melodyvae.playing.locate import find_heard
from melodyvae.playing.player import Player, encode
from melodyvae.report.panels import add_color_bar, add_rectangles, build_panels
from melodyvae.run_folder import read_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from melodyvae.loops.loops import Loops


DOTS_PER_INCH = 150
MOST_MAPPED = 5000  # loops: more dots only hide one another
COLUMNS = 4  # of a page of piano rolls


# Okabe and Ito's palette, told apart with every kind of colour vision.
TRAINING, VALIDATION, MARK = '#0072B2', '#D55E00', '#009E73'
GREY, LIGHT = '#555555', '#e4e4e4'
VELOCITY_COLORS = ('#bcd7ee', '#3b87c0', '#0b2f5e')
CURVES = (*(f'{name}_loss' for name in FEATURES), 'kl', 'objective', 'beta', 'learning_rate')


def write_loss_curves(metrics: str | Path, path: str | Path) -> None:
    """Draws every metric of a training run over the epochs.

    Args:
      metrics: `metrics.csv` of the run.
      path: PNG to write.

    Raises:
      UserError: if no epoch has ended, or the file cannot be read.
    """
    _write(draw_loss_curves(read_epochs(metrics)), path)


def write_latent_map(player: Player, loops: 'Loops', path: str | Path) -> None:
    """Draws where loops lie in the latent space.

    Args:
      player: a trained model, with its encoder.
      loops: at least one; of more than 5000, as many, evenly chosen.
      path: PNG to write.
    """
    _write(map_loops(player, loops), path)


def write_piano_rolls(
    patterns: Sequence[np.ndarray], config: Config, path: str | Path, *, titles: Sequence[str] = ()
) -> None:
    """Draws patterns on one page, four a row.

    Args:
      patterns: at least one, `[cells]` of `pattern.NOTE` each.
      config: gives the grid.
      path: PNG to write.
      titles: one a pattern, or none.
    """
    _write(draw_piano_rolls(patterns, config.grid, titles, COLUMNS), path)


def read_epochs(metrics: str | Path) -> dict[str, np.ndarray]:
    """Reads `metrics.csv`: `[epochs]` float64 a column.

    Raises:
      UserError: if no epoch has ended, or the file cannot be read.
    """
    metrics = Path(metrics)
    try:
        history = {name: np.array(values) for name, values in read_history(metrics).items()}
    except (ValueError, TypeError) as error:
        raise UserError(f'{metrics.name} cannot be read: {error}.') from error
    if 'epoch' not in history:
        raise UserError(f'No epoch has ended: {metrics.name} holds none, train first.')
    return history


def map_loops(player: Player, loops: 'Loops') -> 'Figure':
    """`draw_latent_map` of where a model places loops, evenly chosen if more than 5000."""
    loops = loops.take_at_most(MOST_MAPPED)
    z_mean, _ = encode(player, loops)
    heard = find_heard(player, loops, z_mean)
    return draw_latent_map(z_mean, loops, player.config.device.pad, heard)


def draw_loss_curves(history: Mapping[str, Sequence[float] | np.ndarray]) -> 'Figure':
    """Draws a panel for each metric: `[epochs]` floats by the column of `metrics.csv`.

    In a notebook: `history.history` of what `fit` returns.
    """
    metrics = {name: np.asarray(values) for name, values in history.items()}
    names = [name for name in CURVES if name in metrics]
    figure, panels = build_panels(
        len(names), COLUMNS, (2.6, 1.7), between=(0.6, 0.8), room=(0.6, 0.2, 0.5, 0.35)
    )
    epochs = metrics.get('epoch', np.arange(len(metrics[names[0]]))) + 1
    for axes, name in zip(panels, names, strict=True):
        axes.set_title(METRICS[name].label_with_unit, fontsize=11)
        curves = [metrics[name]]
        _draw_curve(axes, epochs, metrics[name], TRAINING, '-', 'training')
        if f'val_{name}' in metrics and name != 'beta':
            curves.append(metrics[f'val_{name}'])
            _draw_curve(axes, epochs, curves[-1], VALIDATION, '--', 'held out')
            if name == 'objective':
                _mark_best(axes, epochs, curves[-1])
            if name in ('onset_loss', 'objective'):
                axes.legend(fontsize=9, frameon=False)
        _fit_scale(axes, curves, from_zero=name in ('beta', 'learning_rate'))
        axes.set_xlim(0.5, epochs[-1] + 0.5)
        axes.set_xlabel('epoch', fontsize=10)
        axes.grid(color=LIGHT, linewidth=0.8)
    return figure


def draw_latent_map(
    z_mean: np.ndarray, loops: 'Loops', pad: float, heard: np.ndarray | None = None
) -> 'Figure':
    """Draws two maps of z_mean, `[loops, latent]`: by notes of the loop, and by its mean pitch.

    The dashed square is the device's pad, `pad` either way. Drums have no pitch: their second map
    is by mean velocity. Loops that are not `heard` at their dots, `[loops]` bool, are faint. More
    dimensions than two are not shown; a single one is drawn as a line.
    """
    from matplotlib.patches import Rectangle

    notes = np.diff(loops.offsets)
    owner = np.repeat(np.arange(len(loops)), notes)
    if loops.grid.drum_map:
        title, values = 'mean velocity', loops.cells['velocity'] * 127
    else:
        title, values = 'mean pitch (MIDI)', row_pitches(loops.grid)[loops.cells['row']]
    means = np.bincount(owner, values, minlength=len(loops)) / np.maximum(notes, 1)
    x, y = (z_mean[:, 0], z_mean[:, 1]) if z_mean.shape[1] > 1 else (z_mean[:, 0], 0 * notes)
    # A few loops far out would shrink all others to a dot.
    reach = 1.08 * max(pad, float(np.percentile(np.abs([x, y]).max(axis=0), 98)))
    inside = np.mean((np.abs(x) <= pad) & (np.abs(y) <= pad))
    beyond = int(np.sum((np.abs(x) > reach) | (np.abs(y) > reach)))
    alpha: Any = 0.85 if heard is None else np.where(heard, 0.85, 0.2)
    figure, panels = build_panels(2, 2, (3.7, 3.7), between=(1.7, 0), room=(0.7, 1, 0.5, 0.5))
    for axes, label, color in zip(
        panels, ('notes in the loop', title), (notes, means), strict=True
    ):
        low, high = np.percentile(color, (1, 99))
        size = float(np.clip(6000 / len(loops), 5, 40))
        points = axes.scatter(
            x, y, c=color, s=size, cmap='viridis', vmin=low, vmax=high, linewidths=0, alpha=alpha
        )
        add_color_bar([axes], points, label=label, extend='both')
        axes.add_patch(
            Rectangle((-pad, -pad), 2 * pad, 2 * pad, fill=False, edgecolor=GREY, linestyle='--')
        )
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect='equal')
        axes.set_xlabel('z1')
        axes.set_ylabel('z2')
    title = f"{len(loops):,} loops in the latent space; {inside:.1%} on the device's pad (dashed)"
    title += f'; {beyond} beyond the picture' if beyond else ''
    if heard is not None and not heard.all():
        title += f'; {int(heard.sum()):,} are heard at their dots, near the faint ones others are'
    figure.suptitle(title, fontsize=12)
    return figure


def draw_piano_rolls(
    patterns: Sequence[np.ndarray],
    grid: GridConfig,
    titles: Sequence[str] = (),
    columns: int = COLUMNS,
) -> 'Figure':
    """Draws a page of piano rolls: bars start where the note does, timeshift included.

    Args:
      patterns: at least one, `[cells]` of `pattern.NOTE` each.
      grid: of the cells.
      titles: one a pattern, or none.
      columns: of the page.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    columns = min(columns, len(patterns))
    left, above = 0.95 if grid.drum_map else 0.4, 0.3 if titles else 0.1
    figure, panels = build_panels(
        len(patterns), columns, (3.2, 1.9), between=(0.1, above), room=(left, 0.85, 0.45, above)
    )
    colors = ScalarMappable(
        Normalize(0, 127), LinearSegmentedColormap.from_list('velocity', VELOCITY_COLORS)
    )
    for index, (axes, pattern) in enumerate(zip(panels, patterns, strict=True)):
        _draw_roll(axes, pattern, grid, colors)
        if titles:
            axes.set_title(titles[index], fontsize=10)
        # No ticks but those with words: they take most of the time of a picture.
        names = row_names(grid) if index % columns == 0 else {}
        axes.set_yticks(list(names), list(names.values()), fontsize=8)
        last_row = index + columns >= len(patterns)
        beats = range(0, grid.steps, grid.steps_per_quarter) if last_row else ()
        axes.set_xticks(beats, [str(beat + 1) for beat in range(len(beats))], fontsize=8)
        if last_row:
            axes.set_xlabel('beat', fontsize=9)
    add_color_bar(panels, colors, label='velocity')
    return figure


def _draw_roll(axes: 'Axes', pattern: np.ndarray, grid: GridConfig, colors) -> None:
    _shade_rows(axes, grid)
    beats = range(0, grid.steps + 1, grid.steps_per_quarter)
    shades = ['#c9c9c9' if step % (4 * grid.steps_per_quarter) else '#8c8c8c' for step in beats]
    axes.vlines(beats, -0.6, grid.rows - 0.4, shades, linewidth=0.7, zorder=1)
    halves = np.clip(pattern['duration'], SHORTEST, LONGEST)
    bars = add_rectangles(
        axes,
        pattern['step'] + pattern['timeshift'] / 2,
        pattern['row'],
        width=halves * QUARTERS_PER_HALF_NOTE * grid.steps_per_quarter,
        height=0.88,
    )
    bars.set(
        facecolor=colors.to_rgba(np.clip(pattern['velocity'], 0, 1) * 127),
        edgecolor='white',
        linewidth=0.4,
        zorder=2,
    )
    if not len(pattern):
        axes.text(grid.steps / 2, grid.rows / 2, 'no notes', color=GREY, ha='center', va='center')
    axes.set(xlim=(-0.5, grid.steps + 0.5), ylim=(-0.6, grid.rows - 0.4))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _shade_rows(axes: 'Axes', grid: GridConfig) -> None:
    rows = np.array(shaded_rows(grid))
    shades = add_rectangles(axes, 0 * rows - 0.5, rows, width=grid.steps + 1, height=1)
    shades.set(facecolor='#f1f1f1', linewidth=0, zorder=0)


def _draw_curve(
    axes: 'Axes', epochs: np.ndarray, values: np.ndarray, color: str, style: str, label: str
) -> None:
    marker = 'o' if len(epochs) < 4 else None
    axes.plot(epochs, values, style, color=color, marker=marker, markersize=4, label=label)


def _fit_scale(axes: 'Axes', curves: Sequence[np.ndarray], *, from_zero: bool) -> None:
    """Fits the axes: logarithmic over a wide range; a high first epoch may leave the panel."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.tick_params(labelsize=9)
    values = np.where(np.isfinite(curves), curves, np.nan)
    low = np.nanmin(values)
    high = np.nanmax(values[:, 1:] if values.shape[1] > 4 else values)
    if from_zero:
        axes.set_ylim(0, 1.08 * high or 1)
    elif low > 0 and high > 10 * low:
        axes.set_yscale('log')
        axes.set_ylim(low / 1.2, high * 1.2)
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif high > low:
        margin = 0.06 * (high - low)
        axes.set_ylim(low - margin, high + margin)


def _mark_best(axes: 'Axes', epochs: np.ndarray, values: np.ndarray) -> None:
    best = int(np.nanargmin(values))
    axes.plot(
        epochs[best],
        values[best],
        'o',
        color=MARK,
        markersize=7,
        label=f'best: {values[best]:.1f}, epoch {epochs[best]:.0f}',
    )


def _write(figure: 'Figure', path: str | Path) -> None:
    with new_file(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)
