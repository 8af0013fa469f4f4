"""Files to notes and patterns to files, on the golden files, small cases and damaged ones."""

import struct
import zipfile
from unittest import mock

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import cut_loops
from melodyvae.midi import abc_notation
from melodyvae.midi import exact as note_sequences
from melodyvae.midi import fast as fast_midi
from melodyvae.midi.read import (
    Unusable,
    notes_of,
    read_note_sequence,
    read_notes,
    read_notes_and_rejected,
)

import golden_files

GOLDEN_MIDI = sorted((golden_files.GOLDEN / 'midi').glob('*.mid'))
MELODY = preset('melodyvae_improved').grid
DRUMS = preset('rhythmvae').grid
GRIDS = [
    preset(name, fidelity).grid
    for name in ('melodyvae_improved', 'rhythmvae')
    for fidelity in ('documented', 'js')
]


def exact_notes(path, grid):
    """The notes by way of the NoteSequence, whatever the fast reader can do."""
    return notes_of(read_note_sequence(path), grid)


def midi_file(path, *tracks, ticks_per_quarter=480, kind=1):
    """Writes tracks of `(tick, message)`; returns the path."""
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks_per_quarter)
    for events in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, message in events:
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    file.save(path)
    return path


def on(pitch, velocity=64, channel=0):
    return mido.Message('note_on', note=pitch, velocity=velocity, channel=channel)


def off(pitch, channel=0):
    return mido.Message('note_off', note=pitch, velocity=0, channel=channel)


def program(number, channel=0):
    return mido.Message('program_change', program=number, channel=channel)


def tempo(microseconds):
    return mido.MetaMessage('set_tempo', tempo=microseconds)


def rows(notes):
    """Notes as `(pitch, velocity in MIDI's scale, start, length)`."""
    velocity = (notes.velocity * 127).round().astype(int)
    fields = (notes.pitch, velocity, notes.start, notes.length)
    return list(zip(*(field.tolist() for field in fields), strict=True))


# --- Golden files --------------------------------------------------------------------------------


@pytest.mark.parametrize('reader', [read_notes, exact_notes])
@pytest.mark.parametrize(
    ('name', 'golden', 'drum_map'),
    [
        ('melodyvae_improved', 'melodyvae_improved.patterns.augment0', ''),
        ('melodyvae_original', 'melodyvae_original.patterns.augment0', ''),
        ('rhythmvae', 'rhythmvae.patterns.strict', 'strict'),
        ('rhythmvae', 'rhythmvae.patterns.greedy', 'greedy'),
    ],
)
def test_golden_loops(reader, name, golden, drum_map):
    grid = preset(name, 'js').grid
    grid.drum_map = drum_map
    expected = golden_files.read(f'{golden}.json')
    assert set(expected) == {path.name for path in GOLDEN_MIDI}
    compared = 0
    for path in GOLDEN_MIDI:
        try:
            loops = cut_loops(reader(path, grid), grid)
        except Unusable:
            loops = []
        loops = [loop for loop in loops if len(loop) >= grid.minimum_onsets]
        wanted = expected[path.name]['patterns'] or []
        assert len(loops) == len(wanted), path.name
        for loop, cells in zip(loops, wanted, strict=True):
            assert loop[['row', 'step']].tolist() == [tuple(cell[:2]) for cell in cells], path.name
            for index, feature in enumerate(('velocity', 'duration', 'timeshift'), start=2):
                values = [cell[index] for cell in cells]
                if None not in values:
                    assert loop[feature] == pytest.approx(np.array(values), abs=1e-5), path.name
                    compared += len(values)
    assert compared > 100


@pytest.mark.parametrize('grid', GRIDS)
@pytest.mark.parametrize('path', GOLDEN_MIDI, ids=lambda path: path.name)
def test_the_fast_reader_agrees_on_the_golden_files(path, grid):
    _check_that_readers_agree(path, grid)


def test_the_fast_reader_reads_most_golden_files():
    read = [fast_midi.parse(path.read_bytes(), MELODY) is not None for path in GOLDEN_MIDI]
    assert sum(read) > len(read) * 0.8


