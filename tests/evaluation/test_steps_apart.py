"""Which loops are new, variations or copies."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.evaluation.steps_apart import Origin, choose_clips, find_nearest, find_origins
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE

CONFIG = preset('melodyvae')


def line(rows):
    return np.array([(row, step, 0.5, 0.25, 0) for step, row in enumerate(rows) if row], NOTE)


FIRST, SECOND = [5, 7, 9, 7, 5, 4, 2, 4], [12, 11, 9, 7, 5, 4, 2, 4]
LIBRARY = Loops.from_files(
    [('a.mid', [(0, line(FIRST))]), ('b.mid', [(3, line(SECOND))])], CONFIG.grid
)


@pytest.mark.parametrize(
    ('rows', 'said'),
    [
        (FIRST, 'copy of a.mid, loop 1'),
        (SECOND, 'copy of b.mid, loop 4'),
        ([5, 7, 9, 7, 5, 4, 2, 5], 'variation of a.mid, loop 1'),  # another pitch
        ([12, 11, 9, 7, 5, 4, 0, 0], 'variation of b.mid, loop 4'),  # rests
        ([12, 11, 9, 7, 5, 3, 3, 3], 'new'),  # three steps
        ([0] * 8, 'new'),  # silence
    ],
)
def test_steps_decide(rows, said):
    assert str(find_origins([line(rows)], LIBRARY, CONFIG)[0]) == said


def test_every_loop_of_a_library_is_its_own_nearest(golden_loops):
    nearest, apart = find_nearest(golden_loops, golden_loops)
    assert not apart.any()
    for number in np.flatnonzero(nearest != np.arange(len(golden_loops))):
        pair = golden_loops[number], golden_loops[nearest[number]]
        assert set(pair[0][['row', 'step']].tolist()) == set(pair[1][['row', 'step']].tolist())


def test_clips_differ_and_few_are_copies():
    copy, new = Origin('copy', 'a.mid, loop 1'), Origin('new', 'a.mid, loop 1')
    patterns = [line([row] * 8) for row in (1, 1, 2, 3, 4, 5, 6, 7)] + [line([0] * 8)]
    origins = [copy, copy, copy, copy, copy, new, new, new, new]
    assert choose_clips(patterns, origins, 4) == [0, 5, 6, 7]
    assert choose_clips(patterns, origins, 6) == [0, 2, 3, 5, 6, 7]  # nothing else is left
    assert choose_clips(patterns, origins, 99) == [0, 2, 3, 4, 5, 6, 7]
