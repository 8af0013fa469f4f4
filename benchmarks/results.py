"""Formats figures for a terminal and a page, and keeps them as JSON to compare with later."""

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figures import Figure
from melodyvae.system.atomic import new_file
from melodyvae.system.version import __version__

BEGIN, END = '<!-- written by make bench -->', '<!-- end of what make bench writes -->'
NAME_WIDTH = 80


def short(value: float) -> str:
    """Formats three significant digits: 1,234 or 56.7 or 0.0891."""
    return f'{value:,.0f}' if abs(value) >= 100 else f'{value:#.3g}'.rstrip('.')


def header() -> str:
    """Returns the heading of the table on a terminal."""
    columns = ('median', 'min', 'max', 'times', 'last time')
    return f'{"figure":{NAME_WIDTH}}' + ''.join(f'{column:>10}' for column in columns)


def line(figure: Figure, earlier: Mapping[str, float]) -> str:
    """Formats a row on a terminal; `earlier` holds medians to compare with, by name."""
    name = f'{figure.name}, {figure.unit}'
    values = [figure.median, min(figure.values), max(figure.values)]
    cells = [*map(short, values), str(len(figure.values))]
    cells.append(short(earlier[figure.name]) if figure.name in earlier else '')
    return f'{name:{NAME_WIDTH}}' + ''.join(f'{cell:>10}' for cell in cells)


def markdown(figures: Sequence[Figure], machine: Mapping[str, str]) -> str:
    """Formats the table of a page, with version, date and machine."""
    described = ', '.join(f'{name} {value}' for name, value in machine.items())
    rows = [
        f'| {f.name} | {f.unit} | {short(f.median)} | {short(min(f.values))} to '
        f'{short(max(f.values))} | {len(f.values)} |'
        for f in figures
    ]
    lines = [
        f'melodyvae {__version__}, {_today()}. The machine: {described}.',
        '',
        '| figure | unit | median | min to max | measured |',
        '| --- | --- | ---: | ---: | ---: |',
        *rows,
    ]
    return '\n'.join(lines)


def write_page(path: Path, text: str) -> None:
    """Replaces the text between the two marks of a page; a ValueError if a mark is missing."""
    page = path.read_text(encoding='utf-8')
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(f'{path} must hold the lines {BEGIN} and {END}, once each.')
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(f'{before}{BEGIN}\n\n{text}\n\n{END}{after}', encoding='utf-8')


def append_json(path: Path, figures: Sequence[Figure], machine: Mapping[str, str]) -> None:
    """Appends a line of JSON: version, date, machine, and name, unit and values of each figure."""
    found = [{'name': f.name, 'unit': f.unit, 'values': f.values} for f in figures]
    entry = {'melodyvae': __version__, 'date': _today(), 'machine': machine, 'figures': found}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('a', encoding='utf-8') as file:
        file.write(json.dumps(entry) + '\n')


def earlier_medians(path: Path, machine: Mapping[str, str]) -> dict[str, float]:
    """Reads the latest median of each figure on this kind of machine, by name."""
    medians: dict[str, float] = {}
    lines = path.read_text(encoding='utf-8').splitlines() if path.exists() else []
    for entry in map(json.loads, lines):
        if all(entry['machine'][key] == machine[key] for key in ('processor', 'cores')):
            figures = [Figure(**figure) for figure in entry['figures']]
            medians |= {figure.name: figure.median for figure in figures}
    return medians


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
