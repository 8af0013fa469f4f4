"""The loops of a file, why there are none, and those of several files together."""

from melodyvae.config.presets import preset
from melodyvae.cutting.cut import cut_loops
from melodyvae.ingest.batch import join_batches, read_batch
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import inspect_file
from melodyvae.midi.read import read_pieces

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid
TUNE = 'X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n'


def read(path, name, grid):
    """Cells of the loops, their numbers, and the report of one file."""
    batch = read_batch([inspect_file(str(path), name)], grid)
    return list(batch.loops), batch.loops.position, batch.reports[0]


def test_tune_books_count_what_was_left_out(tmp_path):
    book = tmp_path / 'tunes.abc'
    tunes = [TUNE, TUNE.replace('CDEF', '(3CDEEF'), TUNE.replace('CD', '[CE CD')]
    book.write_text('\n'.join(tunes))
    loops, _, report = read(book, 'tunes.abc', MELODY)
    assert len(loops) == 2
    reason = '1 tunes left out (line 17: a chord without its "]")'
    assert (report.kept, report.notes, report.reason) == (2, 17, reason)


def test_a_batch_holds_the_loops_of_its_files():
    names = ('chords.mid', 'empty.mid', 'gap_of_five_loops.mid')
    batch = read_batch([inspect_file(str(MIDI / name), name) for name in names], MELODY)
    assert batch.reports[2] == FileReport(
        names[2], kept=2, notes=42, voices=1, folded=1, metre='4/4'
    )
    assert batch.loops.files == ('chords.mid', 'gap_of_five_loops.mid')
    assert batch.loops.file.tolist() == [0, 0, 0, 1, 1]
    assert batch.loops.position.tolist() == [0, 1, 2, 0, 6]
    files = [read_pieces(MIDI / name).pieces for name in batch.loops.files]
    patterns = [pattern for pieces in files for pattern in cut_loops(pieces, MELODY)]
    patterns = [pattern for pattern in patterns if len(pattern) >= MELODY.minimum_onsets]
    assert [loop.tobytes() for loop in batch.loops] == [pattern.tobytes() for pattern in patterns]


def test_batches_that_are_joined_are_as_if_read_in_one_go():
    sources = [inspect_file(str(path), path.name) for path in sorted(MIDI.iterdir())]
    whole = read_batch(sources, MELODY)
    pieces = join_batches(
        [read_batch(sources[start : start + 3], MELODY) for start in range(0, 28, 3)], MELODY
    )
    assert pieces.reports == whole.reports
    assert pieces.loops == whole.loops


def test_no_batch_at_all_joins_to_nothing():
    batch = join_batches([], MELODY)
    assert (batch.reports, len(batch.loops), batch.loops.files) == ([], 0, ())
