"""How fast this is on this machine, beside the device and the machine's floor: `make bench`.

Example: python -m benchmarks.speed --page=docs/performance.md

Prints one table. Each figure is measured several times, and what is compared in turns: the median
is shown, the least and the most, and the median of the last time on such a machine. Every run adds
a line to the JSON file, to compare with later.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from benchmarks import (
    callbacks,
    from_midi,
    goal,
    gpu,
    ingest,
    machine,
    memory,
    results,
    scale,
    startup,
    training,
    waiting,
)
from benchmarks.figures import Figure

ROOT = Path(__file__).parents[1]
HISTORY = ROOT / 'runs' / 'speed.jsonl'
PARTS: dict[str, Callable[[], Iterator[Figure]]] = {
    'startup': startup.figures,
    'waiting': waiting.figures,
    'from_midi': from_midi.figures,
    'ingest': ingest.figures,
    'training': training.figures,
    'gpu': gpu.figures,
    'goal': goal.figures,
    'callbacks': callbacks.figures,
    'memory': memory.figures,
    'scale': scale.figures,
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures what the command line asks for; without a command line, the program's own."""
    parser = argparse.ArgumentParser(prog='make bench', description=__doc__.splitlines()[0])
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS), help='only these')
    parser.add_argument('--json', type=Path, default=HISTORY, help='gets a line of JSON a run')
    parser.add_argument('--page', type=Path, help='page whose table is to be replaced')
    chosen = parser.parse_args(argv)
    described = machine.describe()
    earlier = results.earlier_medians(chosen.json, described)
    print(', '.join(f'{name} {value}' for name, value in described.items()))
    print(results.header())
    found = []
    # disable=None: no bar where standard error is not a terminal.
    with tqdm(chosen.parts, unit='part', leave=False, disable=None) as bar:
        for part in bar:
            bar.set_description(f'measuring {part}')
            for figure in PARTS[part]():
                found.append(figure)
                tqdm.write(results.line(figure, earlier))
    results.append_json(chosen.json, found, described)
    print(f'{chosen.json} holds every value.')
    if chosen.page:
        results.write_page(chosen.page, results.markdown(found, described))
        print(f'{chosen.page} shows this table.')


if __name__ == '__main__':
    main()
