"""Names of drums."""

import pytest

from melodyvae.midi.drum_names import find_drum


@pytest.mark.parametrize(
    ('name', 'pitch'),
    [
        ('acoustic-bass-drum', 35),
        ('Acoustic Snare', 38),
        ('closed_hi_hat', 42),
        ('Open Triangle', 81),
        ('Kick', 36),
        ('Hi-Hat', 42),
        ('Violin', None),
    ],
)
def test_drums_have_the_names_of_general_midi_and_shorter_ones(name, pitch):
    assert find_drum(name) == pitch
