"""Names that come from a browser: of runs and of files, and never paths."""

import re
from collections.abc import Collection

from melodyvae.system.errors import UserError

LONGEST = 60  # signs of a run's name
LONGEST_FILE = 120  # bytes of a file's name before its dot: systems take 255 in all
LONGEST_SUFFIX = 20
_RUN = re.compile(r'\w[\w +-]*')


def check_run_name(name: str) -> str:
    """The name of a new run without spaces around it.

    Raises:
      UserError: if it is more than letters, digits, spaces, '_', '+' and '-', or too long.
    """
    name = name.strip()
    if not _RUN.fullmatch(name) or len(name) > LONGEST:
        raise UserError(
            f'A name is up to {LONGEST} letters, digits, spaces and the signs - + _, beginning '
            f'with a letter: give the run another.'
        )
    return name


def name_upload(name: str, taken: Collection[str]) -> str:
    """A plain file name for an upload, another than those that are taken.

    What is no letter, digit, space or sign of common names becomes '_'. Names that differ in case
    only are the same to macOS and Windows.
    """
    last = re.split(r'[/\\]', name)[-1]
    plain = re.sub(r'[^\w .,+&()\[\]\'#-]', '_', last).strip(' .') or 'file'
    stem, dot, suffix = plain.rpartition('.')
    if not stem:
        stem, dot, suffix = plain, '', ''
    stem, suffix = _cut(stem, LONGEST_FILE), _cut(suffix, LONGEST_SUFFIX)
    number, chosen = 1, f'{stem}{dot}{suffix}'
    folded = {name.casefold() for name in taken}
    while chosen.casefold() in folded:
        number += 1
        chosen = f'{stem} ({number}){dot}{suffix}'
    return chosen


def _cut(text: str, longest: int) -> str:
    return text.encode()[:longest].decode(errors='ignore')
