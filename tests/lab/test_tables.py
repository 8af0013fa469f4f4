"""Tables of the results: settings in which systems differ, and figures."""

import pytest

from melodyvae.lab.candidates import choose_candidates
from melodyvae.lab.tables import _list_settings, format_value


def test_settings_in_which_systems_differ_have_a_row():
    original, improved = choose_candidates(['melodyvae_original', 'melodyvae_improved'])
    improved.config.data.transpositions = ()
    rows = {row[0]: row[1:] for row in _list_settings([original.config, improved.config])}
    assert rows['training.batch_size'] == ['128', '64']
    assert rows['data.transpositions'] == ['-12 to 12', 'none']
    assert 'training.epochs' not in rows
    assert not _list_settings([original.config, original.config])


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
