"""Patterns to MIDI clips."""

import dataclasses
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset, resolve_config
from melodyvae.cutting.cut import cut_loops
from melodyvae.loops.pattern import NOTE, pattern_notes
from melodyvae.midi.note_sequence import note_seq
from melodyvae.midi.piece import Notes
from melodyvae.midi.read import read_pieces
from melodyvae.playing.clips import (
    TICKS_PER_QUARTER,
    fit_bars,
    patterns_to_sequence,
    write_clip,
    write_midi,
)
from melodyvae.system.errors import UserError

MELODY = preset('melodyvae_improved').grid
DRUMS = preset('rhythmvae').grid
PLAYED_DRUMS = dataclasses.replace(DRUMS, drum_map='device')
BARS = 8 * TICKS_PER_QUARTER  # two of them
GOLDEN = Path(__file__).parents[1] / 'golden' / 'midi'


def ticks(path):
    """Of every track, where it ends."""
    return [sum(message.time for message in track) for track in mido.MidiFile(path).tracks]


def read_loops(path, grid):
    """The patterns of a clip."""
    return cut_loops(read_pieces(path).pieces, grid)


def cells(loop):
    return loop[['row', 'step']].tolist()


def pattern(*cells):
    return np.sort(np.array(list(cells), NOTE), order=['row', 'step'])


def written(path):
    """Notes of a file as `(pitch, velocity, start tick, end tick, channel)`, by start and pitch."""
    (piece,) = read_pieces(path).pieces
    notes = piece.notes
    start, end = (
        (quarters * TICKS_PER_QUARTER).round().astype(int)
        for quarters in (notes.start, notes.start + notes.length)
    )
    velocity = (notes.velocity * 127).round().astype(int)
    columns = (notes.pitch, velocity, start, end, piece.channel)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return sorted(rows, key=lambda note: (note[2], note[0]))


def test_a_loop_of_waltzes_is_a_clip_of_two_bars_that_is_read_again(tmp_path):
    grid = preset('melodyvae').grid
    waltz = pattern(*((row, step, 0.5, 0.25, 0) for row, step in enumerate(range(0, 24, 3))))
    notes = pattern_notes(waltz, grid)
    assert fit_bars(notes, grid, 0.25, '3/4') == 6
    assert fit_bars(notes, grid, 0.25, '4/4') == fit_bars(notes, MELODY, 0.25, '3/4') == 8
    late = pattern_notes(pattern((0, 24, 0.5, 0.25, 0)), grid)
    assert fit_bars(late, grid, 0.25, '3/4') == 8
    path = tmp_path / 'waltz.mid'
    write_clip([notes], path, loop=6, drums=False, metre='3/4')
    assert ticks(path) == [6 * TICKS_PER_QUARTER]
    (piece,) = read_pieces(path).pieces
    assert [metre[1:] for metre in piece.metres] == [(3, 4)]
    (loop,) = read_loops(path, grid)
    assert cells(loop) == cells(waltz)


def test_a_pattern_is_written_to_the_tick(tmp_path):
    path = tmp_path / 'a.mid'
    write_midi([pattern((0, 4, 0.5, 0.25, 0), (23, 8, 1, 1, 1))], MELODY, path, tempo=97)
    assert written(path) == [(48, 63, 960, 1440, 0), (71, 127, 2040, 3960, 0)]
    file = mido.MidiFile(path)
    assert file.ticks_per_beat == TICKS_PER_QUARTER
    tempos = [message.tempo for message in file if message.type == 'set_tempo']
    assert tempos == [round(60e6 / 97)]


def test_drums_go_to_channel_10_as_notes_that_are_read_as_the_same_classes(tmp_path):
    path = tmp_path / 'a.mid'
    write_midi(
        [pattern((0, 1, 1, 0.25, 1), (4, 2, 1, 0.25, 0), (8, 3, 0.004, 0.25, 0))], DRUMS, path
    )
    assert [(n[0], n[1], n[2], n[4]) for n in written(path)] == [
        (36, 127, 120, 9),
        (41, 127, 160, 9),
        (51, 1, 240, 9),  # as soft as MIDI can be, and still a note
    ]


