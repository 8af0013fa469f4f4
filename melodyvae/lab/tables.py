"""The tables of comparisons and searches, as Markdown and CSV."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from melodyvae.config import Config, list_settings
from melodyvae.config.field import get_value
from melodyvae.evaluation.metrics import NONE, find_metric, format_figure
from melodyvae.lab.results import Comparison, Summary
from melodyvae.system.atomic import new_file

PLATEAU, REACHED = 'shared_negative_elbo', ('reached_epoch', 'reached_seconds')
CHANGED = ('gap', 'onset_bce', 'kl', 'epochs', 'seconds')  # figures of the table of changes
HIDDEN = ('negative_elbo', *REACHED)  # in the table of systems: the first has its own features
LEGEND = """\
Medians over the seeds, minimum and maximum in brackets. Held-out loops are of files that no config
was trained on, the same for all configs and seeds. Losses are in nats per loop. The negative ELBO
has no loss weights, beta is 1, and velocity, duration and timeshift errors count at onsets; it is
taken at the epoch whose weights the run keeps, over the features that all configs on the same loops
have. The other figures are for z = z_mean; F1, distances and usable points are of what the device
plays, at a threshold that is calibrated for each run. Absolute errors are means over notes. Seconds
are CPU time of one core in training and validation. Convergence is the first epoch at which the
held-out negative ELBO reaches the best value of the reference, the median of its seeds; a dash if
half of the runs never reach it. All figures of all runs: results.csv, results.json."""


def format_comparison(found: Comparison) -> str:
    """Formats the tables as Markdown, with the library and an explanation of the figures."""
    everyone = found.candidates
    systems = [candidate for candidate in everyone if not candidate.base]
    bases = {candidate.base for candidate in everyone} - {''}
    parts = [
        '# Comparison',
        _describe_library(found),
        '## Systems',
        format_systems(systems, everyone),
    ]
    if bases:
        varied = [c for c in everyone if c.base or c.name in bases]
        parts += ['## One change at a time', format_changes(varied, everyone)]
    failed = [[run.name, str(run.seed), run.failed] for run in found.runs if run.failed]
    if failed:
        parts += ['## Runs that failed', format_table(['config', 'seed', 'what happened'], failed)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def format_systems(systems: Sequence[Summary], everyone: Sequence[Summary]) -> str:
    """Formats the table of systems: one row per setting in which they differ, and per figure."""
    rows = _list_settings([system.config for system in systems])
    rows.append(['convergence: reference', *(system.reference for system in systems)])
    for key in REACHED:
        reached = (_format_reached(system, everyone, key) for system in systems)
        rows.append([find_metric(key).label, *reached])
    rows.append(['consistency: standard deviation over seeds', *map(_format_deviation, systems)])
    for key in dict.fromkeys(key for system in systems for key in system.figures):
        if key not in HIDDEN:
            figures = (_format_spread(system, key) for system in systems)
            rows.append([find_metric(key).label_with_unit, *figures])
    return format_table(['parameter', *(system.name for system in systems)], rows)


def format_changes(varied: Sequence[Summary], everyone: Sequence[Summary]) -> str:
    """Formats one row per variant: how its change affects the plateau of its system."""
    by_name = {candidate.name: candidate for candidate in everyone}
    rows = [
        [
            candidate.name,
            _format_spread(candidate, PLATEAU),
            _format_difference(candidate, by_name.get(candidate.base)),
            _format_reached(candidate, everyone, 'reached_epoch'),
            *(format_value(name, candidate.median(name)) for name in CHANGED),
        ]
        for candidate in varied
    ]
    plateau, reached, *labels = (
        find_metric(key).label_with_unit for key in (PLATEAU, 'reached_epoch', *CHANGED)
    )
    return format_table(['config', plateau, 'against its system', reached, *labels], rows)


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Formats a Markdown table."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(cell.replace("|", "/") for cell in line)} |' for line in lines)


def format_value(key: str, value: float | None) -> str:
    """Formats a figure, whose unit is in its label, see `Metric.label_with_unit`."""
    metric = find_metric(key)
    return format_figure(value, metric.unit if metric.label_with_unit == metric.label else '')


def write_text(text: str, path: Path) -> None:
    """Writes a file, replacing an older one."""
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(text, encoding='utf-8')


def write_csv(header: Sequence[str], rows: Iterable[Sequence], path: Path) -> None:
    """Writes a CSV file, replacing an older one."""
    with new_file(path, overwrite=True) as temporary, temporary.open('w', newline='') as file:
        csv.writer(file).writerows([header, *rows])


def _list_settings(configs: Sequence[Config]) -> list[list[str]]:
    """Returns one row per setting in which configs differ."""
    rows = []
    for setting in list_settings():
        cells = [_format_setting(get_value(config, setting.name)) for config in configs]
        if len(set(cells)) > 1:
            rows.append([setting.name, *cells])
    return rows


def _format_setting(value: Any) -> str:
    if not isinstance(value, tuple):
        return str(value)
    words = [str(each) for each in value]
    if len(value) > 2 and isinstance(value[0], int) and value[-1] - value[0] == len(value) - 1:
        return f'{words[0]} to {words[-1]}'
    return ', '.join(words) or 'none'


def _describe_library(found: Comparison) -> str:
    words = ', '.join(found.library.midi) or 'the embedded folk tunes'
    lines = [f'Library: {words}. Seeds: {found.seeds}.']
    datasets = {c.data.dataset: c.data for c in found.candidates}
    lines += [
        f'{data.loops:,} loops of {data.files:,} files on a grid of {data.grid}; '
        f'{data.held_out_loops:,} loops of {data.held_out_files:,} files held out.'
        for data in datasets.values()
    ]
    return '\n'.join(lines)


def _format_spread(candidate: Summary, key: str) -> str:
    figure = candidate.figures.get(key)
    if figure is None:
        return NONE
    median, low, high = (format_value(key, x) for x in (figure.median, figure.low, figure.high))
    return median if low == high else f'{median} ({low} to {high})'


def _format_deviation(candidate: Summary) -> str:
    figure = candidate.figures.get(PLATEAU)
    return format_figure(figure.deviation) if figure and figure.runs > 1 else NONE


def _format_reached(candidate: Summary, everyone: Sequence[Summary], key: str) -> str:
    """Formats when the reference's best was reached, and the difference from the reference."""
    ours = candidate.median(key)
    theirs = next(c for c in everyone if c.name == candidate.reference).median(key)
    if ours is None or candidate.name == candidate.reference or not theirs:
        return format_figure(ours)
    return f'{format_figure(ours)} ({100 * (ours / theirs - 1):+.0f}%)'


def _format_difference(candidate: Summary, base: Summary | None) -> str:
    ours, theirs = candidate.median(PLATEAU), base.median(PLATEAU) if base else None
    return NONE if ours is None or theirs is None else f'{ours - theirs:+.3g}'
