"""New loops out of pieces of old ones."""

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.training.compose import CONTEXT, Composer

GRID = GridConfig(rows=12, steps=8, minimum_onsets=1)


def line(rows, velocity=0.5):
    """A loop with a note a step, or none where its row is None."""
    return np.array(
        [(row, step, velocity, 0.25, 0) for step, row in enumerate(rows) if row is not None], NOTE
    )


def composer(*lines):
    return Composer(Loops.from_files([('made', list(enumerate(lines)))], GRID))


def wish(rows):
    scores = np.full((GRID.rows, GRID.steps), -1, np.float32)
    for step, row in enumerate(rows):
        if row is not None:
            scores[row, step] = 1
    return scores


def test_the_best_of_the_loops_is_found_where_none_meet():
    first, second = line([0, 2, 4, 5, 7, 9, 11, 9]), line([11, 9, 7, 5, 4, 2, 0, 2])
    both = composer(first, second)
    assert both.compose(wish([0, 2, 4, 5, 7, 9, 11, 9])).tolist() == first.tolist()
    assert both.compose(wish([11, 9, 7, 5, None, None, None, 2])).tolist() == second.tolist()


def test_loops_change_over_where_they_came_alike():
    up, down = [0, 2, 4, 5, 7, 9, 11, 9], [0, 2, 4, 5, 4, 2, 0, 2]
    other = [7, 2, 4, 5, 7, 9, 11, 9]  # differs in its first note, CONTEXT notes before
    assert CONTEXT == 3
    made = composer(line(down, 0.3), line(other, 0.9)).compose(wish(up))
    assert made['row'].tolist() == up
    np.testing.assert_allclose(
        made['velocity'], [0.3] * 4 + [0.9] * 4
    )  # of where each is taken from


def test_loops_that_only_share_their_notes_and_not_their_times_do_not_change_over():
    early, late = [0, 2, 4, None, 5, 7, 9, 11], [0, None, 2, 4, None, 0, 0, 0]
    made = composer(line(early), line(late)).compose(wish([0, 2, 4, None, None, 0, 0, 0]))
    assert made['row'].tolist() in ([0, 2, 4, 5, 7, 9, 11], [0, 2, 4, 0, 0, 0])


def test_several_notes_of_a_step_come_together():
    chords = np.concatenate([line([0] * 8), line([4] * 8), line([7] * 8)])
    alone = line([0] * 8)
    made = composer(chords, alone).compose(wish([4] * 8))
    assert len(made) == 24 and made['step'].tolist() == sorted(made['step'].tolist())


def test_what_is_made_goes_on_as_the_library_does(golden_loops):
    """Every four notes in a row, with the times of the last three, are some loop's."""

    def runs(pattern):
        one_a_step = pattern[np.append(np.diff(pattern['step']) > 0, True)]
        rows, steps = one_a_step['row'].tolist(), one_a_step['step'].tolist()
        return {
            (tuple(rows[k : k + CONTEXT + 1]), tuple(steps[k + 1 : k + CONTEXT + 1]))
            for k in range(len(rows) - CONTEXT)
        }

    voices = [np.sort(loop, order=['step', 'row']) for loop in golden_loops]
    single = [loop for loop in voices if len(set(loop['step'].tolist())) == len(loop)]
    library = Loops.from_files([('golden', list(enumerate(single)))], golden_loops.grid)
    known = set().union(*map(runs, single))
    every = Composer(library)
    random = np.random.default_rng(0)
    made = [every.compose(random.normal(0, 1, (24, 32)).astype(np.float32)) for _ in range(20)]
    assert all(runs(pattern) <= known for pattern in made)
    own = [loop[['row', 'step']].tolist() for loop in single]
    assert any(pattern[['row', 'step']].tolist() not in own for pattern in made)
