"""Mangled music: each file is read, mended or refused in a few words."""

import collections
import random
import tempfile
from pathlib import Path

from melodyvae.config.presets import preset
from melodyvae.ingest.find import SUFFIXES, find_named_files
from melodyvae.ingest.reader import read_all

import golden_files

COUNT = 3000
CASES = golden_files.GOLDEN / 'cases'
OUR_FAULT = ('its reader', 'it takes more than')


def music(folder: Path, count: int, seed: int) -> collections.Counter:
    """MIDI, ABC and MusicXML, through the readers."""
    choose = random.Random(seed)
    originals = [path for path in sorted(CASES.rglob('*')) if path.name.endswith(SUFFIXES)]
    library = folder / 'library'
    library.mkdir()
    for number in range(count):
        original = choose.choice(originals)
        (library / f'{number} {original.name}').write_bytes(_mangle(original.read_bytes(), choose))
    counts: collections.Counter = collections.Counter()
    for sources, batch in read_all(find_named_files([library]), preset('melodyvae').grid):
        for source, report in zip(sources, batch.reports, strict=True):
            if any(words in report.reason for words in OUR_FAULT):
                kept = Path(tempfile.gettempdir()) / source.name
                kept.write_bytes(Path(source.path).read_bytes())
                raise AssertionError(f'{kept}: {report.reason}')
            counts['used' if report.kept else 'without loops'] += 1
    return counts


def _mangle(data: bytes, choose: random.Random) -> bytes:
    """Does one to four things that disks, networks and people do to files."""
    damaged = bytearray(data)
    for _ in range(choose.randint(1, 4)):
        start = choose.randrange(len(damaged) + 1)
        length = min(choose.choice((1, 1, 2, 4, 16, 200)), len(damaged) - start)
        piece = bytes(damaged[start : start + length])
        damaged[start : start + length] = choose.choice(
            (
                b'',
                choose.randbytes(length),
                piece * choose.choice((2, 50)),
                bytes([choose.choice((0, 0x7F, 0x80, 0xFF))]) * length,
                piece[::-1],
            )
        )
    return bytes(damaged)


TRIALS = (music,)
