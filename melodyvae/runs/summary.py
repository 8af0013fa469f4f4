"""`summary.json`: what a training ended with, for exports, reports and the programs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.playing.timing import Timing
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.training.data import TrainingData

# The largest values that a summary can hold: counts, and tempos that MIDI can represent.
MAX_COUNT, MAX_TEMPO = 2**53, 6e7
COUNTS = ('epochs', 'shipped_epoch', 'files', 'loops', 'training_loops', 'validation_loops')


def make_summary(
    data: 'TrainingData', history: dict[str, list[float]], threshold: float, timing: Timing
) -> dict[str, Any]:
    """Summarizes a training as JSON values; `history` is empty before the first epoch has ended."""
    config = data.config
    summary: dict[str, Any] = {
        'name': config.name,
        'fidelity': config.fidelity,
        'epochs': len(history.get('epoch', [])),
        'files': len(data.loops.files),
        'loops': len(data.loops),
        **timing.to_dict(),
        'training_loops': len(data.training),
        'validation_loops': len(data.held_out),
        'batch_size': data.batch_size,
        'threshold': threshold,
    }
    if history:
        best = find_best_epoch(history, config)
        summary['shipped_epoch'] = best + 1
        objective = 'val_objective' if config.training.monitor in history else 'objective'
        summary['objective'] = history[objective][best]
    return summary


def find_best_epoch(history: dict[str, list[float]], config: Config) -> int:
    """Returns the epoch whose weights the model has, counted from 0."""
    monitored = history.get(config.training.monitor)
    if monitored and config.training.keep_best:
        return int(np.argmin(monitored))
    return len(history['epoch']) - 1


def read_summary(path: Path) -> dict[str, Any]:
    """Reads and checks `summary.json`; empty if the file is missing.

    Raises:
      UserError: if it cannot be read, or has values that training never writes.
    """
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise UserError(f'{path} cannot be read: {error}.') from error
    if not isinstance(values, dict):
        raise UserError(f'{path} cannot be read: it holds no JSON object.')
    maxima = {'threshold': 1, 'tempo': MAX_TEMPO, **dict.fromkeys(COUNTS, MAX_COUNT)}
    for name, maximum in maxima.items():
        value = values.get(name, 0)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (is_number and 0 <= value <= maximum):  # False for NaN
            raise UserError(f'{path} is damaged: {name} cannot be {value!r}.')
    return values
