"""Notes of a batch as grids."""

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.model.notes import lay_out


def test_notes_lie_in_their_cells_and_padding_changes_nothing():
    batch = {
        'cell': np.array([[5, 0, 11], [0, 0, 0], [4, 11, 0]], np.int32),
        'onset': np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1]], np.float32),
        'timeshift': np.array([[-0.5, 0, 0.25], [0, 0, 0], [0, -1, 1]], np.float32),
    }
    grids = lay_out(batch, GridConfig(rows=3, steps=4))
    onset, timeshift = np.zeros((2, 3, 3, 4), np.float32)
    onset[0, 1, 1] = onset[0, 2, 3] = onset[2, 1, 0] = onset[2, 2, 3] = onset[2, 0, 0] = 1
    timeshift[0, 1, 1], timeshift[0, 2, 3] = -0.5, 0.25
    timeshift[2, 2, 3], timeshift[2, 0, 0] = -1, 1
    assert list(grids) == ['onset', 'timeshift']
    np.testing.assert_array_equal(grids['onset'], onset)
    np.testing.assert_array_equal(grids['timeshift'], timeshift)