def _check_that_readers_agree(path, grid):
    if fast_midi.parse(path.read_bytes(), grid) is None:
        return
    try:
        expected = exact_notes(path, grid)
    except Unusable as error:
        if error.reason.startswith('unreadable'):
            return  # mido is the stricter one at times
        with pytest.raises(Unusable) as fast:
            read_notes(path, grid)
        assert fast.value.reason in (error.reason, 'no drums')
        return
    try:
        notes = read_notes(path, grid)
    except Unusable as error:
        assert error.reason == 'no drums' and cut_loops(expected, grid) == []
        return
    loops, wanted = cut_loops(notes, grid), cut_loops(expected, grid)
    assert [loop.tolist() for loop in loops] == [loop.tolist() for loop in wanted]


# --- MIDI ----------------------------------------------------------------------------------------


def test_positions_are_beats_whatever_the_tempo_does(tmp_path):
    path = midi_file(
        tmp_path / 'a.mid',
        [(0, tempo(500_000)), (480, tempo(123_457)), (1000, tempo(999_999))],
        [(240, on(60)), (720, off(60)), (1440, on(62)), (1920, off(62))],
    )
    for reader in (read_notes, exact_notes):
        assert rows(reader(path, MELODY)) == [(60, 64, 0.5, 1.0), (62, 64, 3.0, 1.0)]


def test_a_note_sequence_knows_seconds_ticks_channel_and_track(tmp_path):
    path = midi_file(
        tmp_path / 'a.mid',
        [(480, tempo(1_000_000))],
        [(0, program(7, channel=3)), (480, on(60, 99, 3)), (960, off(60, 3))],
        ticks_per_quarter=480,
    )
    sequence = read_note_sequence(path)
    (note,) = sequence.notes
    assert (note.part, note.instrument, note.program, note.is_drum) == (1, 3, 7, False)
    assert (note.pitch, note.velocity) == (60, 99)
    assert (note.quantized_start_step, note.quantized_end_step) == (480, 960)
    assert (note.start_time, note.end_time) == pytest.approx((0.5, 1.5))
    assert sequence.total_time == pytest.approx(1.5)
    assert sequence.quantization_info.steps_per_quarter == 480
    assert [(t.time, t.qpm) for t in sequence.tempos] == [(0.5, 60.0)]


def test_a_tempo_of_0_is_no_reason_to_stop(tmp_path):
    path = midi_file(tmp_path / 'a.mid', [(0, tempo(0)), (240, on(60)), (480, off(60))])
    for reader in (read_notes, exact_notes):
        assert rows(reader(path, MELODY)) == [(60, 64, 0.5, 0.5)]


def test_messages_without_a_channel_are_passed_over(tmp_path):
    song = mido.Message('songpos', pos=3)
    sysex = mido.Message('sysex', data=(1, 2, 3))
    path = midi_file(tmp_path / 'a.mid', [(0, song), (0, sysex), (0, on(60)), (480, off(60))])
    for reader in (read_notes, exact_notes):
        assert rows(reader(path, MELODY)) == [(60, 64, 0, 1)]


def test_several_tempos_are_for_several_tempos_only(tmp_path):
    path = midi_file(
        tmp_path / 'a.mid', [(0, tempo(500_000)), (0, tempo(500_000)), (0, on(60)), (9, off(60))]
    )
    for reader in (read_notes, exact_notes):
        assert len(reader(path, MELODY)) == 1
        with pytest.raises(Unusable) as error:
            reader(path, GridConfig(single_tempo=True))
        assert error.value.reason == 'several tempos'


@pytest.mark.parametrize(
    ('events', 'expected'),
    [
        # The oldest note of a pitch ends first.
        (
            [(0, on(60, 1)), (10, on(60, 2)), (20, off(60)), (30, off(60))],
            [(1, 0, 20), (2, 10, 20)],
        ),
        # A note may end on the tick it began.
        ([(5, on(60, 1)), (5, off(60))], [(1, 5, 0)]),
        # What never ends is no note, and what never began ends nothing.
        ([(0, off(60)), (5, on(60, 1)), (9, off(60)), (9, on(60, 2))], [(1, 5, 4)]),
        # A note-on of velocity 0 is a note-off.
        ([(0, on(60, 1)), (7, on(60, 0))], [(1, 0, 7)]),
        # Channels and pitches are apart.
        (
            [
                (0, on(60, 1)),
                (1, on(60, 2, 1)),
                (2, on(61, 3)),
                (3, off(60, 1)),
                (4, off(61)),
                (5, off(60)),
            ],
            [(1, 0, 5), (3, 2, 2), (2, 1, 2)],
        ),
    ],
)
def test_notes_end_as_in_the_devices(tmp_path, events, expected):
    path = midi_file(tmp_path / 'a.mid', events, ticks_per_quarter=1)
    for reader in (read_notes, exact_notes):
        assert [row[1:] for row in rows(reader(path, MELODY))] == expected


