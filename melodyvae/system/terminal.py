"""What programs print: tables, and arguments to be copied into the shell."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import TextIO

from melodyvae.system.errors import make_printable

MAX_WIDTH = 10_000  # of a table that does not go to a terminal, where nothing is wrapped or cut


def quote(argument: object) -> str:
    """Quotes an argument, such as a path with spaces, for the shell of this system."""
    text = str(argument)
    return subprocess.list2cmdline([text]) if os.name == 'nt' else shlex.quote(text)


def print_lines(*lines: object, file: TextIO | None = None) -> None:
    """Prints lines that may hold file names, without what a terminal would execute."""
    print(*(make_printable(str(line)) for line in lines), sep='\n', file=file, flush=True)


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    texts: Sequence[str] = (),
    caption: str = '',
    file: TextIO | None = None,
) -> None:
    """Prints a table as wide as the terminal, or unwrapped if the output is not a terminal.

    Args:
      columns: the header.
      rows: one cell per column.
      texts: columns that are aligned to the left; the others hold numbers, aligned to the right.
      caption: a line above the table; with a caption, an empty line follows the table.
      file: where to print; standard output by default.
    """
    # Imported here, because `--help` does not print tables.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style='bold')
    for column in columns:
        table.add_column(
            Text(column), justify='left' if column in texts else 'right', overflow='fold'
        )
    for row in rows:
        # A plain string could be taken for rich's markup.
        table.add_row(*(Text(make_printable(cell)) for cell in row))
    file = file or sys.stdout
    if caption:
        print(caption, file=file)
    console = Console(file=file, highlight=False)
    if console.is_terminal:
        console.print(table)
    else:
        plain = Console(width=MAX_WIDTH, color_system=None)
        with plain.capture() as captured:
            plain.print(table)
        for line in captured.get().splitlines():
            print(line.rstrip(), file=file)
    if caption:
        print(file=file)
