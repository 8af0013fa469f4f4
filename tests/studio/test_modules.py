"""The page's own code, in Chromium, beside what Python makes of the same."""

import dataclasses
import io
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
import scipy.signal
from browsers import run_job
from messages import make_grids

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.ingest.find import SUFFIXES
from melodyvae.loops.pattern import learned_pitches, row_pitches
from melodyvae.playing import device
from melodyvae.playing.clips import write_midi

import golden_files

SYSTEMS = ('melodyvae_improved', 'melodyvae_original', 'rhythmvae')
TEMPO = 97.5


@dataclasses.dataclass
class Case:
    """A decoded pattern, what was asked of a device, and what the page made."""

    name: str
    asked: dict
    grids: dict
    page: dict

    @property
    def config(self):
        return preset(self.name, 'js')


def make_job(config: Config, grids: dict, asked: dict) -> dict:
    """What the page is asked to do."""
    return {
        'grids': {key: grid.ravel().tolist() for key, grid in grids.items()},
        'system': {
            'messages': config.device.messages,
            'features': list(config.features),
            'rows': config.grid.rows,
            'steps': config.grid.steps,
            'loopSteps': config.grid.steps,
            'stepsPerQuarter': config.grid.steps_per_quarter,
            'pitches': row_pitches(config.grid).tolist(),
            'savedPitches': learned_pitches(config.grid).tolist(),
        },
        'choice': {
            'thresholdMin': asked['threshold_min'],
            'thresholdMax': asked['threshold_max'],
            'gridOffset': asked['grid_offset'],
        },
        'tempo': TEMPO,
    }


@pytest.fixture(scope='module')
def cases() -> list[Case]:
    found, jobs = [], []
    for name in SYSTEMS:
        config, golden = preset(name, 'js'), golden_files.read(f'{name}.generate.json')
        grids = make_grids(golden['pitches'], golden['steps'], golden['seed'], config.features)
        for case in golden['cases']:
            asked = {'threshold_max': 1, 'grid_offset': 1} | {
                key: case[key]
                for key in ('threshold_min', 'threshold_max', 'grid_offset')
                if case[key] is not None
            }
            found.append(Case(name, asked, grids, {}))
            jobs.append(make_job(config, grids, asked))
    pages = run_job('select', jobs)
    for case, page in zip(found, pages, strict=True):
        case.page = page
    assert len(found) >= 6
    return found


def test_the_page_plays_chords_as_python_does():
    config = preset('chords')
    grids = make_grids(config.grid.rows, config.grid.steps, 1, config.features)
    grids['onset'] = grids['onset'].round(1)  # some are equal
    asked = {'threshold_min': 0.5, 'threshold_max': 1, 'grid_offset': 1}
    (page,) = run_job('select', [make_job(config, grids, asked)])
    played = device.select(grids, config, **asked)
    order = np.lexsort((played['row'], played['step']))
    cells = [(cell['row'], cell['step']) for cell in page['cells']]
    assert cells == list(map(tuple, played[['row', 'step']][order].tolist()))
    assert np.bincount(played['step']).max() == 6


def test_a_loop_of_whole_bars_ends_with_the_last_one():
    config = preset('melodyvae')
    grids = {name: np.full((24, 32), 0.9) for name in config.features}
    asked = {'threshold_min': 0.5, 'threshold_max': 1, 'grid_offset': 0}
    job = make_job(config, grids, asked)
    job['system']['loopSteps'] = 24  # two bars of 3/4
    (found,) = run_job('select', [job])
    assert [cell['step'] for cell in found['cells']] == list(range(24))
    assert mido.MidiFile(file=io.BytesIO(bytes(found['midi']))).length == pytest.approx(
        6 * 60 / TEMPO
    )


def test_the_page_writes_the_midi_files_of_melodyvae_generate(cases, tmp_path):
    for number, case in enumerate(cases):
        pattern = device.select(case.grids, case.config, **case.asked)
        ours = tmp_path / f'{number}' / 'a name ♪.mid'
        write_midi([pattern], case.config.grid, ours, tempo=TEMPO)
        theirs = tmp_path / f'{number}.mid'
        theirs.write_bytes(bytes(case.page['midi']))
        assert read_messages(theirs) == read_messages(ours), case.name