def test_voices_of_a_track_follow_one_another(tmp_path):
    path = midi_file(
        tmp_path / 'a.mid',
        [
            (0, program(5, channel=4)),  # the first event of channel 4, ahead of channel 2
            (0, on(60, 10, 2)),
            (0, on(84, 20, 4)),
            (9, off(60, 2)),
            (9, off(84, 4)),
        ],
        kind=0,
    )
    assert [row[:2] for row in rows(read_notes(path, MELODY))] == [(84, 20), (60, 10)]
    (loop,) = cut_loops(read_notes(path, MELODY), MELODY)
    assert (loop['velocity'] * 127).round().tolist() == [10]  # channel 2 comes last on that cell


@pytest.mark.parametrize('order', [(60, 84), (84, 60)])
def test_of_notes_that_begin_together_on_a_cell_the_last_event_counts(tmp_path, order):
    events = [(0, on(pitch, pitch)) for pitch in order] + [(9, off(60)), (9, off(84))]
    path = midi_file(tmp_path / 'a.mid', events)
    for reader in (read_notes, exact_notes):
        (loop,) = cut_loops(reader(path, MELODY), MELODY)
        assert (loop['velocity'] * 127).round().tolist() == [order[1]]


def refuse_exact_reader(monkeypatch):
    def refuse(_):
        raise AssertionError('the exact reader was asked')

    monkeypatch.setattr(note_sequences, 'read_midi', refuse)


def test_tracks_that_symusic_cannot_tell_do_not_need_the_exact_reader(tmp_path, monkeypatch):
    chord = [(0, on(60, 1)), (0, on(84, 2)), (9, off(60)), (9, off(84))]  # on one cell
    voices = [(0, on(60, 3)), (0, on(61, 4, 1)), (9, off(60)), (9, off(61, 1))]
    js_ignores = [(0, on(62, 5, 10)), (9, off(62, 10))]
    path = midi_file(tmp_path / 'a.mid', chord, voices, js_ignores)
    refuse_exact_reader(monkeypatch)
    pitches = [60, 84, 60, 61, 62]
    assert read_notes(path, MELODY).pitch.tolist() == pitches
    assert read_notes(path, preset('melodyvae_improved', 'js').grid).pitch.tolist() == pitches[:4]
    with pytest.raises(Unusable, match='only drums'):
        read_notes(midi_file(tmp_path / 'b.mid', js_ignores), GridConfig(ignored_channels=(10,)))


def test_unusual_bytes_are_left_to_the_exact_reader(tmp_path, monkeypatch):
    chord = [(0, on(60, 1)), (0, on(84, 2)), (9, off(60)), (9, off(84))]
    song = (0, mido.Message('songpos', pos=3))
    path = midi_file(tmp_path / 'a.mid', [song, *chord])
    assert rows(read_notes(path, MELODY)) == rows(exact_notes(path, MELODY)) != []
    refuse_exact_reader(monkeypatch)
    with pytest.raises(Unusable, match='the exact reader was asked'):
        read_notes(path, MELODY)


def test_drum_channels(tmp_path):
    path = midi_file(
        tmp_path / 'a.mid',
        [(0, on(36, 1, 9)), (9, off(36, 9))],
        [(0, on(38, 2, 10)), (9, off(38, 10))],
        [(0, on(40, 3, 0)), (9, off(40, 0))],
    )
    documented, js = preset('melodyvae_improved').grid, preset('melodyvae_improved', 'js').grid
    for reader in (read_notes, exact_notes):
        assert reader(path, documented).pitch.tolist() == [38, 40]
        assert reader(path, js).pitch.tolist() == [40]
        assert reader(path, DRUMS).pitch.tolist() == [36, 38, 40]


