"""Text tables that programs print."""

import sys
from collections.abc import Sequence
from typing import TextIO

PLAIN_WIDTH = 10_000  # of what is no terminal: nothing is wrapped or cut off there


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    texts: Sequence[str] = (),
    caption: str = '',
    file: TextIO | None = None,
) -> None:
    """Prints a table: as wide as the terminal; where that is none, plain and as wide as it gets.

    Args:
      columns: the header.
      rows: as many words each as there are columns.
      texts: columns of words, aligned to the left; the others are numbers, to the right.
      caption: a line above it; an empty line follows the table then.
      file: standard output if not given.
    """
    # Here: a program that is only asked for --help does without.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style='bold')
    for column in columns:
        table.add_column(
            Text(column), justify='left' if column in texts else 'right', overflow='fold'
        )
    for row in rows:
        table.add_row(*map(Text, row))  # a file's name may look like rich's markup
    file = file or sys.stdout
    if caption:
        print(caption, file=file)
    console = Console(file=file, highlight=False)
    if console.is_terminal:
        console.print(table)
    else:
        plain = Console(width=PLAIN_WIDTH, color_system=None)
        with plain.capture() as captured:
            plain.print(table)
        for line in captured.get().splitlines():
            print(line.rstrip(), file=file)
    if caption:
        print(file=file)
