"""Measures how fast melodyvae is on this machine, each figure beside a reference: `make bench`.

Prints one table. Example: python -m benchmarks.speed --page=docs/performance.md
"""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import HEADER, describe_machine, write_page

# Imported when measured: most parts import TensorFlow, which `--help` does not need.
PARTS = {
    'startup': 'programs.startup_figures',
    'waiting': 'programs.waiting_figures',
    'ingest': 'programs.ingest_figures',
    'training': 'training.training_figures',
    'gpu': 'training.gpu_figures',
    'callbacks': 'training.callback_figures',
    'memory': 'training.memory_figures',
    'performed': 'performer.performed_figures',
    'scale': 'training.scale_figures',
}


def main(argv: Sequence[str] | None = None) -> None:
    """Measures the parts that the command line names."""
    parser = argparse.ArgumentParser(prog='make bench', description=__doc__.splitlines()[0])
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS), help='only these')
    parser.add_argument('--page', type=Path, help='page whose table is replaced')
    chosen = parser.parse_args(argv)
    lines = [describe_machine(), '', *HEADER]
    print(*lines, sep='\n', flush=True)
    for part in chosen.parts:
        module, _, function = PARTS[part].partition('.')
        for figure in getattr(importlib.import_module(f'benchmarks.{module}'), function)():
            lines.append(figure.row())
            print(lines[-1], flush=True)
    if chosen.page:
        write_page(chosen.page, '\n'.join(lines))


if __name__ == '__main__':
    main()
