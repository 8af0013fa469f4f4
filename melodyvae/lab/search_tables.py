"""The results of a search: tables, one row per trial, and the best config."""

from collections.abc import Mapping
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from melodyvae.config import Config, write_config
from melodyvae.evaluation.goal import GOAL, Limit
from melodyvae.evaluation.metrics import METRICS, format_figure
from melodyvae.lab.candidates import take_settings
from melodyvae.lab.tables import format_table, format_value, write_csv, write_text

FIGURES, FAILED = 'figures', 'failed'  # attributes of a trial
BEST = 'best.json'
COLUMNS = 5  # best trials
STATES = {TrialState.COMPLETE: 'finished', TrialState.PRUNED: 'stopped', TrialState.FAIL: 'failed'}
LEGEND = """\
The shortfall sums how far a trial is off each limit of the goal, as a share of the limit: 0 keeps
all of them. Figures beyond their limit are bold. Each figure is of one run, all with the same seed,
on held-out loops from files that no trial was trained on. Confirm best.json with
`melodyvae_compare --configs=best.json` and several seeds. A trial is stopped if it is further from
the goal than the median of the others; its shortfall is of that epoch. All trials: search.csv."""


def write_search(study: optuna.Study, own: Config, out: Path) -> str:
    """Writes `search.md`, `search.csv` and, after the first completed trial, `best.json`.

    Args:
      study: the trials, with their figures under `FIGURES`.
      own: the first config; the best config has all other settings from it.
      out: folder.

    Returns:
      The content of `search.md`.
    """
    text = format_search(study)
    write_text(text, out / 'search.md')
    _write_trials(study, out / 'search.csv')
    for trial in rank_trials(study)[:1]:
        write_config(take_settings(own, trial.params), out / BEST)
    return text


def rank_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Returns the completed trials, best first."""
    return sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: trial.values)


def format_search(study: optuna.Study) -> str:
    """Formats the tables as Markdown."""
    trials = study.trials
    counts = (f'{sum(t.state == state for t in trials)} {word}' for state, word in STATES.items())
    parts = ['# Search', f'Trials: {", ".join(counts)}.']
    ranked = rank_trials(study)
    if ranked:
        parts += ['## The best trials', _format_best(ranked)]
    failed = [[str(t.number), t.user_attrs[FAILED]] for t in trials if FAILED in t.user_attrs]
    if failed:
        parts += ['## Trials that failed', format_table(['trial', 'what happened'], failed)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def _format_best(ranked: list[FrozenTrial]) -> str:
    """Formats one column per trial: the first, with the values of the config, and the best."""
    own = [trial for trial in ranked if trial.number == 0]
    best = [trial for trial in ranked if trial.number][:COLUMNS]
    columns = own + best
    header = ['', 'goal', *(f'trial {t.number}' if t.number else 'own values' for t in columns)]
    rows = [['shortfall', '0', *(format_figure(t.value) for t in columns)]]
    for name in columns[0].params:
        rows.append([name, '', *(_format_setting(t.params[name]) for t in columns)])
    for limit in GOAL:
        cells = (_format_figure(limit, t.user_attrs[FIGURES]) for t in columns)
        rows.append([METRICS[limit.key].label_with_unit, _format_limit(limit), *cells])
    seconds = (format_figure(t.user_attrs[FIGURES]['seconds']) for t in columns)
    rows.append([METRICS['seconds'].label_with_unit, '', *seconds])
    return format_table(header, rows)


def _format_setting(value: object) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)


def _format_figure(limit: Limit, figures: Mapping[str, float]) -> str:
    """Formats a figure, in bold if it is beyond its limit."""
    words = format_value(limit.key, figures.get(limit.key))
    if limit.reference in figures:
        words += f' (real {format_value(limit.key, figures[limit.reference])})'
    return f'**{words}**' if limit.shortfall(figures) else words


def _format_limit(limit: Limit) -> str:
    if limit.maximum is None:
        return f'at least {format_value(limit.key, limit.minimum)}'
    maximum = format_value(limit.key, limit.maximum)
    return f'within {maximum} of real' if limit.reference else f'at most {maximum}'


def _write_trials(study: optuna.Study, path: Path) -> None:
    trials = study.trials
    settings = list(dict.fromkeys(name for trial in trials for name in trial.params))
    figures = list(dict.fromkeys(key for t in trials for key in t.user_attrs.get(FIGURES, {})))
    rows = (
        [
            trial.number,
            trial.state.name.lower(),
            trial.user_attrs.get(FAILED, ''),
            trial.value if trial.values else '',
            *(trial.params.get(name, '') for name in settings),
            *(trial.user_attrs.get(FIGURES, {}).get(key, '') for key in figures),
        ]
        for trial in trials
    )
    write_csv(['trial', 'state', 'failed', 'shortfall', *settings, *figures], rows, path)