def read_messages(path: Path) -> tuple:
    """All that a MIDI file says, but for the order of notes at one tick."""
    file = mido.MidiFile(path, charset='utf-8')
    tick, messages = 0, []
    for message in file.tracks[0]:
        tick += message.time
        messages.append((tick, str(message.copy(time=0))))
    return file.type, file.ticks_per_beat, len(file.tracks), sorted(messages)


RATE = 44100
# Sixteenths at 120: as full as the median loop of the example libraries.
PHRASE = [
    [60 + (7 * step) % 12, 90, 0.125 * step, 0.25] for step in range(0, 64, 2) if step % 8 != 6
]
BEAT = [
    *([36, 110, 0.125 * step, 0.1] for step in range(0, 64, 4)),
    *([38, 100, 0.125 * step, 0.1] for step in range(4, 64, 8)),
    *([42, 80, 0.125 * step, 0.1] for step in range(0, 64, 2)),
    *([46, 80, 0.125 * step, 0.1] for step in range(14, 64, 16)),
]


def loudness(samples):
    """LUFS of a sound on two loudspeakers, by the filters of ITU-R BS.1770, without gates."""
    # For 44.1 kHz: a shelf for the head, then a high pass.
    shelf = [1.5308412300, -2.6509799952, 1.1690790799], [1, -1.6636551132, 0.7125954280]
    high_pass = [1, -2, 1], [1, -1.9891696736, 0.9891990357]
    for b, a in (shelf, high_pass):
        samples = scipy.signal.lfilter(b, a, samples)
    return -0.691 + 10 * np.log10(2 * np.mean(samples**2))


def render(*cases):
    return [np.array(samples) for samples in run_job('render', cases)]


def test_all_sounds_are_about_as_loud_and_none_is_clipped():
    sounds = [(False, name) for name in ('keys', 'pluck', 'organ')]
    sounds += [(True, name) for name in ('plain', 'deep', 'tight')]
    cases = [
        {'notes': BEAT if drums else PHRASE, 'drums': drums, 'sound': name, 'seconds': 8}
        for drums, name in sounds
    ]
    for (_, name), samples in zip(sounds, render(*cases), strict=True):
        assert loudness(samples) == pytest.approx(-18, abs=2), name
        assert np.abs(samples).max() < 0.9, name


def test_a_loud_chord_stays_below_the_ceiling():
    chord = [[48 + 3 * voice, 127, 0.1, 1] for voice in range(16)]
    (samples,) = render({'notes': chord, 'drums': False, 'seconds': 1})
    assert 0.5 < np.abs(samples).max() < 0.9


