"""The plots of a comparison: held-out curves, and the figures of every config and seed."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab.results import Comparison, MeasuredRun, Summary
from melodyvae.system.atomic import new_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DOTS_PER_INCH = 150
COLUMNS = 4  # of curves
BLUE, RED, GRAY, LIGHT = '#0072B2', '#D55E00', '#777777', '#e4e4e4'
TITLE_WIDTH = 28  # letters per line
FIGURES = (
    'shared_negative_elbo',
    'onset_bce',
    'velocity_mae',
    'duration_mae_beats',
    'timeshift_mae_ms',
    'gap',
)


def write_plots(found: Comparison, folder: Path) -> None:
    """Writes `curves.png` and `changes.png`, one of each per dataset.

    Configs without a successful run are left out.
    """
    drawn: dict[str, list[Summary]] = {}
    for candidate in found.candidates:
        if candidate.figures:
            drawn.setdefault(candidate.data.dataset, []).append(candidate)
    for dataset, candidates in drawn.items():
        suffix = f'-{dataset}' if len(drawn) > 1 else ''
        for name, draw in (('curves', draw_curves), ('changes', draw_changes)):
            figure = draw(candidates, found.runs)
            with new_file(folder / f'{name}{suffix}.png', overwrite=True) as temporary:
                figure.savefig(temporary, dpi=DOTS_PER_INCH)


def draw_curves(candidates: Sequence[Summary], runs: Sequence[MeasuredRun]) -> 'Figure':
    """Draws one panel per config: median and spread of its held-out curves, and its reference."""
    # Deferred: slow to import.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    columns = min(COLUMNS, len(candidates))
    rows = -(-len(candidates) // columns)
    figure = Figure((3.4 * columns, 2.7 * rows), layout='constrained', facecolor='white')
    by_name = {candidate.name: _stack_curves(candidate, runs) for candidate in candidates}
    limits = _find_limits(list(by_name.values()))
    for place, candidate in enumerate(candidates, start=1):
        axes = figure.add_subplot(rows, columns, place)
        reference = candidate.reference
        if reference != candidate.name and reference in by_name:
            middle = np.nanmedian(by_name[reference], axis=0)
            axes.plot(np.arange(len(middle)) + 1, middle, color=GRAY, label=reference)
        curves = by_name[candidate.name]
        epochs = np.arange(curves.shape[1]) + 1
        axes.fill_between(
            epochs, np.nanmin(curves, axis=0), np.nanmax(curves, axis=0), color=BLUE, alpha=0.25
        )
        marker = 'o' if len(epochs) < 4 else None
        axes.plot(epochs, np.nanmedian(curves, axis=0), color=BLUE, marker=marker)
        axes.set_ylim(limits)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_title(candidate.name, fontsize=9)
        axes.set_xlabel('epoch', fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(color=LIGHT, linewidth=0.8)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=7, frameon=False)
    figure.supylabel(METRICS['shared_negative_elbo'].label_with_unit, fontsize=10)
    return figure


def draw_changes(candidates: Sequence[Summary], runs: Sequence[MeasuredRun]) -> 'Figure':
    """Draws one row per config and one panel per figure: seeds as points, medians as bars.

    A line marks the median of the reference.
    """
    # Deferred: slow to import.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    names = [name for name in FIGURES if any(name in c.figures for c in candidates)]
    height = 1.2 + 0.3 * len(candidates)
    figure = Figure((2.2 + 2.2 * len(names), height), layout='constrained', facecolor='white')
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    lines = {candidate.name: line for line, candidate in enumerate(candidates)}
    for axes, name in zip(panels, names, strict=True):
        for reference in sorted({c.reference for c in candidates} & set(lines)):
            figures = candidates[lines[reference]].figures
            if name in figures:
                axes.axvline(figures[name].median, color=LIGHT, linewidth=2, zorder=0)
        points = [
            (run.figures[name], lines[run.name])
            for run in runs
            if run.name in lines and name in run.figures
        ]
        axes.plot(*zip(*points, strict=True), 'o', color=BLUE, markersize=4, alpha=0.7)
        for candidate in candidates:
            if name in candidate.figures:
                median, line = candidate.figures[name].median, lines[candidate.name]
                axes.plot([median, median], [line - 0.32, line + 0.32], color=RED, linewidth=2)
        metric = METRICS[name]
        axes.set_title(textwrap.fill(metric.label_with_unit, TITLE_WIDTH), fontsize=9)
        axes.set_xlabel(f'{metric.better} is better', fontsize=8)
        axes.tick_params(labelsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.grid(axis='y', color=LIGHT, linewidth=0.6)
    panels[0].set_yticks(list(lines.values()), list(lines), fontsize=8)
    panels[0].set_ylim(len(lines) - 0.5, -0.5)
    return figure


def _stack_curves(candidate: Summary, runs: Sequence[MeasuredRun]) -> np.ndarray:
    """Stacks curves to `[seeds, epochs]` float64; NaN after the end of a run that ended early."""
    curves = [
        run.curve['shared_negative_elbo']
        for run in runs
        if run.name == candidate.name and not run.failed
    ]
    longest = max(map(len, curves))
    return np.array([[*curve, *[np.nan] * (longest - len(curve))] for curve in curves])


def _find_limits(curves: Sequence[np.ndarray]) -> tuple[float, float]:
    """Finds common limits: all minima are visible, the first tenth of each curve may be cut off."""
    low = min(float(np.nanmin(values)) for values in curves)
    high = max(float(np.nanmax(values[:, values.shape[1] // 10 :])) for values in curves)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin
