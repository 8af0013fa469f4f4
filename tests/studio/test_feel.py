"""Swing, velocity range, octave and density of loops, in Chromium."""

import numpy as np
from browsers import run_job

PLAIN = {'swing': 0.5, 'dynamics': 1, 'semitones': 0}


def note(start, velocity=90, pitch=60, length=120):
    return {'pitch': pitch, 'velocity': velocity, 'start': start, 'end': start + length}


def test_a_feel_changes_times_velocities_and_pitches():
    plain = [note(-100), note(0), note(241, 30), note(7440)]
    sixteenths = [note(240 * number, length=240) for number in range(32)]
    soft_and_loud, extreme = [note(0, 60), note(480, 100)], [note(0, 1), note(480, 127)]
    asked = [
        (plain, {}),
        (sixteenths, {'swing': 2 / 3}),
        (soft_and_loud, {'dynamics': 0}),
        (soft_and_loud, {'dynamics': 2}),
        (extreme, {'dynamics': 2}),
        ([note(0, pitch=60), note(480, pitch=100)], {'semitones': 36}),
    ]
    cases = [
        {'clip': {'notes': notes, 'length': 7680}, 'feel': PLAIN | changes}
        for notes, changes in asked
    ]
    same, swung, even, stretched, limited, high = run_job('feel', cases)
    assert same == plain
    # Every second sixteenth is late, and each still ends where the next one starts.
    starts = [each['start'] for each in swung]
    assert starts[:4] == [0, 320, 480, 800] and starts[-1] == 7680 - 160
    assert [each['end'] for each in swung] == [*starts[1:], 7680]
    # About their mean, and within MIDI.
    velocities = [[each['velocity'] for each in notes] for notes in (even, stretched, limited)]
    assert velocities == [[80, 80], [40, 120], [1, 127]]
    assert [each['pitch'] for each in high] == [96, 127]


def select(messages, onset, densities, threshold):
    """Cells that are chosen for each of some densities."""
    rows, steps = onset.shape
    system = {
        'messages': messages,
        'features': ['onset'],
        'rows': rows,
        'steps': steps,
        'loopSteps': steps,
        'stepsPerQuarter': 4,
        'pitches': list(range(36, 36 + rows)),
        'savedPitches': list(range(36, 36 + rows)),
    }
    choice = {'thresholdMin': threshold, 'thresholdMax': 1, 'gridOffset': 1}
    cases = [
        {
            'grids': {'onset': onset.ravel().tolist()},
            'system': system,
            'choice': choice | {'density': density},
            'tempo': 120,
        }
        for density in densities
    ]
    found = run_job('select', cases)
    return [{(cell['row'], cell['step']) for cell in each['cells']} for each in found]


ONSET = np.random.default_rng(3).permutation(96).reshape(3, 32) / 96


def test_a_density_plays_the_most_probable_cells_of_its_row():
    heard = (ONSET > 0.5).sum(axis=1)
    free = 32 - heard[1]
    counts = {-1: 0, -0.4: round(0.6 * heard[1]), 0.6: heard[1] + round(0.36 * free), 1: 32}
    found = select('drums', ONSET, [[0, each, 0] for each in counts], 0.5)
    for cells, count in zip(found, counts.values(), strict=True):
        for row, expected in enumerate((heard[0], count, heard[2])):
            best = np.argsort(-ONSET[row])[:expected]
            assert {step for each, step in cells if each == row} == set(best.tolist())


def test_a_melody_gets_more_or_fewer_steps():
    densities = [[0], [-0.5], [1], [-1]]
    device, sparse, full, silent = select('monophonic', ONSET, densities, 0.8)
    assert silent == set() and sparse < device < full
    assert len(sparse) == round(len(device) / 2)
    assert full == {(int(ONSET[:, step].argmax()), step) for step in range(32)}