@pytest.mark.parametrize(
    ('events', 'grid', 'reason'),
    [
        ([(0, tempo(500_000))], MELODY, 'no notes'),
        ([(0, on(60))], MELODY, 'no notes'),
        ([(0, on(36, 1, 9)), (9, off(36, 9))], MELODY, 'only drums'),
        ([(0, on(90)), (9, off(90))], DRUMS, 'no drums'),
    ],
)
def test_nothing_for_the_grid_is_said(tmp_path, events, grid, reason):
    path = midi_file(tmp_path / 'a.mid', events)
    with pytest.raises(Unusable) as error:
        read_notes(path, grid)
    assert error.value.reason == reason
    assert str(error.value) == f'{path} cannot be used: {reason}.'


# --- ABC and MusicXML ----------------------------------------------------------------------------

TUNE = 'X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n'


def test_abc(tmp_path):
    path = tmp_path / 'one.abc'
    path.write_text(TUNE)
    notes = read_notes(path, MELODY)
    assert notes.pitch.tolist() == [60, 62, 64, 65, 67, 69, 71, 72]
    assert notes.start.tolist() == list(range(8))
    assert notes.length.tolist() == [1] * 8
    assert notes.velocity.dtype == np.float32 and notes.pitch.dtype == np.int16


def test_abc_positions_are_beats_whatever_the_tempo_does(tmp_path):
    path = tmp_path / 'one.abc'
    path.write_text('X:1\nM:4/4\nL:1/8\nQ:1/4=97\nK:C\nCDE>FGABc|\nQ:1/4=133\nCDEFGABc|\n')
    starts = [n / 2 for n in range(16)]
    starts[3] = 1.75
    assert read_notes(path, MELODY).start.tolist() == starts


@pytest.mark.parametrize(
    'body', ['G2|CDEF|GABc|', '|:G2|CDEF|GABc:|', 'A/B/ G|CDEF|GABc|', '|: G A \\\n|CDEF|GABc:|']
)
def test_a_pickup_is_left_out(tmp_path, body):
    path = tmp_path / 'one.abc'
    path.write_text(f'X:1\nM:4/4\nL:1/4\nK:C\n{body}\n')
    notes = read_notes(path, MELODY)
    assert notes.pitch.tolist() == [60, 62, 64, 65, 67, 69, 71, 72]
    assert notes.start.tolist() == list(range(8))


def test_tunes_of_a_book_begin_on_loops_and_bad_ones_are_counted(tmp_path):
    path = tmp_path / 'book.abc'
    path.write_text(
        'These are tunes.\n\n% a header\nM:4/4\nL:1/4\n\n'
        'X:1\nK:C\nCDEF|GABc|C|\n\nprose: [not a tune]\n\n'
        'X:2\nK:C\n[CE F|\n\n'
        'X:2\nK:nonsense\nCDEF|\n\n'
        'X:3\nK:C\n\n'
        'X:1\nK:D\nDEFG|\n'
    )
    notes, rejected = read_notes_and_rejected(path, MELODY)
    assert notes.pitch.tolist() == [60, 62, 64, 65, 67, 69, 71, 72, 60, 62, 64, 66, 67]
    assert notes.start.tolist() == [*range(9), 16, 17, 18, 19]
    assert rejected == [
        'line 15: a chord without its "]"',
        "line 18: no key 'nonsense'",
        'no notes',
    ]


def test_a_tune_begins_a_loop_after_the_last_note_of_the_one_before(tmp_path):
    path = tmp_path / 'book.abc'
    head = 'M:4/4\nL:1/32\nK:C\n'
    path.write_text(f'X:1\n{head}C32|C31D|\n\nX:2\n{head}E32|\n')
    loops = cut_loops(read_notes(path, MELODY), MELODY)
    # D is nearest to the first step of a loop that E has to leave to it.
    assert [loop['row'].tolist() for loop in loops] == [[12, 12], [14], [16]]


def test_a_book_without_a_readable_tune_says_why(tmp_path):
    path = tmp_path / 'book.abc'
    path.write_text('X:1\nK:C\n\nX:2\nK:H\nCDEF|\n\nX:3\nK:C\n')
    with pytest.raises(Unusable, match=r"no tune .* \(2 x no notes, line 5: no key 'H'\)"):
        read_notes(path, MELODY)


