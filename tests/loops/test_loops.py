"""Loops: a sequence of patterns, made dense, transposed, taken apart."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops, join_loops
from melodyvae.loops.pattern import NOTE


@pytest.fixture
def three():
    """Two loops of one file, of one note and of two, and an empty one of another."""
    one, two = np.zeros(1, NOTE), np.zeros(2, NOTE)
    two['step'] = 3, 5
    return Loops.from_files([('a', [(0, one), (4, two)]), ('b', [(1, one[:0])])], GridConfig())


def test_a_loop_is_reached_from_either_end(three):
    assert [len(three[loop]) for loop in (0, 1, 2, -3, -2, -1)] == [1, 2, 0] * 2
    assert three[np.int32(-2)]['step'].tolist() == [3, 5]
    assert [len(pattern) for pattern in three] == [1, 2, 0]
    assert [len(pattern) for pattern in reversed(three)] == [0, 2, 1]
    for loop in (3, -4, np.int64(100)):
        with pytest.raises(IndexError, match=f'no loop {loop} among 3'):
            three[loop]
    for name in ('0', 1.0, None, [1, 2], np.array([True, False, True])):
        with pytest.raises(TypeError, match='use take'):
            three[name]


def test_a_pattern_is_found_by_its_cells(three):
    twice = three.take(np.array([1, 0, 1]))
    assert three[1].copy() in twice and three[2] not in twice and 'a' not in twice
    assert twice.index(three[1]) == 0 and twice.index(three[1], 1) == 2
    assert (twice.count(three[1]), twice.count(three[2])) == (2, 0)
    with pytest.raises(ValueError, match='is not one of the loops'):
        twice.index(three[0], 2)


def test_a_slice_is_loops(three):
    some = three[1:]
    assert isinstance(some, Loops) and some.grid == three.grid
    assert [len(pattern) for pattern in some] == [2, 0]
    assert [some.files[file] for file in some.file] == ['a', 'b']
    assert some.position.tolist() == [4, 1]
    assert [len(pattern) for pattern in three[::-2]] == [0, 1]
    assert len(three[3:]) == 0


def test_loops_are_equal_if_all_that_they_hold_is(three):
    assert three == three[:] and three == three.take(np.arange(3))
    assert three != three[:2] and three != [*three]
    cells = three.cells.copy()
    cells['step'][0] = 9
    for change in (
        {'cells': cells},
        {'offsets': np.array([0, 2, 3, 3])},
        {'file': np.array([0, 1, 1])},
        {'position': np.array([0, 1, 1])},
        {'files': ('a', 'c')},
        {'grid': GridConfig(rows=25)},
    ):
        assert three != dataclasses.replace(three, **change)


def test_repr_says_what_there_is(three, golden_loops):
    assert repr(three) == 'Loops(3 of 2 files, 24 x 32)'
    assert repr(three[:2]) == 'Loops(2 of 1 files, 24 x 32)'
    many = golden_loops.take(np.resize(np.arange(len(golden_loops)), 2457))
    assert repr(many).startswith('Loops(2,457 of ')


def test_dense_grids_and_taken_loops_are_those_asked_for_transposed(golden_loops):
    lowest, highest = golden_loops.row_range()
    up, down = np.flatnonzero(highest < 17)[0], np.flatnonzero(lowest > 3)[0]
    which, shifts = np.array([5, 0, 5, up, down]), np.array([0, 0, 0, 7, -3], np.int8)
    original = [golden_loops[loop].copy() for loop in which]
    taken, dense = (read(which, shifts) for read in (golden_loops.take, golden_loops.to_dense))
    for place, (loop, shift) in enumerate(zip(which, shifts, strict=True)):
        pattern, moved = golden_loops[loop], taken[place]
        assert pattern.tobytes() == original[place].tobytes()
        assert (pattern['row'].min(), pattern['row'].max()) == (lowest[loop], highest[loop])
        assert moved['row'].tolist() == (pattern['row'].astype(int) + shift).tolist()
        unmoved = [name for name in NOTE.names if name != 'row']
        assert moved[unmoved].tolist() == pattern[unmoved].tolist()
        assert taken.files[taken.file[place]] == golden_loops.files[golden_loops.file[loop]]
        for name, values in dense.items():
            expected = np.zeros((24, 32), np.float32)
            expected[moved['row'], moved['step']] = 1 if name == 'onset' else moved[name]
            np.testing.assert_array_equal(values[place], expected)


def test_the_highest_note_of_each_step_is_kept_step_by_step():
    chord, line = np.zeros(4, NOTE), np.zeros(2, NOTE)
    chord['row'], chord['step'] = (7, 3, 9, 4), (5, 0, 5, 5)
    line['row'], line['step'] = (2, 1), (5, 5)
    loops = Loops.from_files([('a', [(0, chord), (1, chord[:0]), (2, line)])], GridConfig())
    found = [loop[['row', 'step']].tolist() for loop in loops.keep_highest()]
    assert found == [[(3, 0), (9, 5)], [], [(2, 5)]]
    assert len(loops.cells) == 6  # stays as it is


def test_joined_loops_keep_their_files(golden_loops):
    grid = golden_loops.grid
    joined = join_loops([golden_loops[:3], golden_loops[3:7]], grid)
    second = golden_loops.file[3:7] + len(golden_loops.files)
    assert joined.file.tolist() == [*golden_loops.file[:3], *second]
    assert joined.files == golden_loops.files * 2
    assert joined.cells.tobytes() == golden_loops[:7].cells.tobytes()
    assert joined.offsets.tolist() == golden_loops.offsets[:8].tolist()
    assert len(join_loops([], grid)) == 0
