"""Checks dropped music before a training: what is used, what is not and why, and what helps."""

import collections
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from melodyvae.config.settings import Config
from melodyvae.ingest.batch import join_batches
from melodyvae.ingest.check_up import check_library
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import find_named_files
from melodyvae.ingest.reader import read_all
from melodyvae.studio.uploads import keep_music
from melodyvae.system.errors import UserError

MAX_LISTED = 200  # files that are not used
FLAG = re.compile(r' \(--[^)]*\)')  # the page has buttons instead
# Settings that the page may choose for a library.
CHOICES = (
    'data.transpositions',
    'grid.bars',
    'grid.metre',
    'grid.minimum_onsets',
    'grid.octaves',
    'grid.tracks',
    'grid.voices',
)
# Flags that a sentence of `check_library` names, and buttons that do the same.
BUTTONS: dict[str, tuple[str, dict[str, Any]]] = {
    '--config.grid.bars=metre': ('Start loops on bar lines', {'grid.bars': 'metre'}),
    '--config.grid.bars=fitting': ('Leave these bars out', {'grid.bars': 'fitting'}),
    '--config.grid.bars=start': ('Do not repeat bars', {'grid.bars': 'start'}),
    '--config.grid.metre=3/4': ('Read them in 3/4', {'grid.metre': '3/4'}),
    '--config.grid.octaves=shift': ('Move whole voices', {'grid.octaves': 'shift'}),
    '--config.grid.voices=highest': ('Use one voice per loop', {'grid.voices': 'highest'}),
    '--config.grid.voices=drums': ('Use only the drums', {'grid.voices': 'drums'}),
    '--config.data.transpositions': (
        'Add transposed copies',
        {'data.transpositions': [-2, -1, 1, 2]},
    ),
    '--config.grid.minimum_onsets': ('Keep them', {'grid.minimum_onsets': 1}),
}


def check_choices(choices: Any) -> dict[str, Any]:
    """Returns the settings that the page has chosen, by name.

    Raises:
      UserError: if it is anything else.
    """
    if not isinstance(choices, dict) or not set(choices) <= set(CHOICES):
        raise UserError(f'The page may choose {", ".join(CHOICES)}: reload it.')
    return choices


def check_music(uploads: Iterable[tuple[str, IO[bytes]]], config: Config) -> dict[str, Any]:
    """Reads uploads as a training would, and keeps nothing of them.

    Args:
      uploads: name and content of each file.
      config: of the training.

    Returns:
      The `Check` of `check-panel.ts`, as JSON values.

    Raises:
      UserError: as `keep_music`.
    """
    with tempfile.TemporaryDirectory() as folder:
        music = Path(folder) / 'music'
        others = keep_music(uploads, music)
        batches = read_all(find_named_files([music]), config.grid)
        reports = join_batches([batch for _, batch in batches], config.grid).reports
    unused = [report for report in reports if not report.kept]
    hints = check_library(reports, config.grid)
    return {
        'loops': sum(report.kept for report in reports),
        'used': len(reports) - len(unused),
        'skipped': [
            *([report.path, FLAG.sub('', report.reason)] for report in unused[:MAX_LISTED]),
            *([f'{count} {kind}', 'not music'] for kind, count in others.items()),
        ],
        'kind': _find_kind(reports),
        # The page shows anyway which files gave no loop.
        'hints': [
            _advise(hint)
            for hint in hints
            if 'gave no loop' not in hint and '--config=' not in hint
        ],
    }


def _find_kind(reports: list[FileReport]) -> str:
    """Returns 'drums' or 'melody' if most files look like that and not like the preset's music."""
    kinds = collections.Counter(report.looks_like for report in reports)
    found = [kind for kind in ('drums', 'melody') if 2 * kinds[kind] > len(reports)]
    return found[0] if found else ''


def _advise(sentence: str) -> dict[str, Any]:
    """Returns the words of a sentence, without its flag, and the button instead of the flag."""
    words = sentence.partition('--')[0].rpartition(':')[0] + '.' if '--' in sentence else sentence
    label, choices = next(
        (button for flag, button in BUTTONS.items() if flag in sentence), ('', {})
    )
    return {
        'words': words.replace(' (see report.csv)', ''),
        'label': 'Choose tracks' if '--tracks' in sentence else label,
        'choices': choices,
    }