def test_abc_without_a_tune_says_so(tmp_path):
    path = tmp_path / 'book.abc'
    path.write_text('A letter, no tune.\n')
    with pytest.raises(Unusable, match='no tune in it'):
        read_notes(path, MELODY)


def test_abc_of_an_old_encoding(tmp_path):
    path = tmp_path / 'old.abc'
    path.write_bytes(TUNE.replace('One', 'Fröhlich').encode('latin-1').replace(b'\n', b'\r\n'))
    ((sequence,), rejected) = abc_notation.read_tune_book(path)
    assert sequence.sequence_metadata.title == 'Fröhlich'
    assert rejected == []


def musicxml(*parts):
    """A score of 4 divisions a quarter, each part given by the XML of its one measure."""
    listed = ''.join(f'<score-part id="P{n}"><part-name/></score-part>' for n in range(len(parts)))
    played = ''.join(
        f'<part id="P{n}"><measure number="1"><attributes><divisions>4</divisions><time><beats>4'
        f'</beats><beat-type>4</beat-type></time></attributes>{part}</measure></part>'
        for n, part in enumerate(parts)
    )
    return f'<score-partwise><part-list>{listed}</part-list>{played}</score-partwise>'


def xml_note(step, duration, tag=''):
    return (
        f'<note>{tag}<pitch><step>{step}</step><octave>4</octave></pitch>'
        f'<duration>{duration}</duration><voice>1</voice><type>quarter</type></note>'
    )


TEMPO_60 = '<direction><sound tempo="60"/></direction>'
GRACE = '<note><grace/><pitch><step>B</step><octave>4</octave></pitch><voice>1</voice></note>'


def test_parts_of_musicxml_stay_together_at_a_change_of_tempo(tmp_path):
    path = tmp_path / 'score.musicxml'
    path.write_text(
        musicxml(
            xml_note('C', 4) + TEMPO_60 + xml_note('D', 12),
            xml_note('E', 2) + GRACE + xml_note('F', 14),
        )
    )
    notes = read_notes(path, MELODY)
    assert notes.pitch.tolist() == [60, 62, 64, 65]  # and no grace note
    assert notes.start.tolist() == [0, 1, 0, 0.5]
    assert notes.length.tolist() == [1, 3, 0.5, 3.5]


def test_compressed_musicxml(tmp_path):
    path = tmp_path / 'score.mxl'
    container = '<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('META-INF/container.xml', container)
        archive.writestr('a.xml', musicxml(xml_note('C', 16)))
    assert rows(read_notes(path, MELODY)) == [(60, 64, 0, 4)]


def test_pitches_that_midi_does_not_have_are_left_out(tmp_path):
    path = tmp_path / 'score.xml'
    path.write_text(musicxml(xml_note('C', 8).replace('>4<', '>20<') + xml_note('C', 8)))
    for grid in (MELODY, GridConfig(rows=9, drum_map='greedy', ignored_channels=())):
        assert rows(read_notes(path, grid)) == [(60, 64, 2, 2)]


def test_drums_of_musicxml(tmp_path):
    path = tmp_path / 'score.xml'
    instrument = (
        '<part-name/><midi-instrument><midi-channel>10</midi-channel>'
        '<midi-program>1</midi-program></midi-instrument>'
    )
    path.write_text(musicxml(xml_note('C', 16)).replace('<part-name/>', instrument))
    with pytest.raises(Unusable, match='only drums'):
        read_notes(path, MELODY)


# --- Damaged files -------------------------------------------------------------------------------


@pytest.mark.parametrize('suffix', ['.mid', '.MIDI', '.abc', '.xml', '.musicxml', '.mxl'])
@pytest.mark.parametrize(
    'data', [b'', b'\0' * 1000, b'Dear diary,\n\ntoday I wrote a text.\n', b'MThd', b'\xff\xfe\0\0']
)
def test_what_is_no_music_is_unusable(tmp_path, suffix, data):
    path = tmp_path / f'a{suffix}'
    path.write_bytes(data)
    with pytest.raises(Unusable) as error:
        read_notes(path, MELODY)
    assert str(path) in str(error.value) and '\n' not in str(error.value)


def test_a_missing_file_is_unusable(tmp_path):
    for name in ('a.mid', 'a.abc', 'a.xml', 'a.mxl'):
        with pytest.raises(Unusable, match='No such file'):
            read_notes(tmp_path / name, MELODY)


