"""Transposed copies with their golden files, and recombined halves."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.model.notes import lay_out
from melodyvae.training.augment import Recombination, add_transpositions
from melodyvae.training.data import training_data
from melodyvae.training.examples import Examples, take_examples
from melodyvae.training.split import split

import golden_files


def transposed(patterns, config) -> Loops:
    """The patterns as a library, with their copies."""
    loops = Loops.from_files([('a file', list(enumerate(patterns)))], config.grid)
    return take_examples(loops, add_transpositions(loops, everything(loops), config))


@pytest.mark.parametrize(
    ('shifts', 'patterns', 'copies'),
    [
        ((-12, -5, 5, 7), [[5, 18], [0, 23]], [[0, 13], [10, 23]]),  # only shifts that stay inside
        ((-1, 1), [[10], [11, 0]], [[9], [11], [12, 1]]),
        ((-1, 0, 1), [[0, 23]], [[0, 23]]),  # a shift of 0 doubles a loop
        ((-12, 12), [], []),
    ],
)
def test_copies_that_fit_follow_all_originals(shifts, patterns, copies):
    config = preset('melodyvae_improved')
    config.data.transpositions = shifts
    cells = [np.array([(row, step, 1, 1, 0) for step, row in enumerate(p)], NOTE) for p in patterns]
    assert [x['row'].tolist() for x in transposed(cells, config)] == [*patterns, *copies]


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_golden_copies(name):
    config = preset(name, 'js')
    originals = golden_files.read(f'{name}.patterns.augment0.json')
    expected = golden_files.read(f'{name}.patterns.augment1.json')
    assert originals.keys() == expected.keys()
    count = 0
    for file in originals:
        patterns = [
            np.array([tuple(value or 0 for value in cell) for cell in loop], NOTE)
            for loop in originals[file]['patterns'] or []
        ]
        loops = transposed(patterns, config)
        wanted = expected[file]['patterns'] or []
        assert len(loops) == len(wanted), file
        for loop, cells in zip(loops, wanted, strict=True):
            assert loop[['row', 'step']].tolist() == [tuple(cell[:2]) for cell in cells]
        count += len(wanted) - len(patterns)
    assert count > 0


MELODY = GridConfig()
DRUMS = preset('rhythmvae').grid


def made_loops(sizes, grid=MELODY, notes=8, rows=(4, 16)) -> Loops:
    """Files of so many loops each, half of the notes in each half; no two notes are alike."""
    random = np.random.default_rng(0)
    half = grid.steps // 2
    number = 0
    entries = []
    for file, size in enumerate(sizes):
        patterns = []
        for _ in range(size):
            steps = random.choice(half, notes // 2, replace=False)
            pattern = np.zeros(notes, NOTE)
            pattern['step'] = np.concatenate([steps, half + steps[::-1]])
            pattern['row'] = random.integers(*rows, notes)
            pattern['velocity'] = (number + np.arange(notes)) / 4096
            pattern['duration'] = 0.1 + pattern['velocity']
            pattern['timeshift'] = pattern['velocity'] - 0.5
            number += notes
            patterns.append(pattern)
        entries.append((f'file {file}', list(enumerate(patterns))))
    return Loops.from_files(entries, grid)


def everything(loops) -> Examples:
    return Examples(np.arange(len(loops), dtype=np.int32), np.zeros(len(loops), np.int8))


def recombined(loops, examples, share, seed=0):
    """`cells` of each example, and for each cell which one of the library it is."""
    recombination = Recombination(loops, examples, share)
    cells, owner = recombination.recombine(examples, np.random.default_rng(seed))
    assert cells.dtype == NOTE
    found = np.rint(cells['velocity'] * 4096).astype(int)
    source = np.argsort(np.rint(loops.cells['velocity'] * 4096).astype(int))[found]
    return [(cells[owner == i], source[owner == i]) for i in range(len(examples))]


def halves(loops, source):
    """The loops that the notes of a first half, and those of a second half, are from."""
    loop = np.repeat(np.arange(len(loops)), np.diff(loops.offsets))[source]
    second = loops.cells['step'][source] >= loops.grid.steps // 2
    return set(loop[~second].tolist()), set(loop[second].tolist())


@pytest.mark.parametrize('share', [0.0, 0.5, 1.0])
@pytest.mark.parametrize('grid', [MELODY, DRUMS], ids=['melody', 'drums'])
def test_halves_are_whole_and_of_the_example_s_file(grid, share):
    loops = made_loops([5, 1, 7], grid, rows=(0, 9)).take(np.random.default_rng(1).permutation(13))
    examples = everything(loops)
    half = grid.steps // 2
    exchanged, others = 0, 0
    for seed in range(20):
        for example, (cells, source) in enumerate(recombined(loops, examples, share, seed)):
            origin = loops.cells[source]
            (first,), (second,) = halves(loops, source)
            assert first == example
            assert loops.file[second] == loops.file[example]
            assert len(cells) == 8  # four of each half
            assert len(set(zip(cells['row'], cells['step'], strict=True))) == 8
            for name in ('row', 'velocity', 'duration', 'timeshift'):
                np.testing.assert_array_equal(cells[name], origin[name])
            moved = (cells['step'].astype(int) - origin['step']) % grid.steps
            assert set(moved.tolist()) in ({0}, {half})
            assert cells['step'].max() < grid.steps
            exchanged += moved[0] == half
            others += second != example
    count = 20 * len(loops)
    assert 0.35 < exchanged / count < 0.65
    # A loop may be drawn for itself: one of 5, of 1, of 7, which is 10 of 13 not itself.
    assert others / count == pytest.approx(share * 10 / 13, abs=0.1 if share else 0)


def test_second_halves_are_those_trained_on_of_the_same_file_voice_and_transposition():
    loops = made_loops([6, 6], rows=(0, 24))  # few of which can be moved far
    loops = dataclasses.replace(loops, voice=np.array([0, 0, 0, 1, 1, 1] * 2, np.int32))
    config = preset('melodyvae')
    config.data.learn_all_below = 0
    config.data.split, config.data.transpositions = 'loop', (-2, -1, 1, 2)
    training, validation = split(loops, config)  # copies of a loop are on both sides, as in devices
    assert set(training.loop.tolist()) & set(validation.loop.tolist())
    trained = list(zip(training.loop.tolist(), training.shift.tolist(), strict=True))
    seen = set()
    for seed in range(60):
        batch = recombined(loops, training, 1.0, seed)
        for (loop, shift), (cells, source) in zip(trained, batch, strict=True):
            rows = loops.cells['row'][source].astype(int) + shift
            np.testing.assert_array_equal(cells['row'], rows)
            assert rows.min() >= 0 and rows.max() < 24
            _, (second,) = halves(loops, source)
            seen.add((loop, second, shift))
    assert seen == {(a, b, s) for a, s in trained for b, t in trained if (a // 3, s) == (b // 3, t)}


def test_too_few_notes_are_no_loop():
    """A loop that plays in its first bar only, and one that does in its second only."""
    entries = []
    for start in (0, 16):
        pattern = np.zeros(6, NOTE)
        pattern['step'] = start + np.arange(6)
        pattern['velocity'] = (start + np.arange(6)) / 4096
        entries.append((start // 16, pattern))
    loops = Loops.from_files([('file', entries)], MELODY)
    examples = Examples(np.tile(np.array([0, 1], np.int32), 50), np.zeros(100, np.int8))
    recombination = Recombination(loops, examples, 1.0)
    _, owner = recombination.recombine(examples, np.random.default_rng(0))
    counts = np.bincount(owner, minlength=100)
    assert set(counts[0::2].tolist()) == {6, 12}  # both bars, where the other's was drawn
    assert set(counts[1::2].tolist()) == {6}  # and never an empty loop


def test_a_loop_is_recombined_anew_in_every_step():
    config = preset('melodyvae')
    config.data.recombination, config.training.batch_size = 1.0, 6
    config.training.least_steps = 0  # one step per epoch: epochs differ
    data = training_data(made_loops([6], config.grid), config)
    grids = {
        grid.numpy().tobytes()
        for batch in data.training_batches().take(40)
        for grid in lay_out(batch, config.grid)['velocity']
    }
    assert len(grids) == 6 * 6 * 2  # every first half with every second one, in both orders
