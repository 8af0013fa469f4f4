"""What the page of the studio shows of a run."""

import math
from typing import Any

from melodyvae.runs.folder import RunFolder
from melodyvae.studio.logs import find_stage
from melodyvae.studio.plain_files import check_folder, is_plain, is_text, read_time
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError, make_printable
from melodyvae.training.history import read_history

MAX_METRICS = 16 * 2**20  # bytes of metrics.csv
MAX_POINTS = 200  # epochs of a curve that are drawn
CURVES = ('objective', 'val_objective')


class RunList:
    """Describes all runs of a studio, each again only when its files have changed."""

    def __init__(self, trainer: Trainer):
        self._trainer = trainer
        self._known: dict[str, tuple[Any, dict[str, Any]]] = {}

    def describe(self) -> list[dict[str, Any]]:
        """Returns what `describe_run` returns for each run, the latest first."""
        names = self._trainer.list_names()[::-1]
        self._known = {name: self._renew(name) for name in names}
        return [described for _, described in self._known.values()]

    def _renew(self, name: str) -> tuple[Any, dict[str, Any]]:
        seen = self._trainer.find_changes(name)
        known = self._known.get(name)
        return known if known and known[0] == seen else (seen, describe_run(self._trainer, name))


def describe_run(trainer: Trainer, name: str) -> dict[str, Any]:
    """Returns name, state, losses and log of a run as JSON values, the `Run` of `run-card.ts`.

    A damaged run has the state 'failed', with a sentence that says why.
    """
    # First: what a training writes at its end is there.
    is_training = trainer.processes.is_waiting(name) or trainer.is_training(name)
    lines = trainer.read_log(name)
    described: dict[str, Any] = {
        'name': make_printable(name),
        'state': 'failed',
        'stage': '',
        'left': '',
        'sentence': '',
        'log': '\n'.join(line for line in lines if not line.startswith('epoch ')),
        'epochs': 0,
        'done': 0,
        'best': None,
        'curves': {},
        'playable': False,
        'max': False,
        'reported': False,
        'live': 0,
    }
    run = RunFolder(trainer.folder / name)
    if not is_text(name):
        described['sentence'] = 'The name of this folder is not UTF-8: rename it.'
        return described
    if is_plain(run.path / 'config.json'):
        try:
            described |= _describe_folder(run)
        except UserError as error:  # of another version, or damaged
            described['sentence'] = str(error)
        except (OSError, ValueError, RecursionError) as error:
            described['sentence'] = f'This run cannot be read: {error}.'
    if is_training:
        described['state'] = 'training'
        described['stage'], described['left'] = find_stage(lines)
        if trainer.is_stopping(name):
            described['stage'], described['left'] = 'Stopping', ''
        described['live'] = read_time(run.live)
    elif described['state'] != 'finished' and not described['sentence']:
        described['sentence'] = trainer.explain_end(name)
    return described


def _describe_folder(run: RunFolder) -> dict[str, Any]:
    check_folder(run.path)
    config, curves = run.config, _read_curves(run)
    losses = curves.get('val_objective') or curves.get('objective')
    return {
        'state': 'finished' if run.finished else 'stopped',
        'epochs': config.training.epochs,
        'done': len(curves.get('objective', [])),
        'best': min(losses) if losses else None,
        'curves': {name: _thin(curve) for name, curve in curves.items()},
        'playable': run.play_page.is_file(),
        'max': run.play_page.is_file() and config.device.spec.in_max,
        'reported': run.report.is_file(),
    }


def _thin(curve: list[float]) -> list[float]:
    """Returns at most 200 values of a curve, evenly spaced, to four digits."""
    count = min(len(curve), MAX_POINTS)
    chosen = [curve[index * (len(curve) - 1) // max(1, count - 1)] for index in range(count)]
    return [float(f'{value:.4g}') for value in chosen]


def _read_curves(run: RunFolder) -> dict[str, list[float]]:
    """Returns the objective per epoch; empty while the file is being written, or if it is damaged.

    Epochs whose value is not finite are left out, because JSON cannot hold them.
    """
    if not is_plain(run.metrics) or run.metrics.stat().st_size > MAX_METRICS:
        return {}
    try:
        history = read_history(run.metrics)
    except Exception:  # whatever csv and float make of a damaged file
        return {}
    return {
        name: [value for value in history[name] if math.isfinite(value)]
        for name in CURVES
        if name in history
    }
