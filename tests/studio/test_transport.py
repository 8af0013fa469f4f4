"""Time on the page: loops, tempo, MIDI out and recorded paths, in Chromium."""

import numpy as np
from browsers import run_job


def note_at(start, end, pitch=60):
    return {'pitch': pitch, 'velocity': 90, 'start': start, 'end': end}


def schedule(notes, moments, **changes):
    """Events of a loop of two bars at 120 bpm that is asked for at some moments, by kind."""
    clip = {'notes': notes, 'length': 7680}
    job = {'clip': clip, 'moments': moments, 'changes': changes, 'tempo': 120}
    events = run_job('schedule', job)
    return (
        [event for event in events if event['kind'] == kind] for kind in ('clock', 'note', 'round')
    )


def test_a_loop_plays_in_time_with_24_clocks_per_quarter():
    moments = [0.01, 0.02, 0.3, 0.31, 1.9, 2.5, 2.55, 5, 8.03]
    clocks, notes, rounds = schedule([note_at(0, 480), note_at(3840, 4800, 64)], moments)
    times = np.array([clock['time'] for clock in clocks])
    assert len(times) > 24 * 16
    np.testing.assert_allclose(np.diff(times), 0.5 / 24)
    assert [note['note']['pitch'] for note in notes] == [60, 64, 60, 64, 60]
    assert [note['tick'] for note in notes] == [0, 3840, 7680, 11520, 15360]
    # Four quarters apart, each on a clock.
    np.testing.assert_allclose([note['time'] for note in notes], times[::96][:5])
    np.testing.assert_allclose([note['seconds'] for note in notes], [0.25, 0.5, 0.25, 0.5, 0.25])
    assert len(rounds) == 3


def test_another_tempo_holds_from_what_is_not_yet_scheduled():
    clocks, *_ = schedule([], [0, 0.5, 1.0, 1.5, 2, 2.5], **{'1': 60})
    apart = np.diff([clock['time'] for clock in clocks])
    slower = int(np.argmax(apart > 0.021))
    assert 40 < slower < 50  # clocks are scheduled half a second ahead
    np.testing.assert_allclose(apart[:slower], 0.5 / 24)
    np.testing.assert_allclose(apart[slower + 1 :], 1 / 24)


def test_an_early_downbeat_sounds_across_the_seam_of_a_loop():
    notes = [note_at(-100, 300), note_at(960, 1920), note_at(7000, 7680)]
    _, played, _ = schedule(notes, [0, 2, 4, 6, 8])
    # At 0 in the first round, which no round leads into; then 100 ticks before each.
    assert [note['tick'] for note in played] == [0, 960, 7000, 7580, 8640, 14680, 15260]
    lengths = np.array([note['seconds'] for note in played]) * 2 * 960
    np.testing.assert_allclose(lengths, [400, 960, 580, 400, 960, 580, 400])


def test_taps_give_the_mean_tempo_and_a_pause_starts_again():
    tempos = run_job('tap', [0, 500, 1100, 1500, 9000, 10000])
    assert tempos[0] is None and tempos[4] is None
    np.testing.assert_allclose(tempos[1:4] + tempos[5:], [120, 60_000 / 550, 120, 60])


def sound(pitch, time, milliseconds, channel=0, delay=0):
    route = {'pitch': pitch, 'channel': channel, 'delay': delay}
    return 'note', route, 90, time, milliseconds


def send(*calls, clears=False):
    """What ports get: (port, bytes, time) each."""
    sent = run_job('send', {'calls': calls, 'clears': clears})
    return [(each['port'], each['bytes'], each.get('time')) for each in sent]


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
    assert [content for _, content, _ in sent[:2]] == [[0xFA], [0xF8]]
    ends = [(content[1], time) for _, content, time in sent if content[0] == 0x80]
    assert ends == [(64, 149), (60, 400)]
    stop = sent.index(('a', [0xFC], 400))
    assert max(time for *_, time in sent[: stop + 1]) == 400


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
    a, b = ([content for port, content, _ in sent if port == name] for name in 'ab')
    assert a == [[0xFA], [0xF8], [0x90, 60, 90], [0x80, 60, 0], [0xB0, 123, 0], [0xFC]]
    assert b == [[0xF8], [0xFA], [0xF8], [0xFC]]


def test_notes_go_to_their_channels_with_their_delays():
    sent = send(
        ('choose', 'a'),
        sound(36, 0, 100, channel=3, delay=25),
        sound(38, 50, 100, channel=9, delay=-10),
        sound(36, 60, 100, channel=3),
        ('stop',),
    )
    assert [(content, time) for _, content, time in sent[:4]] == [
        ([0x93, 36, 90], 25),
        ([0x99, 38, 90], 40),
        ([0x83, 36, 0], 59),  # before the next note of its pitch and channel
        ([0x93, 36, 90], 60),
    ]
    ends = [content for _, content, _ in sent[4:]]
    assert ends == [[0x89, 38, 0], [0x83, 36, 0], [0xB3, 123, 0], [0xB9, 123, 0]]


def test_what_a_port_can_forget_does_not_delay_its_stop():
    calls = ('choose', 'a'), ('clock', 0, True), sound(60, 0, 5000), ('stop',)
    sent = send(*calls, clears=True)[-4:]
    assert [content for _, content, _ in sent] == ['clear', [0x80, 60, 0], [0xB0, 123, 0], [0xFC]]
    assert max(time for *_, time in sent[1:]) < -1000


def test_a_path_is_whole_rounds_of_what_was_heard():
    note, early = note_at(0, 400), note_at(-50, 350)
    job = {
        'start': 1300,
        'length': 1000,
        'before': [[800, note], [950, early], [1200, note_at(0, 400, 64)]],
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
