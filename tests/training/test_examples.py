"""Examples: a loop and by how much it is transposed."""

import numpy as np

from melodyvae.training.examples import Examples, take_examples


def test_take_examples_are_transposed(golden_loops):
    lowest, highest = golden_loops.row_range()
    up, down = np.flatnonzero(highest < 23)[0], np.flatnonzero(lowest >= 2)[0]
    examples = Examples(np.array([down, up, down]), np.array([0, 1, -2], np.int8))
    chosen = take_examples(golden_loops, examples)
    assert len(chosen) == 3
    expected = golden_loops.to_dense(examples.loop, examples.shift)
    for name, grid in chosen.to_dense(np.arange(3)).items():
        assert np.array_equal(grid, expected[name])
