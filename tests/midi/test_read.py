"""Files to notes and patterns to files, on the golden files, small cases and damaged ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.cutting.cut import cut_loops
from melodyvae.midi.read import Unusable, read_pieces

import golden_files
from midi_bytes import midi, note_rows, off, on
from pieces import read_notes

CASES = golden_files.GOLDEN / 'cases'
GOLDEN_MIDI = sorted((golden_files.GOLDEN / 'midi').glob('*.mid'))
MELODY = preset('melodyvae_improved').grid
DRUMS = preset('rhythmvae').grid
GRIDS = [
    preset(name, fidelity).grid
    for name in ('melodyvae_improved', 'rhythmvae')
    for fidelity in ('documented', 'js')
]


TEMPO = b'\0\xff\x51\3\x07\xa1\x20'


def write(folder, *tracks):
    """Writes tracks, each given by its events, at 48 ticks per quarter note."""
    path = folder / 'a.mid'
    path.write_bytes(midi(*tracks, division=48))
    return path


@pytest.mark.parametrize(
    ('name', 'golden', 'drum_map'),
    [
        ('melodyvae_improved', 'melodyvae_improved.patterns.augment0', ''),
        ('melodyvae_original', 'melodyvae_original.patterns.augment0', ''),
        ('rhythmvae', 'rhythmvae.patterns.strict', 'strict'),
        ('rhythmvae', 'rhythmvae.patterns.greedy', 'greedy'),
    ],
)
def test_golden_loops(name, golden, drum_map):
    grid = preset(name, 'js').grid
    grid.drum_map = drum_map
    expected = golden_files.read(f'{golden}.json')
    assert set(expected) == {path.name for path in GOLDEN_MIDI}
    compared = 0
    for path in GOLDEN_MIDI:
        loops = cut_loops(read_pieces(path).pieces, grid)
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


def test_several_tempos_are_for_several_tempos_only(tmp_path):
    path = write(tmp_path, TEMPO + TEMPO + on(0, 60) + off(9, 60))
    assert len(read_notes(path, MELODY)) == 1
    with pytest.raises(Unusable) as error:
        read_notes(path, GridConfig(single_tempo=True))
    assert error.value.reason == 'several tempos'


@pytest.mark.parametrize('order', [(60, 84), (84, 60)])
def test_of_notes_that_begin_together_on_a_cell_the_last_event_counts(tmp_path, order):
    begin = b''.join(on(0, pitch, velocity=pitch) for pitch in order)
    path = write(tmp_path, begin + off(9, 60) + off(0, 84))
    (loop,) = cut_loops(read_pieces(path).pieces, MELODY)
    assert (loop['velocity'] * 127).round().tolist() == [order[1]]


def test_notes_that_never_end_count_but_not_for_the_devices(tmp_path):
    path = write(tmp_path, on(0, 60, 1) + on(24, 62, 2) + off(24, 62) + b'\x30' + TEMPO[1:])
    assert note_rows(read_notes(path, MELODY)) == [(60, 1, 0, 2), (62, 2, 0.5, 0.5)]
    assert read_notes(path, GridConfig(unended_notes=False)).pitch.tolist() == [62]
    assert read_notes(path, preset('melodyvae_improved', 'js').grid).pitch.tolist() == [62]


def test_drum_channels(tmp_path):
    drums = [(36, 9), (38, 10), (40, 0)]
    path = write(tmp_path, *(on(0, pitch, 9, n) + off(9, pitch, n) for pitch, n in drums))
    documented, js = preset('melodyvae_improved').grid, preset('melodyvae_improved', 'js').grid
    assert read_notes(path, documented).pitch.tolist() == [38, 40]
    assert read_notes(path, js).pitch.tolist() == [40]
    assert read_notes(path, DRUMS).pitch.tolist() == [36, 38, 40]


@pytest.mark.parametrize(
    ('events', 'grid', 'reason'),
    [
        (TEMPO, MELODY, 'no notes'),
        (on(0, 36, 1, 9), GridConfig(unended_notes=False), 'no notes'),
        (on(0, 36, 1, 9) + off(9, 36, 9), MELODY, 'only drums'),
        (on(0, 90) + off(9, 90), DRUMS, 'no drums'),
    ],
)
def test_nothing_for_the_grid_is_said(tmp_path, events, grid, reason):
    with pytest.raises(Unusable) as error:
        read_notes(write(tmp_path, events), grid)
    assert error.value.reason == reason


def test_a_tune_begins_a_loop_after_the_last_note_of_the_one_before(tmp_path):
    path = tmp_path / 'book.abc'
    head = 'M:4/4\nL:1/32\nK:C\n'
    path.write_text(f'X:1\n{head}C32|C31D|\n\nX:2\n{head}E32|\n')
    loops = cut_loops(read_pieces(path).pieces, MELODY)
    # D is nearest to the first step of a loop that E has to leave to it.
    assert [loop['row'].tolist() for loop in loops] == [[12, 12], [14], [16]]


@pytest.mark.parametrize(
    ('text', 'reason'),
    [
        (
            'X:1\nK:C\n\nX:2\nK:H\nCDEF|\n\nX:3\nK:C\n',
            r"no tune .* \(2 x no notes, line 5: no key 'H'\)",
        ),
        ('A letter, no tune.\n', 'no tune in it'),
    ],
)
def test_a_book_without_a_readable_tune_says_why(tmp_path, text, reason):
    path = tmp_path / 'book.abc'
    path.write_text(text)
    with pytest.raises(Unusable, match=reason):
        read_notes(path, MELODY)


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


@pytest.mark.parametrize(
    ('name', 'reason'),
    [('a.mid', 'No such file'), ('a.abc', 'No such file'), ('a.wav', 'its name')],
)
def test_missing_and_unknown_files_are_unusable(name, reason):
    with pytest.raises(Unusable, match=reason):
        read_notes(name, MELODY)


GOOD = [  # the tune of eighths from bar 1 on that most of the cases hold
    (pitch, 120 if number % 8 == 0 else 70, number / 2, pytest.approx(200 / 480))
    for number, pitch in enumerate(
        [48, 65, 71, 62, 67, 72, 64, 69, 48, 67, 72, 64, 69, 60, 65, 71]
        + [48, 69, 60, 65, 71, 62, 67, 72, 48, 71, 62, 67, 72, 64, 69, 60]
    )
]
NO_END = 'notes without a note-off ended by what follows'
LENGTHS = 'wrong lengths of tracks mended'
CUT = 'cut off in the middle of a track'
NO_EVENTS = 'bytes that are no events skipped'
OVER_127 = 'notes over 127 taken as 127'
FAR_DELTA = 'impossible delta times taken as 0'

OTHER_TUNES = [
    ('03_smpte_25_40.mid', 32, (60, 70, 15.5, 0.4), ['film frames counted at 120 ']),
    ('04_overlap_same_pitch.mid', 16, (60, 90, 7.5, 1.875), []),
    ('06_off_after_on_same_tick.mid', 16, (60, 90, 7.5, 0.5), []),
    ('10_tracklen_too_long_by4_first.mid', 64, (60, 70, 15.5, 200 / 480), [LENGTHS]),
    ('11_running_after_meta.mid', 16, (69, 80, 7.5, 0.25), []),
    ('11_running_plain.mid', 16, (69, 80, 7.5, 0.25), []),
    ('11b_running_after_sysex_16notes.mid', 16, (63, 100, 7.5, 200 / 480), []),
    ('11c_running_after_sysex_lost_silently.mid', 16, (72, 127, 15, 1), []),
    ('12_velocity_255.mid', 32, (60, 70, 15.5, 200 / 480), [OVER_127]),
    ('13_ableton_tick_2e31.mid', 2, (53, 100, 0, 0), [FAR_DELTA]),
    ('14_ppq1.mid', 16, (72, 90, 15, 1), []),
    ('14_ppq32767.mid', 32, (60, 70, 507_885 / 32767, 200 / 32767), []),
    ('16_cut_in_last_track.mid', 121, (48, 120, 28, 200 / 480), [CUT]),
    ('16_cut_last_byte.mid', 64, (67, 70, 31.5, 200 / 480), [CUT]),
    ('17_header_5_has_4.mid', 64, (60, 70, 15.5, 200 / 480), ['4 tracks, and not 5']),
    ('24_notes_never_end.mid', 16, (72, 90, 7.5, 0.5), [NO_END]),
    ('26_xf_basic_extended.mid', 64, (60, 70, 15.5, 200 / 480), []),
    ('30_all_channels_note.mid', 16, (60, 90, 7.5, 200 / 480), []),
    ('33_all_notes_off_cc123.mid', 16, (72, 90, 7.5, 200 / 480), [NO_END]),
]


@pytest.mark.parametrize(('name', 'count', 'last', 'remarks'), OTHER_TUNES)
def test_other_tunes_however_they_are_damaged(name, count, last, remarks):
    reading = read_pieces(CASES / 'midi' / name)
    (piece,) = reading.pieces
    found = note_rows(piece.notes)
    assert (len(found), found[-1]) == (count, pytest.approx(last))
    assert len(reading.remarks) == len(remarks)
    for remark, beginning in zip(reading.remarks, remarks, strict=True):
        assert remark.startswith(beginning)


NO_MUSIC = [
    ('09_division_zero.mid', 'unreadable (its time division is 0, '),
    ('22_html.mid', 'unreadable (it is no MIDI file: '),
    ('23_only_header.mid', 'unreadable (there is no track in it)'),
    ('23_only_magic.mid', 'unreadable (it ends within its header)'),
    ('23_zero_bytes.mid', 'unreadable (it is empty)'),
    ('24_empty_tracks.mid', 'no notes'),
    ('31_mxl_named_mid.mid', 'unreadable (it is a zip archive; '),
]

REMARKS = {  # of the files below that hold the tune of `GOOD`
    '10_tracklen_too_long_by4_last.mid': [LENGTHS],
    '10_tracklen_too_short_by4_last.mid': [LENGTHS],
    '10_tracklen_zero.mid': [LENGTHS],
    '13_ableton_neg128.mid': [FAR_DELTA],
    '17_header_0_has_2.mid': ['2 tracks, and not 0 as the header says'],
    '18_alien_chunk_counted.mid': ['2 tracks, and not 3 as the header says'],
    '18_leading_junk.mid': ['bytes before the header skipped'],
    '27_illegal_f1_f4_fe.mid': [NO_EVENTS],
}
OTHERS = {name for name, *_ in (*OTHER_TUNES, *NO_MUSIC)} | {
    '19_format2_three_patterns.mid'  # in ingest/test_cases.py
}
SAME_TUNE = sorted({path.name for path in (CASES / 'midi').iterdir()} - OTHERS)


@pytest.mark.parametrize('name', SAME_TUNE)
def test_the_same_tune_however_it_is_damaged(name):
    reading = read_pieces(CASES / 'midi' / name)
    (piece,) = reading.pieces
    assert note_rows(piece.notes) == GOOD
    assert reading.remarks == REMARKS.get(name, [])
    assert reading.rejected == []


@pytest.mark.parametrize(('name', 'reason'), NO_MUSIC)
def test_no_music_has_one_true_reason(name, reason):
    with pytest.raises(Unusable) as error:
        read_notes(CASES / 'midi' / name, MELODY)
    assert error.value.reason.startswith(reason)


@pytest.mark.parametrize(
    'suffix',
    ['.kar', '.rmi', '.smf', '.mid.gz', '.midi', '.MID.GZ']  # names of MIDI
    + ['.abc', '.xml', '.musicxml', '.mxl'],  # whose contents are MIDI
)
def test_midi_is_known_by_its_name_or_contents(tmp_path, suffix):
    path = tmp_path / f'a{suffix}'
    path.write_bytes((CASES / 'midi/00_good.mid').read_bytes())
    assert note_rows(read_notes(path, MELODY)) == GOOD


def test_a_large_file_is_not_even_read(tmp_path):
    path = tmp_path / 'large.mid'
    with path.open('wb') as file:
        file.truncate(2**40)
    with pytest.raises(Unusable, match='larger than 16 MiB'):
        read_notes(path, MELODY)


def test_a_piece_of_years_is_damaged(tmp_path):
    path = write(tmp_path, b'\xff\xff\xff\x7f' + on(0, 60)[1:] + off(1, 60))
    with pytest.raises(Unusable, match='5592405 quarter notes'):
        read_notes(path, MELODY)


@given(data=st.data(), suffix=st.sampled_from(['.mid', '.abc', '.xml', '.mxl']))
@settings(deadline=None, max_examples=50)
def test_random_bytes_are_notes_or_unusable(tmp_path_factory, data, suffix):
    path = tmp_path_factory.getbasetemp() / f'random{suffix}'
    path.write_bytes(data.draw(st.binary(max_size=200)))
    with pytest.raises(Unusable):
        read_notes(path, MELODY)
        raise Unusable('random bytes that are notes after all')


@given(data=st.data())
@settings(deadline=None, max_examples=100)
def test_damaged_midi_is_notes_or_unusable(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / 'damaged.mid'
    damaged = bytearray(data.draw(st.sampled_from(GOLDEN_MIDI)).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    path.write_bytes(damaged)
    grid = data.draw(st.sampled_from(GRIDS))
    try:
        assert len(read_notes(path, grid))
    except Unusable as error:
        assert error.reason
