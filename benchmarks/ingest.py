"""How fast files become a dataset, beside the device."""

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import device
from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.midi.note_sequence import note_seq

TUNES, SONGS = 20_000, 2000  # files; starting the processes takes as long as some 3,000 tunes
PARSED = 40  # files that note-seq parses a time
REPEATS = 5


def figures() -> Iterator[Figure]:
    for kind, write, count, device_rate, parser_rate in (
        (
            'tunes of one voice, 0.6 KB',
            write_tunes,
            TUNES,
            device.TUNES_A_SECOND,
            device.NOTE_SEQ_TUNES_A_SECOND,
        ),
        (
            'songs of ten tracks, 25 KB',
            write_songs,
            SONGS,
            device.SONGS_A_SECOND,
            device.NOTE_SEQ_SONGS_A_SECOND,
        ),
    ):
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            files, loops, parser = library_figures(f'reading {kind}', library, REPEATS)
            yield from (files, loops, parser)
            yield files.over(f'{files.name}: over the device', 'times', device_rate)
            times_parser = ratio('', files.values, parser.values)
            # As fast as the device would be on this machine as it is now.
            yield times_parser.over(
                f'{files.name}: over the device, beside note-seq',
                'times',
                device_rate / parser_rate,
            )


def library_figures(title: str, library: Path, repeats: int) -> tuple[Figure, Figure, Figure]:
    """Files and loops a second, from a folder of MIDI to a finished dataset beside it.

    The third is how many of the same files note-seq only parses, in one process.
    """
    grid = preset('melodyvae_improved').grid
    numbers = itertools.count()
    loops = []

    def read() -> float:
        start = time.perf_counter()
        reports = prepare_midi([library], grid, library.with_name(f'dataset {next(numbers)}'))
        took = time.perf_counter() - start
        loops.append(sum(report.kept for report in reports) / took)
        return len(reports) / took

    parser = note_seq().midi_io.midi_to_note_sequence

    def parse() -> float:
        some = sorted(library.iterdir())[:PARSED]
        start = time.perf_counter()
        for path in some:
            parser(path.read_bytes())
        return len(some) / (time.perf_counter() - start)

    found = in_turns({'read': read, 'parse': parse}, repeats)
    return (
        Figure(title, 'files/s', found['read']),
        Figure(f'{title}: loops', 'loops/s', tuple(loops)),
        Figure(f'{title}: note-seq alone, parsing, one process', 'files/s', found['parse']),
    )