@pytest.mark.parametrize('timeshift', [-0.05, -0.5, -1])
def test_an_early_downbeat_starts_at_0_and_keeps_its_length(timeshift, tmp_path):
    path = tmp_path / 'a.mid'
    write_midi([pattern((0, 0, 1, 0.25, timeshift), (12, 0, 1, 0.25, 0))] * 2, MELODY, path)
    early = BARS + round(timeshift * TICKS_PER_QUARTER / 8)
    starts = [(48, 0), (60, 0), (48, early), (60, BARS)]  # in the middle, it stays early
    assert [n[:1] + n[2:4] for n in written(path)] == [(x, y, y + 480) for x, y in starts]
    assert ticks(path) == [2 * BARS]


QUARTER = TICKS_PER_QUARTER


@pytest.mark.parametrize(
    ('cells', 'expected'),
    [
        # An early downbeat starts at 0, and ends where the next note of its pitch begins.
        ([(0, 0, 1, 0.3, -1), (0, 2, 1, 0.25, 0)], [(48, 0, 480), (48, 480, 960)]),
        # A late last note sounds where the clip begins again.
        ([(0, 31, 1, 0.25, 2), (5, 4, 1, 0.25, 0)], [(48, 0, 480), (53, QUARTER, 1440)]),
        # A note ends at the latest with the clip,
        ([(0, 30, 1, 2, 0), (3, 28, 1, 2, 0)], [(51, 7 * QUARTER, BARS), (48, BARS - 480, BARS)]),
        # and where the next note of its pitch begins.
        (
            [(0, 0, 1, 2, 0), (0, 4, 0.5, 0.25, 0), (1, 0, 1, 1, 0)],
            [(48, 0, QUARTER), (49, 0, 2 * QUARTER), (48, QUARTER, 1440)],
        ),
        # Two notes on one tick are one.
        ([(0, 3, 1, 0.25, 1), (0, 4, 0.5, 0.5, -1)], [(48, 840, 1800)]),
    ],
)
def test_notes_of_a_clip_do_not_overlap(cells, expected, tmp_path):
    path = tmp_path / 'a.mid'
    write_midi([pattern(*cells)], MELODY, path)
    assert [(n[0], n[2], n[3]) for n in written(path)] == expected
    assert ticks(path) == [BARS]


@pytest.mark.parametrize(
    ('name', 'count'),
    [
        ('melodyvae_original:js', 163),
        ('melodyvae_improved', 165),
        ('melodyvae_improved:js', 163),
        ('melodyvae_improved_25x32:js', 438),
        ('rhythmvae:js', 43),
    ],
)
def test_a_port_reads_its_own_clips_as_the_same_patterns(name, count, tmp_path):
    grid = resolve_config(name).grid
    read = 0
    for file in sorted(GOLDEN.glob('*.mid')):
        for loop in filter(len, cut_loops(read_pieces(file).pieces, grid)):
            write_midi([loop], grid, tmp_path / 'a.mid', overwrite=True)
            (again,) = read_loops(tmp_path / 'a.mid', grid)
            assert cells(again) == cells(loop), file
            read += 1
    assert read == count


def test_a_file_is_named_within(tmp_path):
    write_midi([pattern((0, 0, 1, 1, 0))], MELODY, tmp_path / 'Glück 雨+0.5.mid')
    (track,) = mido.MidiFile(tmp_path / 'Glück 雨+0.5.mid', charset='utf-8').tracks
    assert track.name == 'Glück 雨+0.5'


def test_notes_are_written_as_they_are(tmp_path):
    # As short as Live may play one, which is shorter than a pattern can say.
    notes = Notes(np.array([60]), np.array([0.5]), np.array([1.5]), np.array([0.01]))
    write_clip([notes], tmp_path / 'a.mid', loop=8 / 3, drums=False)
    assert written(tmp_path / 'a.mid') == [(60, 63, 1440, 1450, 0)]
    assert ticks(tmp_path / 'a.mid') == [2560]