def test_an_unknown_kind_of_file_is_unusable(tmp_path):
    (tmp_path / 'a.wav').write_bytes(b'RIFF')
    with pytest.raises(Unusable, match='its name'):
        read_notes(tmp_path / 'a.wav', MELODY)


@pytest.mark.parametrize('length', [3, 14, 22, 50, 200, 600])
def test_truncated_midi_is_unusable(tmp_path, length):
    path = tmp_path / 'a.mid'
    path.write_bytes((golden_files.GOLDEN / 'midi/wide_range.mid').read_bytes()[:length])
    with pytest.raises(Unusable, match='unreadable'):
        read_notes(path, MELODY)


def test_midi_that_counts_in_film_frames_is_unusable(tmp_path):
    path = midi_file(tmp_path / 'a.mid', [(0, on(60)), (9, off(60))])
    data = bytearray(path.read_bytes())
    data[12:14] = struct.pack('>bB', -25, 40)
    path.write_bytes(data)
    with pytest.raises(Unusable, match='film frames'):
        read_notes(path, MELODY)


def test_a_piece_of_years_is_damaged(tmp_path):
    track = mido.MidiTrack([on(60).copy(time=2**28 - 1), off(60).copy(time=1)])
    mido.MidiFile(ticks_per_beat=1, tracks=[track]).save(tmp_path / 'a.mid')
    with pytest.raises(Unusable, match='268435455 quarter notes'):
        read_notes(tmp_path / 'a.mid', MELODY)


@given(data=st.data(), suffix=st.sampled_from(['.mid', '.abc', '.xml', '.mxl']))
@settings(deadline=None)
def test_random_bytes_are_notes_or_unusable(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f'random{suffix}'
    path.write_bytes(data.draw(st.binary(max_size=200)))
    with pytest.raises(Unusable):
        read_notes(path, MELODY)
        raise Unusable('random bytes that are notes after all')


@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_damaged_midi_is_notes_or_unusable_for_both_readers(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / 'damaged.mid'
    midi = bytearray(data.draw(st.sampled_from(GOLDEN_MIDI)).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        midi[data.draw(st.integers(0, len(midi) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(midi)
    grid = data.draw(st.sampled_from(GRIDS))
    try:
        assert len(read_notes(path, grid))
    except Unusable as error:
        assert error.reason
    _check_that_readers_agree(path, grid)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 60, 120, 131]),
        st.one_of(
            st.builds(
                on,
                st.sampled_from([36, 60, 62, 84]),
                st.sampled_from([0, 1, 64]),
                st.sampled_from([0, 0, 0, 1, 9, 10]),
            ),
            st.builds(off, st.sampled_from([36, 60, 62, 84]), st.sampled_from([0, 0, 0, 1, 9, 10])),
            st.builds(program, st.integers(0, 2), st.sampled_from([0, 1])),
            st.builds(tempo, st.integers(200_000, 900_000)),
        ),
    ),
    max_size=40,
)


@given(tracks=st.lists(EVENTS, min_size=1, max_size=3), grid=st.sampled_from(GRIDS))
@settings(deadline=None, max_examples=200)
def test_both_readers_agree_on_any_events(tmp_path_factory, tracks, grid):
    path = tmp_path_factory.getbasetemp() / 'events.mid'
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for events in tracks:
        file.tracks.append(mido.MidiTrack([m.copy(time=time) for time, m in events]))
    file.save(path)
    _check_that_readers_agree(path, grid)


@given(
    tracks=st.lists(EVENTS, min_size=1, max_size=3),
    grid=st.sampled_from([*GRIDS, GridConfig(ignored_channels=(0, 9))]),
)
@settings(deadline=None, max_examples=100)
def test_the_walk_through_the_bytes_agrees_on_any_events(tmp_path_factory, tracks, grid):
    path = tmp_path_factory.getbasetemp() / 'walked.mid'
    file = mido.MidiFile(type=1, ticks_per_beat=480)
    for events in tracks:
        file.tracks.append(mido.MidiTrack([m.copy(time=time) for time, m in events]))
    file.save(path)
    with mock.patch.object(fast_midi, '_certain_notes', lambda *_: None):
        assert fast_midi.parse(path.read_bytes(), grid) is not None
        _check_that_readers_agree(path, grid)
