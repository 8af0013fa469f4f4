"""The sustain pedal."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.cutting.select import select_notes
from melodyvae.midi.pedal import hold_notes
from melodyvae.midi.read import read_pieces

import golden_files

PEDAL = golden_files.GOLDEN / 'cases3/m09_sustain/pedal.mid'


@pytest.mark.parametrize(
    ('pedals', 'ends'),
    [
        ([(0, 0, 127), (0, 90, 0)], [50, 90, 90, 40]),
        ([(0, 10, 127), (0, 30, 63)], [30, 60, 70, 40]),  # up before the second note ends
        ([(0, 20, 64)], [10, 100, 100, 40]),  # held to the end of the track
        ([(0, 0, 127), (0, 10, 0)], [10, 60, 70, 40]),  # up just when the first note ends
        ([(1, 0, 127), (1, 80, 0)], [10, 60, 70, 80]),
    ],
)
def test_notes_last_until_the_pedal_goes_up_or_their_pitch_comes_again(pedals, ends):
    pitch, channel = np.array([60, 60, 62, 60]), np.array([0, 0, 0, 1])
    start, end = np.array([0, 50, 60, 30]), np.array([10, 60, 70, 40])
    assert hold_notes(pitch, start, end, channel, pedals, 100).tolist() == ends


def test_the_presets_of_this_project_follow_the_pedal_and_the_devices_do_not():
    (piece,) = read_pieces(PEDAL).pieces
    held = select_notes([piece], preset('melodyvae').grid).notes
    assert held.length == pytest.approx([3.9, 2.9, 1.9, 0.9] * 2)
    device = select_notes([piece], preset('melodyvae_improved').grid).notes
    assert device.length == pytest.approx([0.1] * 8)
