"""Tables of the results: settings in which systems differ, and figures."""

import pytest

from melodyvae.lab.tables import format_value


@pytest.mark.parametrize(
    ('key', 'value', 'words'),
    [
        ('pad_share', 0.5, '50.0%'),
        ('velocity_mae', 0.1, '12.7 of 127'),
        ('duration_mae_beats', 0.25, '0.25'),  # the label has the unit
        ('steps', 2457, '2,457'),
        ('kl', None, '\N{EN DASH}'),
    ],
)
def test_figures_have_the_unit_that_their_label_lacks(key, value, words):
    assert format_value(key, value) == words
