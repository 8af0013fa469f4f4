"""Measures how fast melodyvae is on this machine, beside the device and the floor: `make bench`.

Example: python -m benchmarks.speed --page=docs/performance.md

Prints one table, with the median of the last run on such a machine, and appends a line to a JSON
file to compare with later.
"""

import argparse
import importlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from tqdm import tqdm

from benchmarks import machine, results
from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / 'runs' / 'speed.jsonl'


def _measure(module: str, function: str = 'figures') -> Iterator[Figure]:
    # Imported when measured: most parts import TensorFlow, which `--help` does not need.
    yield from getattr(importlib.import_module(f'benchmarks.{module}'), function)()


PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    'startup': partial(_measure, 'programs'),
    'waiting': partial(_measure, 'waiting'),
    'from_midi': partial(_measure, 'from_midi'),
    'ingest': partial(_measure, 'ingest'),
    'training': partial(_measure, 'training'),
    'gpu': partial(_measure, 'training', 'gpu_figures'),
    'goal': partial(_measure, 'goal'),
    'callbacks': partial(_measure, 'callbacks'),
    'memory': partial(_measure, 'callbacks', 'memory_figures'),
    'performed': partial(_measure, 'performed'),
    'scale': partial(_measure, 'scale'),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures the parts that the command line names."""
    parser = argparse.ArgumentParser(prog='make bench', description=__doc__.splitlines()[0])
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS), help='only these')
    parser.add_argument('--json', type=Path, default=HISTORY, help='file to append the values to')
    parser.add_argument('--page', type=Path, help='page whose table is replaced')
    chosen = parser.parse_args(argv)
    described = machine.describe()
    earlier = results.earlier_medians(chosen.json, described)
    print(', '.join(f'{name} {value}' for name, value in described.items()))
    print(results.header())
    found = []
    # disable=None: no bar if standard error is not a terminal.
    with tqdm(chosen.parts, unit='part', leave=False, disable=None) as bar:
        for part in bar:
            bar.set_description(f'measuring {part}')
            for figure in PARTS[part]():
                found.append(figure)
                tqdm.write(results.line(figure, earlier))
    results.append_json(chosen.json, found, described)
    print(f'{chosen.json} has all values.')
    if chosen.page:
        results.write_page(chosen.page, results.markdown(found, described))
        print(f'{chosen.page} has this table.')


if __name__ == '__main__':
    main()