def test_an_existing_file_is_left_alone(tmp_path):
    path = tmp_path / 'a.mid'
    path.write_bytes(b'mine')
    with pytest.raises(UserError, match='exists'):
        write_midi([pattern((0, 0, 1, 1, 0))], MELODY, path)
    assert path.read_bytes() == b'mine'
    write_midi([pattern((0, 0, 1, 1, 0))], MELODY, path, overwrite=True)
    assert len(written(path)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ['a.mid']


@pytest.mark.parametrize('bpm', [0, -1, 3.9, 1001, float('nan'), float('inf')])
def test_a_tempo_that_midi_cannot_hold_is_refused(tmp_path, bpm):
    with pytest.raises(UserError, match='tempo'):
        write_midi([pattern((0, 0, 1, 1, 0))], MELODY, tmp_path / 'a.mid', tempo=bpm)
    assert list(tmp_path.iterdir()) == []


def test_the_note_sequence_is_the_file(tmp_path):
    both = [pattern((0, 0, 1, 0.5, -0.5), (3, 7, 0.5, 1, 0.3)), pattern((5, 31, 0.1, 2, 0.9))]
    for grid in (MELODY, DRUMS):
        path, again = tmp_path / f'{grid.rows}.mid', tmp_path / f'{grid.rows}_again.mid'
        write_midi(both, grid, path, tempo=113)
        sequence = patterns_to_sequence(both, grid, tempo=113)
        assert all(note.is_drum == bool(grid.drum_map) for note in sequence.notes)
        note_seq().note_sequence_to_pretty_midi(sequence).write(str(again))
        assert written(again) == written(path)


CELLS = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.integers(0, 31),
        st.integers(1, 127).map(lambda velocity: velocity / 127),
        st.integers(100, 2000).map(lambda length: length / 1000),
        st.integers(-950, 950).map(lambda shift: shift / 1000),
    ),
    min_size=1,
    unique_by=lambda cell: cell[:2],
)


@given(
    patterns=st.lists(CELLS, min_size=1, max_size=3), grid=st.sampled_from([MELODY, PLAYED_DRUMS])
)
@settings(deadline=None)
def test_what_is_written_reads_back(tmp_path_factory, patterns, grid):
    path = tmp_path_factory.getbasetemp() / 'written.mid'
    patterns = [pattern(*cells) for cells in patterns]
    write_midi(patterns, grid, path, overwrite=True)
    assert ticks(path) == [len(patterns) * BARS]
    loops = read_loops(path, grid)
    tick = 2 * grid.steps_per_quarter / TICKS_PER_QUARTER  # as a timeshift
    for number, (loop, wanted) in enumerate(zip(loops, patterns, strict=True)):
        assert cells(loop) == cells(wanted)
        assert loop['velocity'] == pytest.approx(wanted['velocity'], abs=1e-6)
        is_downbeat = (wanted['step'] == 0) & (number == 0)
        timeshift = np.where(is_downbeat, np.maximum(0, wanted['timeshift']), wanted['timeshift'])
        assert loop['timeshift'] == pytest.approx(timeshift, abs=0.5 * tick + 1e-6)
        assert (loop['duration'] <= wanted['duration'] + 1 / TICKS_PER_QUARTER).all()


def test_durations_read_back_where_no_note_of_the_pitch_follows(tmp_path):
    wanted = pattern(*((row, row // 2, 0.5, 0.1 + row / 10, 0.25) for row in range(20)))
    write_midi([wanted], MELODY, tmp_path / 'a.mid')
    (loop, *_) = read_loops(tmp_path / 'a.mid', MELODY)
    assert loop['duration'] == pytest.approx(wanted['duration'], abs=1 / TICKS_PER_QUARTER)
