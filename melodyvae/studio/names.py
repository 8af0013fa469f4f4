"""Names of runs and files that come from a browser, which are never paths."""

import re
from collections.abc import Collection

from melodyvae.system.errors import UserError

MAX_NAME = 60  # characters of a run's name
MAX_STEM = 120  # bytes of a file's name before its suffix; file systems allow 255 in all
MAX_SUFFIX = 20
_RUN = re.compile(r'\w[\w +-]*')


def check_run_name(name: str) -> str:
    """Returns the name of a new run without surrounding spaces.

    Raises:
      UserError: if it is too long, or has characters other than letters, digits, spaces, '_', '+'
        and '-'.
    """
    name = name.strip()
    if not _RUN.fullmatch(name) or len(name) > MAX_NAME:
        raise UserError(
            f'A name is up to {MAX_NAME} letters, digits, spaces and the characters - + _, and '
            f'starts with a letter or digit: give the run another name.'
        )
    return name


def name_upload(name: str, taken: Collection[str]) -> str:
    """Returns a plain file name for an upload that differs from those that are taken.

    Unusual characters become '_'.

    Args:
      name: as the browser sends it.
      taken: case-folded names, because macOS and Windows do not distinguish case.
    """
    last = re.split(r'[/\\]', name)[-1]
    plain = re.sub(r'[^\w .,+&()\[\]\'#-]', '_', last).strip(' .') or 'file'
    stem, dot, suffix = plain.rpartition('.')
    if not stem:
        stem, dot, suffix = plain, '', ''
    stem, suffix = _cut(stem, MAX_STEM), _cut(suffix, MAX_SUFFIX)
    number, chosen = 1, f'{stem}{dot}{suffix}'
    while chosen.casefold() in taken:
        number += 1
        chosen = f'{stem} ({number}){dot}{suffix}'
    return chosen


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors='ignore')
