"""Names of drums."""

import pytest

from melodyvae.midi.drum_names import DRUM_NAMES


@pytest.mark.parametrize(
    ('name', 'pitch'),
    [('acousticbassdrum', 35), ('acousticsnare', 38), ('closedhihat', 42), ('opentriangle', 81)],
)
def test_names_are_those_of_general_midi(name, pitch):
    assert DRUM_NAMES[name] == pitch
