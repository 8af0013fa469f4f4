"""The losses of a training, one row per epoch, in `metrics.csv`."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from melodyvae.system.atomic import new_file


def forget_later_epochs(metrics: Path, epoch: int) -> None:
    """Removes the lines of `metrics.csv` that a killed run wrote after its last saved state."""
    if not metrics.exists():
        return
    with metrics.open(newline='') as file:
        lines = file.readlines()
    kept = lines[:1] + [line for line in lines[1:] if _epoch_of(line) < epoch]
    with new_file(metrics, overwrite=True) as temporary:
        temporary.write_text(''.join(kept) if epoch else '', newline='')


def _epoch_of(line: str) -> float:
    """Returns the first column; infinity for a line that was cut off."""
    number = line.split(',')[0]
    return int(number) if number.isdigit() and line.endswith('\n') else float('inf')


def read_history(metrics: Path) -> dict[str, list[float]]:
    """Reads `metrics.csv` by column; empty if no epoch has ended."""
    if not metrics.exists():
        return {}
    with metrics.open(newline='') as file:
        rows = list(csv.DictReader(file))
    # Keras writes columns for a validation even if there is none.
    names = [name for name, value in rows[0].items() if value != 'NA'] if rows else []
    return {name: [float(row[name]) for row in rows] for name in names}


def write_history(history: Mapping[str, Sequence[float]], metrics: Path) -> None:
    """Writes `metrics.csv` from columns of equal length, as returned by `read_history`."""
    with new_file(metrics, overwrite=True) as temporary, temporary.open('w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(history)
        writer.writerows(zip(*history.values(), strict=True))