def test_notes_are_heard_when_they_are_due():
    notes = [[60, 100, 0.5, 0.2], [64, 100, 1.5, 0.2]]
    sound, silence = render(
        {'notes': notes, 'drums': False, 'seconds': 2},
        {'notes': [], 'drums': False, 'seconds': 1},
    )
    assert np.abs(silence).max() == 0
    assert np.abs(sound[: RATE // 2]).max() == 0
    for second in (0.5, 1.5):
        at = int(second * RATE)
        assert np.abs(sound[at : at + RATE // 20]).max() > 0.05


def test_drums_ring_out():
    pitches = [36, 37, 38, 39, 41, 42, 45, 46, 48, 49, 50, 51]
    # Twice at one time, as a step and one that is late may be.
    cases = [
        {'notes': [[pitch, 120, 0.1, 0.05]] * 2, 'drums': True, 'seconds': 4} for pitch in pitches
    ]
    for pitch, samples in zip(pitches, render(*cases), strict=True):
        peak = np.abs(samples).max()
        assert peak > 0.02, pitch
        end = np.flatnonzero(samples)[-1]
        assert end < 3.9 * RATE
        assert np.abs(samples[end - RATE // 100 : end]).max() < 0.01 * peak, pitch


def test_a_closed_hi_hat_ends_an_open_one():
    both = [[46, 100, 0.1, 0.1], [42, 1, 0.2, 0.1]]
    choked, open_hat = render(
        {'notes': both, 'drums': True, 'seconds': 1},
        {'notes': both[:1], 'drums': True, 'seconds': 1},
    )
    tail = slice(int(0.3 * RATE), None)
    assert np.abs(choked[tail]).max() < 0.1 * np.abs(open_hat[tail]).max()


CLIP = {
    'notes': [
        {'pitch': 60, 'velocity': 90, 'start': 0, 'end': 480},
        {'pitch': 64, 'velocity': 80, 'start': 3840, 'end': 4800},
    ],
    'length': 7680,
}


def test_a_loop_plays_in_time_with_24_clocks_a_quarter():
    moments = [0.01, 0.02, 0.3, 0.31, 1.9, 2.5, 2.55, 5, 8.03]
    events = run_job('schedule', {'clip': CLIP, 'moments': moments, 'changes': {}, 'tempo': 120})
    clocks = np.array([event['time'] for event in events if event['kind'] == 'clock'])
    assert len(clocks) > 24 * 16
    np.testing.assert_allclose(np.diff(clocks), 0.5 / 24)
    notes = [event for event in events if event['kind'] == 'note']
    assert [note['note']['pitch'] for note in notes] == [60, 64, 60, 64, 60]
    assert [note['tick'] for note in notes] == [0, 3840, 7680, 11520, 15360]
    # Four quarters apart, each on a clock.
    np.testing.assert_allclose([note['time'] for note in notes], clocks[::96][:5])
    np.testing.assert_allclose([note['seconds'] for note in notes], [0.25, 0.5, 0.25, 0.5, 0.25])
    assert sum(event['kind'] == 'round' for event in events) == 3


def test_another_tempo_holds_from_what_is_not_yet_scheduled():
    job = {
        'clip': CLIP,
        'moments': [0, 0.5, 1.0, 1.5, 2, 2.5],
        'changes': {'1': 60},
        'tempo': 120,
    }
    events = run_job('schedule', job)
    clocks = np.array([event['time'] for event in events if event['kind'] == 'clock'])
    apart = np.diff(clocks)
    slower = int(np.argmax(apart > 0.021))
    assert 40 < slower < 50  # clocks are scheduled half a second ahead
    np.testing.assert_allclose(apart[:slower], 0.5 / 24)
    np.testing.assert_allclose(apart[slower + 1 :], 1 / 24)


def test_taps_give_the_mean_tempo_and_a_pause_starts_again():
    tempos = run_job('tap', [0, 500, 1100, 1500, 9000, 10000])
    assert tempos[0] is None and tempos[4] is None
    np.testing.assert_allclose(tempos[1:4] + tempos[5:], [120, 60_000 / 550, 120, 60])


def test_a_scale_moves_each_pitch_to_the_nearest_of_its_own():
    pitches = [60, 61, 62, 63, 66, 70, 0, 127]
    cases = [
        {'key': 0, 'scale': 'major', 'pitches': pitches},
        {'key': 9, 'scale': 'minor pentatonic', 'pitches': pitches},
        {'key': 1, 'scale': 'major', 'pitches': pitches},
        {'key': 0, 'scale': '', 'pitches': pitches},
    ]
    major, pentatonic, sharp, free = run_job('lock', cases)
    assert major == [60, 60, 62, 62, 65, 69, 0, 127]
    assert pentatonic == [60, 60, 62, 62, 67, 69, 0, 127]
    assert sharp == [60, 61, 61, 63, 66, 70, 0, 126]
    assert free == pitches


def test_what_sounds_is_compared_with_the_loops_that_were_trained_on():
    rows, steps = [0, 2, 4, 5], [0, 4, 8, 12]
    own = {'file': 0, 'position': 0, 'z': [0, 0], 'rows': rows, 'steps': steps}
    other = own | {'rows': [20, 21, 22, 23], 'steps': [1, 2, 3, 5]}
    system = {'rows': 24, 'steps': 32}

    def cells(rows, steps):
        return [{'row': row, 'step': step} for row, step in zip(rows, steps, strict=True)]

    job = {
        'library': {'files': ['a', 'b'], 'loops': [other, own], 'shifts': [-1, 0, 1]},
        'system': system,
        'patterns': [
            cells(rows, steps),
            cells([row + 1 for row in rows], steps),
            cells([row + 2 for row in rows], steps),
            cells([0, 2, 9, 9], steps),
            cells([0, 9, 9, 9], steps),
            [],
        ],
    }
    found = run_job('compare', job)
    assert found[0] == {'kind': 'copy', 'loop': 1, 'shift': 0, 'share': 1}
    assert found[1] == {'kind': 'copy', 'loop': 1, 'shift': 1, 'share': 1}
    assert found[2]['kind'] == 'new'
    assert found[3] == {'kind': 'variation', 'loop': 1, 'shift': 0, 'share': 0.5}
    assert found[4]['kind'] == 'new' and found[4]['share'] == 0.25
    assert found[5] is None


def test_at_most_300_dots_are_drawn_and_exact_loops_first():
    few = [{'near': number % 2 == 0} for number in range(10)]
    many = [{'near': number % 10 != 0} for number in range(1000)]
    exact = [{'near': False}] * 900
    found = run_job('dots', [few, many, exact, []])
    assert sorted(found[0]) == list(range(10)) and found[3] == []
    assert [len(set(dots)) for dots in found[1:3]] == [300, 300]
    assert found[1][-100:] == list(range(0, 1000, 10))  # on top of the others
    assert found[2] == list(range(0, 900, 3))


def note_at(start, end, pitch=60):
    return {'pitch': pitch, 'velocity': 90, 'start': start, 'end': end}


def test_an_early_downbeat_sounds_across_the_seam_of_a_loop():
    clip = {'notes': [note_at(-100, 300), note_at(960, 1920), note_at(7000, 7680)], 'length': 7680}
    job = {'clip': clip, 'moments': [0, 2, 4, 6, 8], 'changes': {}, 'tempo': 120}
    events = [event for event in run_job('schedule', job) if event['kind'] == 'note']
    # At 0 in the first round, which no round leads into; then 100 ticks before each.
    ticks = [event['tick'] for event in events]
    assert ticks == [0, 960, 7000, 7580, 8640, 14680, 15260]
    seconds = np.array([event['seconds'] for event in events]) * 2 * 960
    np.testing.assert_allclose(seconds, [400, 960, 580, 400, 960, 580, 400])


EARLY = [(-0.1, 0, 0), (-0.4, 0, 0), (-0.5, -60, 0), (-0.9, -108, 0), (0.9, 108, 108)]


@pytest.mark.parametrize('messages', ['monophonic', 'drums'])
def test_a_downbeat_less_than_a_64th_early_starts_at_0(messages):
    system = {'messages': messages, 'loopSteps': 32, 'stepsPerQuarter': 4, 'pitches': [48, 49]}
    cell = {'row': 0, 'step': 0, 'velocity': 100, 'duration': 0.25}
    cases = [{'cells': [cell | {'timeshift': shift}], 'system': system} for shift, *_ in EARLY]
    for (_, loop, file), found in zip(EARLY, run_job('place', cases), strict=True):
        for start, (note,) in ((loop, found['loop']), (file, found['file'])):
            assert (note['start'], note['end']) == (start, start + 480)


def sound(pitch, time, milliseconds, channel=0, delay=0):
    route = {'pitch': pitch, 'channel': channel, 'delay': delay}
    return 'note', route, 90, time, milliseconds


def send(*calls, clears=False):
    return run_job('send', {'calls': calls, 'clears': clears})


def test_a_port_stops_after_all_that_was_sent_ahead():
    sent = send(
        ('choose', 'a'),
        ('clock', 0, True),
        sound(60, 0, 5000),
        ('clock', 20, False),
        sound(64, 100, 50),
        ('clock', 400, False),
        ('endNotes', 200),
        ('stop',),
        ('clock', 500, False),
    )
    bytes_sent = [each['bytes'] for each in sent]
    assert bytes_sent[:2] == [[0xFA], [0xF8]]
    ends = [each for each in sent if each['bytes'][0] == 0x80]
    assert [(each['bytes'][1], each['time']) for each in ends] == [(64, 149), (60, 400)]
    stop = bytes_sent.index([0xFC])
    assert sent[stop]['time'] == 400
    assert max(each['time'] for each in sent[: stop + 1]) == 400


def test_another_port_starts_with_the_next_round_and_the_last_one_stops():
    sent = send(
        ('choose', 'a'),
        ('clock', 0, True),
        sound(60, 0, 5000),
        ('choose', 'b'),
        ('clock', 20, False),
        ('clock', 40, True),
        ('choose', ''),
        ('clock', 60, False),
    )
    of = {name: [each['bytes'] for each in sent if each['port'] == name] for name in 'ab'}
    assert of['a'] == [[0xFA], [0xF8], [0x90, 60, 90], [0x80, 60, 0], [0xB0, 123, 0], [0xFC]]
    assert of['b'] == [[0xF8], [0xFA], [0xF8], [0xFC]]


def test_a_note_ends_before_the_next_of_its_pitch():
    sent = send(
        ('choose', 'a'),
        sound(60, 0, 100),
        sound(60, 100, 100),
        ('stop',),
    )
    assert [each['bytes'][0] for each in sent[:4]] == [0x90, 0x80, 0x90, 0x80]
    assert [each['time'] for each in sent[:3]] == [0, 99, 100]


def test_notes_go_to_their_channels_with_their_delays():
    sent = send(
        ('choose', 'a'),
        sound(36, 0, 100, channel=3, delay=25),
        sound(38, 50, 100, channel=9, delay=-10),
        sound(36, 60, 100, channel=3),
        ('stop',),
    )
    assert [(each['bytes'], each['time']) for each in sent[:4]] == [
        ([0x93, 36, 90], 25),
        ([0x99, 38, 90], 40),
        ([0x83, 36, 0], 59),  # before the next note of its pitch and channel
        ([0x93, 36, 90], 60),
    ]
    ends = [each['bytes'] for each in sent[4:]]
    assert ends == [[0x89, 38, 0], [0x83, 36, 0], [0xB3, 123, 0], [0xB9, 123, 0]]


def test_what_a_port_can_forget_does_not_delay_its_stop():
    calls = ('choose', 'a'), ('clock', 0, True), sound(60, 0, 5000), ('stop',)
    sent = send(*calls, clears=True)
    assert [each['bytes'] for each in sent[-4:]] == ['clear', [0x80, 60, 0], [0xB0, 123, 0], [0xFC]]
    assert max(each['time'] for each in sent[-3:]) < -1000


def test_a_path_is_whole_rounds_of_what_was_heard():
    note, early = note_at(0, 400), note_at(-50, 350)
    job = {
        'start': 1300,
        'length': 1000,
        'before': [[800, note], [950, early], [1200, note | {'pitch': 64}]],
        'moves': [[2100, [1, 0]], [3500, [0, 1]]],
        'notes': [[1500, note], [1800, note], [3900, note], [3950, early], [4200, note]],
        'stop': 3600,
    }
    found = run_job('record', job)
    assert found['path'] == [[0, 0], [1, 0], [0, 1]]
    assert found['places'] == [[0, 0], [0, 0], [1, 0], [0, 0]]
    assert found['clip']['length'] == 3000
    # From the beginning of the round. Notes end where the next of their pitch starts and with the
    # clip. The downbeat of the round after the last is left out.
    spans = [(each['pitch'], each['start'], each['end']) for each in found['clip']['notes']]
    assert spans == [
        (60, -50, 350),
        (60, 500, 800),
        (60, 800, 1200),
        (60, 2900, 3000),
        (64, 200, 600),
    ]


def make_zip(entries, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', method) as archive:
        archive.mkdir('folder')
        for name, content in entries:
            archive.writestr(name, content)
    return list(packed.getvalue())


def test_the_studio_sends_the_music_alone_and_counts_the_rest():
    song, wave = b'MThd' * 50, b'RIFF' * 50
    inside = [('folder/a.mid', song), ('__MACOSX/folder/._a.mid', b''), ('b.wav', wave)]
    inside += [('tunes/Caf\u00e9.abc', song), ('README', b'')]
    broken = make_zip(inside, zipfile.ZIP_STORED)[:-30]
    dropped = [
        ('loop.MID', list(song)),
        ('long.wav', list(wave)),
        ('._loop.mid', []),
        ('Thumbs.db', []),
        ('stored.zip', make_zip(inside, zipfile.ZIP_STORED)),
        ('deflated.zip', make_zip(inside, zipfile.ZIP_DEFLATED)),
        ('broken.zip', broken),
    ]
    made = run_job('music', {'files': dropped, 'suffixes': SUFFIXES})
    packed = [['a.mid', list(song)], ['Caf\u00e9.abc', list(song)]]
    assert made['sent'] == [
        ['loop.MID', list(song)],
        *packed,
        *packed,
        ['broken.zip', broken],  # the server says what is wrong with it
    ]
    assert made['said'] == 'Left out: 4 hidden files, 3 .wav, 2 files without a suffix'
    only = run_job('music', {'files': dropped[:1], 'suffixes': SUFFIXES})
    assert only['said'] == ''
