"""Measures how fast files become a dataset, beside the device and note-seq."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, in_turns, seconds
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.midi.note_sequence import note_seq

# Writer, number of files, and files per second of the device on a similar machine, where note-seq
# parsed 640 tunes or 19 songs per second.
KINDS = {
    'tunes of one voice, 0.6 KB': (write_tunes, 20_000, 410),
    'songs of ten tracks, 25 KB': (write_songs, 2000, 33),
}
PARSED = 40  # files that note-seq parses per measurement


def ingest_figures() -> Iterator[Figure]:
    for kind, (write, count, device_rate) in KINDS.items():
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            read, parsed = reading_rates(library, repeats=5)
        title = f'reading {kind}'
        yield Figure(title, 'files/s', read, 'the device', [device_rate])
        yield Figure(title, 'files/s', read, 'note-seq, parsing only, in one process', parsed)


def reading_rates(library: Path, repeats: int) -> tuple[list[float], list[float]]:
    """Measures files per second from a folder of MIDI to a dataset beside it, and of note-seq."""
    grid = preset('melodyvae_improved').grid
    datasets = (library.with_name(f'dataset {number}') for number in itertools.count())
    files = sorted(library.iterdir())
    some = [path.read_bytes() for path in files[:PARSED]]
    parse = note_seq().midi_io.midi_to_note_sequence
    measures = {
        'read': lambda: len(files) / seconds(lambda: prepare_midi([library], grid, next(datasets))),
        'parse': lambda: len(some) / seconds(lambda: [*map(parse, some)]),
    }
    found = in_turns(measures, repeats)
    return found['read'], found['parse']
