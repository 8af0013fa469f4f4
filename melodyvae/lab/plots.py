"""The plots of a comparison: held-out curves, one panel per config."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab.results import Comparison, Run, Summary
from melodyvae.pages.panels import build_panels
from melodyvae.system.atomic import new_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


DOTS_PER_INCH = 150
COLUMNS = 4
BLUE, GRAY, LIGHT = '#0072B2', '#777777', '#e4e4e4'


def write_plots(found: Comparison, folder: Path) -> None:
    """Writes `curves.png`, one per dataset; configs without a successful run are left out."""
    drawn: dict[str, list[Summary]] = {}
    for candidate in found.candidates:
        if candidate.figures:
            drawn.setdefault(candidate.data.dataset, []).append(candidate)
    for dataset, candidates in drawn.items():
        suffix = f'-{dataset}' if len(drawn) > 1 else ''
        figure = draw_curves(candidates, found.runs)
        with new_file(folder / f'curves{suffix}.png', overwrite=True) as temporary:
            figure.savefig(temporary, dpi=DOTS_PER_INCH)


def draw_curves(candidates: Sequence[Summary], runs: Sequence[Run]) -> 'Figure':
    """Draws one panel per config: median and range of its held-out curves, and its reference."""
    from matplotlib.ticker import MaxNLocator  # deferred: slow to import

    figure, panels = build_panels(
        len(candidates), COLUMNS, (2.8, 2), between=(0.5, 0.8), room=(0.9, 0.2, 0.5, 0.35)
    )
    by_name = {candidate.name: _stack_curves(candidate, runs) for candidate in candidates}
    limits = _find_limits(list(by_name.values()))
    for axes, candidate in zip(panels, candidates, strict=True):
        reference = candidate.reference
        if reference != candidate.name and reference in by_name:
            middle = np.nanmedian(by_name[reference], axis=0)
            axes.plot(np.arange(len(middle)) + 1, middle, color=GRAY, label=reference)
            axes.legend(fontsize=7, frameon=False)
        curves = by_name[candidate.name]
        epochs = np.arange(curves.shape[1]) + 1
        low, high = np.nanmin(curves, axis=0), np.nanmax(curves, axis=0)
        axes.fill_between(epochs, low, high, color=BLUE, alpha=0.25)
        marker = 'o' if len(epochs) < 4 else None
        axes.plot(epochs, np.nanmedian(curves, axis=0), color=BLUE, marker=marker)
        axes.set_ylim(limits)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_title(candidate.name, fontsize=9)
        axes.set_xlabel('epoch', fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(color=LIGHT, linewidth=0.8)
    figure.supylabel(METRICS['shared_negative_elbo'].label_with_unit, fontsize=10)
    return figure


def _stack_curves(candidate: Summary, runs: Sequence[Run]) -> np.ndarray:
    """Stacks curves to `[seeds, epochs]` float64; NaN after the end of a run that ended early."""
    curves = [
        run.curve['shared_negative_elbo']
        for run in runs
        if run.name == candidate.name and not run.failed
    ]
    return np.array(list(itertools.zip_longest(*curves, fillvalue=np.nan))).T


def _find_limits(curves: Sequence[np.ndarray]) -> tuple[float, float]:
    """Finds common limits: all minima are visible, the first tenth of each curve may be cut off."""
    low = min(float(np.nanmin(values)) for values in curves)
    high = max(float(np.nanmax(values[:, values.shape[1] // 10 :])) for values in curves)
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin
