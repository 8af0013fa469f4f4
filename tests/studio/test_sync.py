"""The page follows the clock of another device, with a fake clock in Chromium."""

import numpy as np
from browsers import run_job

CLOCK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
JITTER = 3  # ms
DOWNBEAT = {'pitch': 60, 'velocity': 90, 'start': 0, 'end': 480}
LOOP = {'notes': [DOWNBEAT], 'length': 7680}  # two bars


def make_clocks(tempos, first=0.0):
    """Times of clocks, in ms; one tempo in bpm for each."""
    return first + np.concatenate([[0], np.cumsum(60_000 / (24 * np.array(tempos)))])


def add_jitter(times, seed=0):
    return np.sort(times + np.random.default_rng(seed).uniform(-JITTER, JITTER, len(times)))


def follow(messages, seconds, tempo=100):
    messages = sorted(messages, key=lambda message: message[0])
    job = {'clip': LOOP, 'messages': messages, 'seconds': seconds, 'tempo': tempo}
    return run_job('follow', job)


def of_kind(found, kind):
    return [event for event in found['log'] if event['kind'] == kind]


def clocks_of(times):
    return [[float(time), [CLOCK]] for time in times]


def miss(found, true):
    """By how many ms each note misses its clock."""
    return np.array([note['time'] - true[note['tick'] // 40] for note in of_kind(found, 'note')])


def test_a_loop_does_not_drift_in_an_hour_of_jitter():
    true = make_clocks([121.3] * int(3600 * 121.3 * 24 / 60), first=50)
    messages = [[40.0, [START]], *clocks_of(add_jitter(true))]
    found = follow(messages, seconds=3600)
    notes = of_kind(found, 'note')
    assert len(notes) > 900
    # Each round starts on its bar.
    assert [note['tick'] for note in notes] == [7680 * number for number in range(len(notes))]
    assert np.abs(miss(found, true)[5:]).max() < 1
    assert abs(found['tempo'] - 121.3) < 0.05
    assert found['lost'] == 0


def test_jitter_is_smoothed():
    true = make_clocks([90] * 5000)
    smooth = np.array(run_job('smooth', add_jitter(true).tolist()))
    assert np.abs(smooth - true)[300:].max() < 1


def test_start_stop_continue_and_song_position():
    true = make_clocks([120] * 1200, first=100)  # 25 s
    place = [POSITION, 16 % 128, 16 // 128]  # the second bar
    messages = [
        *clocks_of(true),
        [true[96] - 5, [START]],
        [true[196] - 5, [STOP]],
        [true[300] - 5, [CONTINUE]],
        [true[400] - 5, [STOP]],
        [true[500] - 7, place],
        [true[500] - 5, [CONTINUE]],
    ]
    found = follow(messages, seconds=25)
    assert [event['tick'] for event in of_kind(found, 'start')] == [0, 100 * 40, 96 * 40]
    assert len(of_kind(found, 'stop')) == 2
    # Rounds start with the song, and where the second bar is followed by the third one.
    notes = [(note['tick'], note['time']) for note in of_kind(found, 'note')]
    starts = [(0, true[96]), (7680, true[300 + 92]), (7680, true[500 + 96])]
    for (tick, time), (expected_tick, expected) in zip(notes, starts, strict=False):
        assert tick == expected_tick
        assert abs(time - expected) < 1
    assert len(notes) >= 3


def test_another_tempo_is_followed():
    true = make_clocks([120] * 960 + [87] * 2400, first=50)
    messages = [[40.0, [START]], *clocks_of(add_jitter(true))]
    found = follow(messages, seconds=true[-1] / 1000)
    late = [note['tick'] // 40 > 1300 for note in of_kind(found, 'note')]
    assert np.abs(miss(found, true)[late]).max() < 2
    assert abs(found['tempo'] - 87) < 0.1


def test_a_loop_plays_on_without_a_clock_and_keeps_its_bar_when_it_is_back():
    true = make_clocks([120] * 3000, first=50)
    gap = (true > 20_000) & (true < 25_000)
    messages = [[40.0, [START]], *clocks_of(add_jitter(true)[~gap])]
    found = follow(messages, seconds=true[-1] / 1000)
    assert 150 < found['lost'] < 200  # of the looks every 25 ms
    assert not of_kind(found, 'stop')
    notes = of_kind(found, 'note')
    assert [note['tick'] for note in notes] == [7680 * number for number in range(len(notes))]
    away = np.abs(miss(found, true))
    assert away.max() < 10 and away[-1] < 1


def test_clocks_before_the_first_start_only_tell_the_tempo():
    found = follow(clocks_of(make_clocks([140] * 500)), seconds=5)
    assert found['log'] == []
    assert abs(found['tempo'] - 140) < 0.01


def test_a_person_starts_with_a_clock_that_only_ticks_and_joins_the_bar_later():
    true = make_clocks([120] * 1200, first=100)
    messages = [
        *clocks_of(true),
        [true[50] - 5, 'play'],
        [true[200] - 5, 'stop'],
        [true[230] - 5, 'play'],
    ]
    found = follow(messages, seconds=20)
    assert [event['tick'] for event in of_kind(found, 'start')] == [0, (230 - 50) * 40]
    first, second, *_ = of_kind(found, 'note')
    assert (first['tick'], second['tick']) == (0, 7680)
    assert abs(first['time'] - true[50]) < 1 and abs(second['time'] - true[50 + 192]) < 1
