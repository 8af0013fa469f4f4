"""Loops in memory: made dense, transposed, taken apart."""

import numpy as np

from melodyvae.loops.pattern import dense_pattern


def test_dense_grids_are_those_of_the_single_patterns(golden_loops):
    which = np.array([5, 0, 5, 17])
    grids = golden_loops.dense(which)
    for place, loop in enumerate(which):
        for name, values in dense_pattern(golden_loops[loop], golden_loops.grid).items():
            np.testing.assert_array_equal(grids[name][place], values)


def test_dense_grids_are_transposed(golden_loops):
    lowest, highest = golden_loops.row_range()
    loop = int(np.flatnonzero(highest < 17)[0])
    plain = golden_loops.dense(np.array([loop]))
    moved = golden_loops.dense(np.array([loop]), np.array([7], np.int8))
    for name, values in plain.items():
        np.testing.assert_array_equal(moved[name][0, 7:], values[0, :-7])
    assert lowest[loop] == golden_loops[loop]['row'].min()


def test_taken_loops_keep_their_names(golden_loops):
    taken = golden_loops.take(np.array([30, 3]))
    assert len(taken) == 2
    assert taken[0].tobytes() == golden_loops[30].tobytes()
    assert taken.files[taken.file[1]] == golden_loops.files[golden_loops.file[3]]
