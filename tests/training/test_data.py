"""What a model is fitted to."""

import pytest

from melodyvae.training.data import count_steps_at_once


@pytest.mark.parametrize(('steps', 'at_once'), [(1, 1), (6, 6), (16, 8), (44, 4), (45, 5), (43, 1)])
def test_steps_are_taken_together_only_where_they_fill_the_epoch(steps, at_once):
    assert count_steps_at_once(steps) == at_once
