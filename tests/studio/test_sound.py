"""The sounds of the page, rendered by Chromium."""

import numpy as np
import pytest
import scipy.signal
from browsers import run_job

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


def measure_loudness(samples):
    """LUFS of a sound on two loudspeakers, by the filters of ITU-R BS.1770, without gates."""
    # For 44.1 kHz: a shelf for the head, then a high pass.
    shelf = [1.5308412300, -2.6509799952, 1.1690790799], [1, -1.6636551132, 0.7125954280]
    high_pass = [1, -2, 1], [1, -1.9891696736, 0.9891990357]
    for b, a in (shelf, high_pass):
        samples = scipy.signal.lfilter(b, a, samples)
    return -0.691 + 10 * np.log10(2 * np.mean(samples**2))


def render(*sounds, drums=True, seconds=1):
    cases = [{'drums': drums, 'seconds': seconds} | sound for sound in sounds]
    return [np.array(samples) for samples in run_job('render', cases)]


@pytest.mark.parametrize(
    ('notes', 'drums', 'names'),
    [(PHRASE, False, ('keys', 'pluck', 'organ')), (BEAT, True, ('plain', 'deep', 'tight'))],
    ids=['notes', 'drums'],
)
def test_all_sounds_are_about_as_loud_and_none_is_clipped(notes, drums, names):
    sounds = render(*({'notes': notes, 'sound': name} for name in names), drums=drums, seconds=8)
    for name, samples in zip(names, sounds, strict=True):
        assert measure_loudness(samples) == pytest.approx(-18, abs=2), name
        assert np.abs(samples).max() < 0.9, name


def test_a_loud_chord_stays_below_the_ceiling():
    chord = [[48 + 3 * voice, 127, 0.1, 1] for voice in range(16)]
    (samples,) = render({'notes': chord}, drums=False)
    assert 0.5 < np.abs(samples).max() < 0.9


def test_notes_are_heard_when_they_are_due():
    notes = [[60, 100, 0.5, 0.2], [64, 100, 1.5, 0.2]]
    sound, silence = render({'notes': notes}, {'notes': []}, drums=False, seconds=2)
    assert np.abs(silence).max() == 0
    assert np.abs(sound[: RATE // 2]).max() == 0
    for second in (0.5, 1.5):
        at = int(second * RATE)
        assert np.abs(sound[at : at + RATE // 20]).max() > 0.05


def test_drums_ring_out():
    pitches = [36, 37, 38, 39, 41, 42, 45, 46, 48, 49, 50, 51]
    # Twice at one time, as a step and one that is late may be.
    sounds = render(*({'notes': [[pitch, 120, 0.1, 0.05]] * 2} for pitch in pitches), seconds=4)
    for pitch, samples in zip(pitches, sounds, strict=True):
        peak = np.abs(samples).max()
        assert peak > 0.02, pitch
        end = np.flatnonzero(samples)[-1]
        assert end < 3.9 * RATE
        assert np.abs(samples[end - RATE // 100 : end]).max() < 0.01 * peak, pitch


def test_a_closed_hi_hat_ends_an_open_one():
    both = [[46, 100, 0.1, 0.1], [42, 1, 0.2, 0.1]]
    tail = slice(int(0.3 * RATE), None)
    choked, open_hat = (
        np.abs(samples[tail]).max() for samples in render({'notes': both}, {'notes': both[:1]})
    )
    assert choked < 0.1 * open_hat
