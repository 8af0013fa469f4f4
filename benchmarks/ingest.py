"""How fast files become a dataset, beside the device."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import device
from benchmarks.figures import Figure
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.config import preset
from melodyvae.prepare import prepare_midi

TUNES, SONGS = 8000, 1000  # files
REPEATS = 5


def figures() -> Iterator[Figure]:
    for kind, write, count, device_rate in (
        ('tunes of one voice, 0.6 KB', write_tunes, TUNES, device.TUNES_A_SECOND),
        ('songs of ten tracks, 25 KB', write_songs, SONGS, device.SONGS_A_SECOND),
    ):
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            files, loops = library_figures(f'reading {kind}', library, REPEATS)
            yield from (files, loops)
            yield files.over(f'{files.name}: over the device', 'times', device_rate)


def library_figures(title: str, library: Path, repeats: int) -> tuple[Figure, Figure]:
    """Files and loops a second, from a folder of MIDI to a finished dataset beside it."""
    grid = preset('melodyvae_improved').grid
    files, loops = [], []
    for number in range(repeats):
        start = time.perf_counter()
        reports = prepare_midi([library], grid, library.with_name(f'dataset {number}'))
        took = time.perf_counter() - start
        files.append(len(reports) / took)
        loops.append(sum(report.kept for report in reports) / took)
    return (
        Figure(title, 'files/s', tuple(files)),
        Figure(f'{title}: loops', 'loops/s', tuple(loops)),
    )
