"""What a search has found, in all its forms: tables, a line a trial, and the best config."""

import copy
import csv
from collections.abc import Mapping
from pathlib import Path

import optuna
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState

from melodyvae.config import Config, write_config
from melodyvae.config.field import set_value
from melodyvae.evaluation.goal import GOAL, Line
from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab.tables import format_number, format_table
from melodyvae.system.atomic import new_file

FIGURES, FAILED = 'figures', 'failed'  # what a trial keeps
BEST = 'best.json'
COLUMNS = 5  # trials, the best
LEAST = 20  # trials, for what is said of which settings matter
STATES = {
    TrialState.COMPLETE: 'finished',
    TrialState.PRUNED: 'broken off',
    TrialState.FAIL: 'failed',
}
LEGEND = """\
The shortfall is the sum of what a trial is off each line of the goal, each as a share of its limit:
0 keeps all of them; what is off is set in bold. All figures are of one run each, with the same
seed, on held-out loops of files that no trial trained on: compare best.json, with
`melodyvae_compare --configs=best.json` and several seeds, before it is believed. A trial is broken
off where the median of the others was nearer to the goal; its shortfall is that of then. All
trials: search.csv."""


def write_search(study: optuna.Study, own: Config, out: Path) -> str:
    """Writes `search.md`, `search.csv` and, once a trial has come to its end, `best.json`.

    Args:
      study: the trials, whose figures are under `FIGURES`.
      own: the config that the search began with; the best one has all else from it.
      out: folder.

    Returns:
      What `search.md` holds.
    """
    text = format_search(study)
    with new_file(out / 'search.md', overwrite=True) as temporary:
        temporary.write_text(text, encoding='utf-8')
    _write_lines(study, out / 'search.csv')
    for trial in rank_trials(study)[:1]:
        write_config(take_settings(own, trial.params), out / BEST)
    return text


def rank_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Those that have come to their end, the best first."""
    return sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: trial.values)


def take_settings(config: Config, settings: Mapping[str, object]) -> Config:
    """A copy of a config with other values of some settings."""
    config = copy.deepcopy(config)
    for name, value in settings.items():
        set_value(config, name, value)
    return config


def format_search(study: optuna.Study) -> str:
    """Writes the tables in Markdown."""
    trials = study.trials
    counts = (f'{sum(t.state == state for t in trials)} {word}' for state, word in STATES.items())
    parts = ['# Search', f'Trials: {", ".join(counts)}.']
    ranked = rank_trials(study)
    if ranked:
        parts += ['## The best trials', _format_best(ranked)]
    if len(ranked) >= LEAST:
        parts += ['## Which settings matter', _format_importance(study)]
    failed = [[str(t.number), t.user_attrs[FAILED]] for t in trials if FAILED in t.user_attrs]
    if failed:
        parts += ['## Trials that failed', format_table(['trial', 'what happened'], failed)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def _format_best(ranked: list[FrozenTrial]) -> str:
    """A column a trial: that of the config's own values, which is the first, and the best."""
    own = [trial for trial in ranked if trial.number == 0]
    best = [trial for trial in ranked if trial.number][:COLUMNS]
    columns = own + best
    header = ['', 'goal', *(f'trial {t.number}' if t.number else 'own values' for t in columns)]
    rows = [['shortfall', '0', *(format_number(t.value) for t in columns)]]
    for name in columns[0].params:
        rows.append([name, '', *(_format_value(t.params[name]) for t in columns)])
    for line in GOAL:
        figures = (t.user_attrs[FIGURES] for t in columns)
        cells = (_format_figure(line, values) for values in figures)
        rows.append([METRICS[line.key].label_with_unit, _format_limit(line), *cells])
    seconds = (format_number(t.user_attrs[FIGURES]['seconds']) for t in columns)
    rows.append([METRICS['seconds'].label_with_unit, '', *seconds])
    return format_table(header, rows)


def _format_value(value: object) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)


def _format_figure(line: Line, figures: Mapping[str, float]) -> str:
    """A figure, set off where it does not keep its line."""
    words = format_number(figures.get(line.key))
    if line.beside in figures:
        words += f' (real {format_number(figures[line.beside])})'
    return f'**{words}**' if line.shortfall(figures) else words


def _format_limit(line: Line) -> str:
    if line.beside:
        return f'within {line.most:g} of real'
    return f'at most {line.most:g}' if line.most is not None else f'at least {line.least:g}'


def _format_importance(study: optuna.Study) -> str:
    """S. Watanabe et al., "PED-ANOVA", 2023: how much each says of being among the best tenth."""
    found = optuna.importance.get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    rows = [[name, f'{share:.0%}'] for name, share in found.items()]
    return format_table(['setting', 'share of what decides on the best tenth'], rows)


def _write_lines(study: optuna.Study, path: Path) -> None:
    trials = study.trials
    settings = list(dict.fromkeys(name for trial in trials for name in trial.params))
    figures = list(dict.fromkeys(key for t in trials for key in t.user_attrs.get(FIGURES, {})))
    with (
        new_file(path, overwrite=True) as temporary,
        temporary.open('w', newline='') as file,
    ):
        writer = csv.writer(file)
        writer.writerow(['trial', 'state', 'failed', 'shortfall', *settings, *figures])
        for trial in trials:
            found = trial.user_attrs.get(FIGURES, {})
            writer.writerow(
                [
                    trial.number,
                    trial.state.name.lower(),
                    trial.user_attrs.get(FAILED, ''),
                    trial.value if trial.values else '',
                    *(trial.params.get(name, '') for name in settings),
                    *(found.get(key, '') for key in figures),
                ]
            )
