"""File names with control characters, wherever they are printed or shown."""

import collections
import json
import os
import random
import re
import shutil
from pathlib import Path

from browsers import run_script

from melodyvae.system.errors import make_printable

import programs
from studios import open_studio

COUNT = 12
# What a terminal executes, what changes the direction of text, what ends an element, no text.
PIECES = (
    *'\x01\x07\x08\t\n\r\x1b\x7f\x85\x9b\u200e\u202e\u2066\u2028"\'<>&`\\{%$;|#*',
    '\x1b[31m',
    '\x1b]0;x\x07',
    '</script><script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '{{ 7*7 }}',
    '\udcff',
    '-',
    '../',
)
FORBIDDEN = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')


def everywhere(folder: Path, count: int, seed: int) -> collections.Counter:
    """Reads, trains, plays and shows files of such names, from a folder of such a name."""
    choose = random.Random(seed)
    library = folder / _make_name(choose, '')
    library.mkdir()
    originals = sorted(programs.GOLDEN_MIDI.glob('*.mid'))
    for number in range(count):
        shutil.copy(choose.choice(originals), library / _make_name(choose, f'{number}.mid'))
    (library / _make_name(choose, 'broken.mid')).write_bytes(b'MThd')
    shutil.copy(originals[0], library / 'fine.mid')
    run = folder / _make_name(choose, '')
    train = (f'--midi={library}', f'--run_dir={run}', '--config.training.epochs=2')
    files = [path for path in library.iterdir() if 'broken' not in path.name]
    commands = (
        ('prepare', library, f'--output={folder / "data"}'),
        ('train', *train, programs.HELD_OUT, *programs.SMALL),
        ('train', *train, *programs.SMALL),  # refused: the folder is in use
        ('generate', run, f'--output={folder / "new"}', '--grid=3'),
        ('generate', run, f'--output={folder / "new"}', '--grid=3'),  # refused
        ('encode', run, *files),
        ('evaluate', run),
        ('evaluate', run, library / 'missing'),
        ('card', run),
        ('play', run, f'--output={folder / "play.html"}'),
        ('play', run / 'missing', f'--output={folder / "x.html"}'),
        ('export', run, f'--output={folder / _make_name(choose, "")}'),
    )
    counts: collections.Counter = collections.Counter()
    for arguments in commands:
        done = programs.run(*arguments, check=False)
        for said in (done.stdout, done.stderr):
            found = FORBIDDEN.search(re.sub('\r[^\r\n]*\r', '', said))  # a bar of progress
            assert not found, (arguments[0], found, said)
            assert 'Traceback' not in said, (arguments[0], said)
        counts[f'{arguments[0]} ended with {done.returncode}'] += 1
    pages = [run / 'report.html', run / 'play.html', folder / 'play.html']
    with open_studio(folder) as studio:
        shown = run_script('names.mjs', studio.address, *pages)
    for page in shown:
        assert page['troubles'] == [], page
        assert not FORBIDDEN.search(page['text'].replace('\t', ' ')), page['text']
        assert not FORBIDDEN.search(page['title']), page['title']
    counts['pages shown'] = len(shown)
    assert json.dumps(make_printable(os.fspath(run)))
    return counts


def _make_name(choose: random.Random, end: str) -> str:
    pieces = [choose.choice(PIECES).replace('/', '_') for _ in range(choose.randint(1, 4))]
    return f'a{"".join(pieces)}{end}'


TRIALS = (everywhere,)
