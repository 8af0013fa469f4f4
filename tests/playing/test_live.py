import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.pattern import NOTE
from melodyvae.playing.live import live_step, make_live_notes

MELODY, DRUMS = preset('melodyvae'), preset('rhythmvae')
SECONDS_PER_QUARTER = 0.5  # at 120


def pattern(*cells):
    return np.array(list(cells), NOTE)


def test_melodies_are_on_the_grid_whatever_the_model_has_learned():
    notes = make_live_notes(pattern((3, 5, 0.8, 0.5, -0.7), (4, 9, 0.8, 0.5, 0.9)), MELODY)
    assert notes.start.tolist() == [1.25, 2.25]
    assert notes.pitch.tolist() == [51, 52]
    assert notes.velocity == pytest.approx([0.8, 0.8])


@pytest.mark.parametrize('learned', [0.0, 0.1, 0.5, 1.9])
def test_melody_notes_last_as_learned_with_the_dial_at_4_and_a_quarter_of_it_as_it_loads(learned):
    cells = pattern((3, 5, 0.8, learned, 0))
    quarters = 2 * learned
    assert make_live_notes(cells, MELODY).length == pytest.approx(quarters, rel=0.07)
    loaded = make_live_notes(cells, MELODY, duration=1.0)
    assert loaded.length == pytest.approx(quarters / 4, rel=0.07)
    # The list holds floor(64 * half notes), and the patch makes a quarter note of 127.
    assert loaded.length == pytest.approx(np.floor(64 * learned) / 127)


@pytest.mark.parametrize(
    ('grid_offset', 'late'), [(1.0, (0, 31, 62)), (0.67, (0, 21, 42)), (0.0, (0, 0, 0))]
)
def test_drums_are_late_as_the_patch_delays_them(grid_offset, late):
    cells = pattern(*((0, 12, 0.8, 0.125, timeshift) for timeshift in (-1, 0, 1)))
    notes = make_live_notes(cells, DRUMS, grid_offset=grid_offset)
    milliseconds = (notes.start - 1) * SECONDS_PER_QUARTER * 1000
    assert milliseconds == pytest.approx(late, abs=1)
    assert (notes.length == 0.25).all()


def test_steps_are_sixteenths_for_melodies_however_they_were_cut():
    assert live_step(MELODY) == 1 / 4
    assert live_step(preset('melodyvae_improved_25x32')) == 1 / 4  # three times slower than cut
    assert live_step(DRUMS) == 1 / 12
