"""Measures how fast files become a dataset, beside the device and note-seq."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.figures import Figure, in_turns, ratio, seconds
from benchmarks.libraries import write_songs, write_tunes
from melodyvae.config.presets import preset
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.midi.note_sequence import note_seq

# Writer, number of files, and files per second of the device and of note-seq (in one process),
# which was measured on the same machine and tells how fast that machine was.
KINDS: dict[str, tuple[Callable[[Path, int], None], int, float, float]] = {
    'tunes of one voice, 0.6 KB': (write_tunes, 20_000, 410, 640),
    'songs of ten tracks, 25 KB': (write_songs, 2000, 33, 19),
}
PARSED = 40  # files that note-seq parses per measurement
REPEATS = 5


def figures() -> Iterator[Figure]:
    for kind, (write, count, device_rate, parser_rate) in KINDS.items():
        with tempfile.TemporaryDirectory() as temporary:
            library = Path(temporary, 'library')
            write(library, count)
            files, loops, parser = library_figures(f'reading {kind}', library, REPEATS)
        yield from (files, loops, parser)
        yield files.over(f'{files.name}: over the device', 'times', device_rate)
        name = f'{files.name}: over the device, beside note-seq'
        beside = ratio(name, files.values, parser.values)
        yield beside.over(name, 'times', device_rate / parser_rate)


def library_figures(title: str, library: Path, repeats: int) -> tuple[Figure, Figure, Figure]:
    """Measures files and loops per second, from a folder of MIDI to a dataset beside it.

    The third figure is how many of the same files note-seq parses, in one process.
    """
    grid = preset('melodyvae_improved').grid
    numbers = itertools.count()
    counts = []

    def read() -> float:
        def prepare() -> None:
            dataset = library.with_name(f'dataset {next(numbers)}')
            reports = prepare_midi([library], grid, dataset)
            counts.append((len(reports), sum(report.kept for report in reports)))

        return seconds(prepare)

    parser = note_seq().midi_io.midi_to_note_sequence
    some = [path.read_bytes() for path in sorted(library.iterdir())[:PARSED]]
    measures = {'read': read, 'parse': lambda: seconds(lambda: [*map(parser, some)])}
    found = in_turns(measures, repeats)
    rates = [
        (files / s, loops / s) for (files, loops), s in zip(counts, found['read'], strict=True)
    ]
    parsed = tuple(len(some) / s for s in found['parse'])
    return (
        Figure(title, 'files/s', tuple(files for files, _ in rates)),
        Figure(f'{title}: loops', 'loops/s', tuple(loops for _, loops in rates)),
        Figure(f'{title}: note-seq alone, parsing, one process', 'files/s', parsed),
    )
