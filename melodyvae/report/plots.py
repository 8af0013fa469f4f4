"""Pictures of a run as PNG files: loss curves, the latent map, piano rolls.

Each picture has a function that draws it and one that writes it. Writing replaces an older picture
in one move.
"""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from melodyvae.atomic import new_file
from melodyvae.config.settings import FEATURES, Config, GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.pattern import (
    LONGEST,
    QUARTERS_PER_HALF_NOTE,
    SHORTEST,
    row_names,
    row_pitches,
    shaded_rows,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from melodyvae.loops.loops import Loops
    from melodyvae.model.vae import MelodyVAE


DOTS_PER_INCH = 150
MOST_MAPPED = 5000  # loops: more dots only hide one another
COLUMNS = 4  # of a page of piano rolls


# Okabe and Ito's palette, told apart with every kind of colour vision.
TRAINING, VALIDATION, MARK = '#0072B2', '#D55E00', '#009E73'
GREY, LIGHT = '#555555', '#e4e4e4'
VELOCITY_COLORS = ('#bcd7ee', '#3b87c0', '#0b2f5e')
CURVES = {
    **{f'{name}_loss': f'{name} loss' for name in FEATURES},
    'kl': 'KL divergence (nats)',
    'objective': 'loss at beta 1',
    'beta': 'beta, weight of the KL',
    'learning_rate': 'learning rate',
}


def loss_curves(metrics: Path, path: Path) -> None:
    """Draws every metric of a training run over the epochs.

    Args:
      metrics: CSV with a line an epoch: epoch from 0, and each metric, the held-out one as
        `val_NAME`.
      path: PNG to write.

    Raises:
      UserError: if there is no such file, or no epoch in it.
    """
    _write(loss_figure(_read_metrics(metrics)), path)


def latent_map(model: 'MelodyVAE', loops: 'Loops', path: Path) -> None:
    """Draws where loops lie in the latent space.

    Args:
      model: trained.
      loops: at least one; of more than 5000, as many, evenly chosen.
      path: PNG to write.
    """
    loops = loops.take_at_most(MOST_MAPPED)
    z_means = []
    for start in range(0, len(loops), 256):
        grids = loops.to_dense(np.arange(start, min(start + 256, len(loops))))
        z_means.append(np.asarray(model.encoder(model.flatten(grids), training=False)[0]))
    _write(latent_figure(np.concatenate(z_means), loops, model.config.device.pad), path)


def piano_rolls(
    patterns: Sequence[np.ndarray], config: Config, path: Path, *, titles: Sequence[str] = ()
) -> None:
    """Draws patterns on one page, four a row.

    Args:
      patterns: at least one, `[cells]` of `pattern.NOTE` each.
      config: gives the grid.
      path: PNG to write.
      titles: one a pattern, or none.
    """
    _write(piano_roll_figure(patterns, config.grid, titles, COLUMNS), path)


def reconstructions(
    true: Sequence[np.ndarray], decoded: Sequence[np.ndarray], config: Config, path: Path
) -> None:
    """Draws loops beside what the model makes of them, two such pairs a row.

    Args:
      true: at least one loop, `[cells]` of `pattern.NOTE` each.
      decoded: as many.
      config: gives the grid.
      path: PNG to write.
    """
    patterns: list[np.ndarray] = []
    titles: list[str] = []
    for number, pair in enumerate(zip(true, decoded, strict=True), start=1):
        patterns += pair
        titles += [f'{number}: data', f'{number}: reconstruction']
    columns = min(COLUMNS, len(patterns))
    _write(piano_roll_figure(patterns, config.grid, titles, columns), path)


def loss_figure(metrics: dict[str, np.ndarray]) -> 'Figure':
    """A panel for each metric: column name to `[epochs]` floats, as `CSVLogger` writes them."""
    names = [name for name in CURVES if name in metrics]
    figure, panels = _panels(len(names), COLUMNS, (3.2, 2.5))
    epochs = metrics['epoch'] + 1
    for axes, name in zip(panels, names, strict=True):
        axes.set_title(CURVES[name], fontsize=11)
        curves = [metrics[name]]
        _curve(axes, epochs, metrics[name], TRAINING, '-', 'training')
        if f'val_{name}' in metrics and name != 'beta':
            curves.append(metrics[f'val_{name}'])
            _curve(axes, epochs, curves[-1], VALIDATION, '--', 'held out')
            if name == 'objective':
                _mark_best(axes, epochs, curves[-1])
            if name in ('onset_loss', 'objective'):
                axes.legend(fontsize=9, frameon=False)
        _scale(axes, curves, from_zero=name in ('beta', 'learning_rate'))
        axes.set_xlim(0.5, epochs[-1] + 0.5)
        axes.set_xlabel('epoch', fontsize=10)
        axes.grid(color=LIGHT, linewidth=0.8)
    return figure


def latent_figure(z_mean: np.ndarray, loops: 'Loops', pad: float = 3.0) -> 'Figure':
    """Two maps of z_mean, `[loops, latent]`: by notes of the loop, and by its mean pitch.

    The dashed square is the device's pad, `pad` either way. Drums have no pitch: their second map
    is by mean velocity. More dimensions than two are not shown; a single one is drawn as a line.
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
    figure, panels = _panels(2, 2, (5.2, 4.6))
    for axes, label, color in zip(
        panels, ('notes in the loop', title), (notes, means), strict=True
    ):
        low, high = np.percentile(color, (1, 99))
        size = float(np.clip(6000 / len(loops), 5, 40))
        points = axes.scatter(
            x, y, c=color, s=size, cmap='viridis', vmin=low, vmax=high, linewidths=0, alpha=0.85
        )
        figure.colorbar(points, ax=axes, label=label, extend='both', fraction=0.05)
        axes.add_patch(
            Rectangle((-pad, -pad), 2 * pad, 2 * pad, fill=False, edgecolor=GREY, linestyle='--')
        )
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect='equal')
        axes.set_xlabel('z1')
        axes.set_ylabel('z2')
    title = f"{len(loops):,} loops in the latent space; {inside:.1%} on the device's pad (dashed)"
    figure.suptitle(title + (f'; {beyond} beyond the picture' if beyond else ''), fontsize=12)
    return figure


def piano_roll_figure(
    patterns: Sequence[np.ndarray], grid: GridConfig, titles: Sequence[str], columns: int
) -> 'Figure':
    """A page of piano rolls: bars start where the note does, timeshift included."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    columns = min(columns, len(patterns))
    figure, panels = _panels(len(patterns), columns, (3.3, 2.1))
    colors = ScalarMappable(
        Normalize(0, 127), LinearSegmentedColormap.from_list('velocity', VELOCITY_COLORS)
    )
    for index, (axes, pattern) in enumerate(zip(panels, patterns, strict=True)):
        _piano_roll(axes, pattern, grid, colors)
        if titles:
            axes.set_title(titles[index], fontsize=10)
        last_row = index + columns >= len(patterns)
        axes.tick_params(labelbottom=last_row, labelleft=index % columns == 0)
        if last_row:
            axes.set_xlabel('beat', fontsize=9)
    figure.colorbar(colors, ax=panels, label='velocity', aspect=40, pad=0.01)
    return figure


def _piano_roll(axes: 'Axes', pattern: np.ndarray, grid: GridConfig, colors) -> None:
    _draw_keyboard(axes, grid)
    for step in range(0, grid.steps + 1, grid.steps_per_quarter):
        is_bar = step % (4 * grid.steps_per_quarter) == 0
        axes.axvline(step, color='#8c8c8c' if is_bar else '#c9c9c9', linewidth=0.7, zorder=1)
    halves = np.clip(pattern['duration'], SHORTEST, LONGEST)
    axes.barh(
        pattern['row'],
        halves * QUARTERS_PER_HALF_NOTE * grid.steps_per_quarter,
        left=pattern['step'] + pattern['timeshift'] / 2,
        height=0.88,
        color=colors.to_rgba(np.clip(pattern['velocity'], 0, 1) * 127),
        edgecolor='white',
        linewidth=0.4,
        zorder=2,
    )
    if not len(pattern):
        axes.text(grid.steps / 2, grid.rows / 2, 'no notes', color=GREY, ha='center', va='center')
    axes.set(xlim=(-0.5, grid.steps + 0.5), ylim=(-0.6, grid.rows - 0.4))
    beats = range(0, grid.steps, grid.steps_per_quarter)
    axes.set_xticks(beats, [str(beat + 1) for beat in range(len(beats))], fontsize=8)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_keyboard(axes: 'Axes', grid: GridConfig) -> None:
    """Shades some rows, and names some."""
    for row in shaded_rows(grid):
        axes.axhspan(row - 0.5, row + 0.5, color='#f1f1f1', linewidth=0, zorder=0)
    names = row_names(grid)
    axes.set_yticks(list(names), list(names.values()), fontsize=8)


def _curve(
    axes: 'Axes', epochs: np.ndarray, values: np.ndarray, color: str, style: str, label: str
) -> None:
    marker = 'o' if len(epochs) < 4 else None
    axes.plot(epochs, values, style, color=color, marker=marker, markersize=4, label=label)


def _scale(axes: 'Axes', curves: Sequence[np.ndarray], *, from_zero: bool) -> None:
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


def _panels(count: int, columns: int, size: tuple[float, float]) -> tuple['Figure', list['Axes']]:
    """A figure with `count` axes in rows of `columns`, `size` inches each."""
    from matplotlib.figure import Figure

    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = Figure((size[0] * columns, size[1] * rows), layout='constrained', facecolor='white')
    return figure, [figure.add_subplot(rows, columns, place + 1) for place in range(count)]


def _read_metrics(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open(newline='') as file:
            rows = list(csv.DictReader(file))
        columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
        return {'epoch': columns.pop('epoch'), **columns}
    except FileNotFoundError:
        raise UserError(f'{path} does not exist: train first.') from None
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'{path} holds no metrics of whole epochs: train first.') from error


def _write(figure: 'Figure', path: Path) -> None:
    with new_file(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)
