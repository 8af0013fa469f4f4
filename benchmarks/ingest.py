"""Measures how fast files become a dataset, beside the device and note-seq."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, in_turns, ratio, seconds
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.midi.note_sequence import note_seq

# Writer, number of files, and files per second of the device and of note-seq (in one process),
# which was measured on the same machine and tells how fast that machine was.
KINDS = {
    'tunes of one voice, 0.6 KB': (write_tunes, 20_000, 410, 640),
    'songs of ten tracks, 25 KB': (write_songs, 2000, 33, 19),
}
PARSED = 40  # files that note-seq parses per measurement


def ingest_figures() -> Iterator[Figure]:
    for kind, (write, count, device_rate, parser_rate) in KINDS.items():
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            files, loops, parser = library_figures(f'reading {kind}', library, repeats=5)
        yield from (files, loops, parser)
        name = f'{files.name}: times the device'
        yield files.over(name, 'ratio', device_rate)
        beside = ratio(f'{name}, normalized by note-seq', files.values, parser.values)
        yield beside.over(beside.name, 'ratio', device_rate / parser_rate)


def library_figures(title: str, library: Path, repeats: int) -> tuple[Figure, Figure, Figure]:
    """Measures files and loops per second, from a folder of MIDI to a dataset beside it.

    The third figure is how many of the same files note-seq parses, in one process.
    """
    grid = preset('melodyvae_improved').grid
    folders = (library.with_name(f'dataset {number}') for number in itertools.count())
    reports = []
    parse = note_seq().midi_io.midi_to_note_sequence
    some = [path.read_bytes() for path in sorted(library.iterdir())[:PARSED]]
    found = in_turns(
        {
            'read': lambda: seconds(
                lambda: reports.append(prepare_midi([library], grid, next(folders)))
            ),
            'parse': lambda: seconds(lambda: [*map(parse, some)]),
        },
        repeats,
    )
    kept = sum(report.kept for report in reports[0])
    return (
        Figure(title, 'files/s', tuple(len(reports[0]) / s for s in found['read'])),
        Figure(f'{title}: loops', 'loops/s', tuple(kept / s for s in found['read'])),
        Figure(
            f'{title}: note-seq alone, parsing, one process',
            'files/s',
            tuple(len(some) / s for s in found['parse']),
        ),
    )
