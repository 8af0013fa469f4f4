"""Plots of a run as Matplotlib figures: loss curves, the latent map, piano rolls."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melodyvae.config.settings import FEATURES
from melodyvae.evaluation.metrics import METRICS
from melodyvae.loops.pattern import row_pitches
from melodyvae.pages.panels import add_color_bar, build_panels
from melodyvae.playing.locate import find_heard
from melodyvae.playing.player import Player, encode
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError
from melodyvae.training.history import read_history

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from melodyvae.loops.loops import Loops


DOTS_PER_INCH = 150
MAX_MAPPED = 5000  # loops: more dots hide each other
COLUMNS = 4


# Okabe and Ito's palette, which is safe for all kinds of color vision.
TRAINING, VALIDATION, MARK = '#0072B2', '#D55E00', '#009E73'
GREY, LIGHT = '#555555', '#e4e4e4'
CURVES = (*(f'{name}_loss' for name in FEATURES), 'kl', 'objective', 'beta', 'learning_rate')


def write_figure(figure: 'Figure', path: Path) -> None:
    """Writes a figure as a PNG, replacing an older one."""
    with new_file(path, overwrite=True) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH)


def read_epochs(metrics: Path) -> dict[str, np.ndarray]:
    """Reads `metrics.csv`: `[epochs]` float64 per column.

    Raises:
      UserError: if no epoch has ended, or the file cannot be read.
    """
    try:
        history = {name: np.array(values) for name, values in read_history(metrics).items()}
    except (ValueError, TypeError) as error:
        raise UserError(f'{metrics.name} cannot be read: {error}.') from error
    if 'epoch' not in history:
        raise UserError(f'No epoch has ended: {metrics.name} is empty. Train first.')
    return history


def map_loops(player: Player, loops: 'Loops') -> 'Figure':
    """Draws where loops lie in the latent space of a model with its encoder.

    Of more than 5,000 loops, evenly chosen ones are drawn.
    """
    loops = loops.take_at_most(MAX_MAPPED)
    z_mean, _ = encode(player, loops)
    heard = find_heard(player, loops, z_mean)
    return draw_latent_map(z_mean, loops, player.config.device.pad, heard)


def draw_loss_curves(history: Mapping[str, Sequence[float] | np.ndarray]) -> 'Figure':
    """Draws one panel per metric: `[epochs]` floats by column of `metrics.csv`.

    In a notebook, pass `history.history` of what `fit` returns.
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
    """Draws two maps of z_mean, `[loops, latent]`: by number of notes, and by mean pitch.

    The dashed square is the device's pad, from -`pad` to `pad`. Drums have no pitch: their second
    map is by mean velocity. Only the first two dimensions are shown; one is drawn as a line. Loops
    that are not `heard` at their dots, `[loops]` bool, are faint.
    """
    from matplotlib.patches import Rectangle  # deferred: slow to import

    notes = np.diff(loops.offsets)
    owner = np.repeat(np.arange(len(loops)), notes)
    if loops.grid.drum_map:
        title, values = 'mean velocity', loops.cells['velocity'] * 127
    else:
        title, values = 'mean pitch (MIDI)', row_pitches(loops.grid)[loops.cells['row']]
    means = np.bincount(owner, values, minlength=len(loops)) / np.maximum(notes, 1)
    x, y = (z_mean[:, 0], z_mean[:, 1]) if z_mean.shape[1] > 1 else (z_mean[:, 0], 0 * notes)
    # A few outliers would shrink all other loops to a dot.
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
    title += f'; {beyond} outside the picture' if beyond else ''
    if heard is not None and not heard.all():
        title += f'; {int(heard.sum()):,} play at their dots, others play near the faint ones'
    figure.suptitle(title, fontsize=12)
    return figure


def _draw_curve(
    axes: 'Axes', epochs: np.ndarray, values: np.ndarray, color: str, style: str, label: str
) -> None:
    marker = 'o' if len(epochs) < 4 else None
    axes.plot(epochs, values, style, color=color, marker=marker, markersize=4, label=label)


def _fit_scale(axes: 'Axes', curves: Sequence[np.ndarray], *, from_zero: bool) -> None:
    """Fits the axes: logarithmic over a wide range; a high first epoch may be cut off."""
    # Deferred: slow to import.
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
