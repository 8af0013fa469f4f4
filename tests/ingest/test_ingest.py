"""A library in, loops and a report out."""

import shutil

import pytest

from melodyvae.config.presets import preset
from melodyvae.ingest.ingest import ingest, sequence_to_loops
from melodyvae.midi.note_sequence import note_seq
from melodyvae.system.errors import UserError

import golden_files

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae_improved').grid


@pytest.mark.parametrize('fidelity', ['documented', 'js'])
def test_golden_library(fidelity):
    grid = preset('melodyvae_improved', fidelity).grid
    golden = golden_files.read('melodyvae_improved.patterns.augment0.json')
    loops, reports = ingest([MIDI], grid)
    kept = {report.path: report.kept for report in reports}
    wanted = {name: len(file['patterns'] or []) for name, file in golden.items()}
    if fidelity == 'documented':
        wanted['multi_tempo.mid'] = 2  # read in beats, where the device gives up
    assert kept == wanted
    assert loops.files == tuple(sorted(name for name, count in wanted.items() if count))
    assert len(loops) == sum(wanted.values())
    assert loops.grid == grid
    few = 'fewer than 6 onsets in every loop (--config.grid.minimum_onsets)'
    reasons = {report.path: report.reason for report in reports if not report.kept}
    assert reasons == {
        'empty.mid': 'no notes',
        'essenFolksong_altdeu10_103.mid': few,
        'essenFolksong_altdeu20_196.mid': few,
        'sparse_five_onsets.mid': few,
        **({'multi_tempo.mid': 'several tempos'} if fidelity == 'js' else {}),
    }


def test_one_bad_file_costs_one_line(library):
    (library / 'a text.mid').write_text('Dear diary')
    (library / 'cut off.mid').write_bytes((MIDI / 'chords.mid').read_bytes()[:100])
    (library / 'nothing.mid').write_bytes(b'')
    (library / 'broken.xml').write_text('<score-partwise>')
    (library / 'song.wav').touch()
    loops, reports = ingest([library, library / 'song.wav'], MELODY)
    assert len(loops) == 4
    assert [(report.path, report.kept) for report in reports] == [
        ('a text.mid', 0),
        ('broken.xml', 0),
        ('chords.mid', 3),
        ('cut off.mid', 1),
        ('nothing.mid', 0),
        ('song.wav', 0),
    ]
    text, xml, chords, cut_off, nothing, wav = (report.reason for report in reports)
    assert all(reason.startswith('unreadable') for reason in (text, xml, nothing))
    assert chords == '' and 'cut off in the middle of a track' in cut_off
    assert wav == 'its name does not end like that of MIDI, ABC or MusicXML'


def test_no_loop_at_all_says_what_was_found(tmp_path):
    for name in ('empty.mid', 'sparse_five_onsets.mid', 'essenFolksong_altdeu10_103.mid'):
        shutil.copy(MIDI / name, tmp_path)
    (tmp_path / 'a.abc').write_text('hello')
    with pytest.raises(UserError) as error:
        ingest([tmp_path], MELODY)
    sentence = str(error.value)
    assert sentence.startswith('No loop of at least 6 onsets in ')
    for part in ('3 .mid', '1 .abc', '2 x fewer than 6 onsets', 'no notes', 'no tune in it'):
        assert part in sentence
    assert '\n' not in sentence


def make_sequence(pitches, **fields):
    sequence = note_seq().NoteSequence(**fields)
    sequence.tempos.add(qpm=90)
    for number, pitch in enumerate(pitches):
        start = number / 3  # seconds: eighths at 90 quarter notes per minute
        sequence.notes.add(pitch=pitch, velocity=100, start_time=start, end_time=start + 1 / 3)
    return sequence


def test_note_sequences_become_loops():
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    first = make_sequence(scale * 2, filename='a.mid')
    loops = sequence_to_loops([first, make_sequence(scale * 4)], 'melodyvae_improved')
    assert loops.files == ('a.mid', 'sequence 2')
    assert loops.file.tolist() == [0, 1, 1]
    assert loops.tempo == 90
    assert sorted(loops[0]['step'].tolist()) == list(range(0, 32, 2))
    assert loops[0]['duration'] == pytest.approx(0.25)
    (alone,) = sequence_to_loops(first, preset('melodyvae_improved'))
    assert alone.tobytes() == loops[0].tobytes()


def test_note_sequences_without_a_loop_say_why():
    with pytest.raises(UserError, match=r'sequence 1 .*no notes'):
        sequence_to_loops(make_sequence([]), 'melodyvae_improved')
    with pytest.raises(UserError, match='at least one'):
        sequence_to_loops([], 'melodyvae_improved')


def test_a_library_of_drums_that_is_read_for_melodies_names_the_config_for_drums():
    drums = [golden_files.GOLDEN / 'cases3/d13_drags', golden_files.GOLDEN / 'cases3/d08_flams']
    with pytest.raises(UserError, match=r'only drums\. Use --config=drums for drums\.'):
        ingest(drums, preset('melodyvae').grid)
