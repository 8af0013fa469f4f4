"""The loops of a file, why there are none, and those of several files together."""

import mido
import pytest

from melodyvae.config import preset
from melodyvae.file_report import FileReport
from melodyvae.library import source_of
from melodyvae.read_files import joined, read_batch, read_file

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid
TUNE = 'X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n'


def test_loops_of_a_file_come_with_their_numbers():
    loops, report = read_file(MIDI / 'gap_of_five_loops.mid', 'gap', MELODY)
    assert [number for number, _ in loops] == [0, 6]
    assert all(len(pattern) >= MELODY.minimum_onsets for _, pattern in loops)
    assert report == FileReport('gap', kept=2, too_few_onsets=5)


@pytest.mark.parametrize(
    ('name', 'too_few_onsets', 'reason'),
    [
        ('empty.mid', 0, 'no notes'),
        ('sparse_five_onsets.mid', 1, 'fewer than 6 onsets in every loop'),
        ('no such file.mid', 0, 'unreadable (No such file or directory)'),
    ],
)
def test_a_file_without_loops_has_a_reason(name, too_few_onsets, reason):
    assert read_file(MIDI / name, name, MELODY) == (
        [],
        FileReport(name, 0, too_few_onsets, reason),
    )


def test_tune_books_count_what_was_left_out(tmp_path):
    book = tmp_path / 'tunes.abc'
    tunes = [TUNE, TUNE.replace('C|', '(3CDE|'), TUNE.replace('CD', '(3CDE CD')]
    book.write_text('\n'.join(tunes))
    loops, report = read_file(book, 'tunes.abc', MELODY)
    assert len(loops) == 2
    assert report == FileReport(
        'tunes.abc', kept=2, reason='1 tunes left out (Tuplets are not supported)'
    )


def test_drums_only_is_nothing_for_a_melody(tmp_path):
    path = tmp_path / 'drums.mid'
    beats = [
        mido.Message(kind, note=36, channel=9, time=time)
        for _ in range(16)
        for kind, time in (('note_on', 0), ('note_off', 240))
    ]
    mido.MidiFile(tracks=[mido.MidiTrack(beats)]).save(path)
    assert read_file(path, 'drums.mid', MELODY)[1].reason == 'only drums'
    ((_, pattern),), _ = read_file(path, 'drums.mid', preset('rhythmvae').grid)
    assert len(pattern) == 16


def test_a_batch_holds_the_loops_of_its_files():
    names = ('chords.mid', 'empty.mid', 'gap_of_five_loops.mid')
    batch = read_batch([source_of(str(MIDI / name), name) for name in names], MELODY)
    files = [read_file(MIDI / name, name, MELODY) for name in names]
    assert batch.reports == [report for _, report in files]
    assert batch.used == ['chords.mid', 'gap_of_five_loops.mid']
    assert batch.index['file'].tolist() == [0, 0, 0, 1, 1]
    assert batch.index['position'].tolist() == [0, 1, 2, 0, 6]
    patterns = [pattern for loops, _ in files for _, pattern in loops]
    starts = [0, *batch.index['end'][:-1].tolist()]
    for start, end, pattern in zip(starts, batch.index['end'].tolist(), patterns, strict=True):
        assert batch.cells[start:end].tobytes() == pattern.tobytes()
    assert len(batch.cells) == batch.index['end'][-1]


def test_batches_that_are_joined_are_as_if_read_in_one_go():
    sources = [source_of(str(path), path.name) for path in sorted(MIDI.iterdir())]
    whole = read_batch(sources, MELODY)
    pieces = joined([read_batch(sources[start : start + 3], MELODY) for start in range(0, 28, 3)])
    assert pieces.reports == whole.reports
    assert pieces.index.tobytes() == whole.index.tobytes()
    assert pieces.cells.tobytes() == whole.cells.tobytes()


def test_no_batch_at_all_joins_to_nothing():
    assert (len(joined([]).index), len(joined([]).cells), joined([]).used) == (0, 0, [])
