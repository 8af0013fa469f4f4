"""Who is trained on, who is held out."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples
from melodyvae.training.split import split


def keys(examples):
    return set(zip(examples.loop.tolist(), examples.shift.tolist(), strict=True))


def test_no_file_is_on_both_sides_and_only_training_loops_are_transposed(golden_loops):
    config = preset('melodyvae_improved')
    training, validation = split(golden_loops, config)
    files = golden_loops.file
    assert not set(files[training.loop]) & set(files[validation.loop])
    assert set(training.loop) | set(validation.loop) == set(range(len(golden_loops)))
    assert 0.05 < len(validation) / len(golden_loops) <= 1 / 6
    assert not validation.shift.any()
    assert len(keys(training)) == len(training)
    lowest, highest = golden_loops.row_range()
    assert np.all(lowest[training.loop] + training.shift >= 0)
    assert np.all(highest[training.loop] + training.shift < config.grid.rows)
    assert set(training.shift) == {0, *config.data.transpositions}


def test_the_devices_split_leaks_copies(golden_loops):
    training, validation = split(golden_loops, preset('melodyvae_improved', 'js'))
    total = len(training) + len(validation)
    assert len(training) == int(5 / 6 * total)
    assert set(training.loop) & set(validation.loop)
    assert not keys(training) & keys(validation)


def test_the_seed_decides(golden_loops):
    config = preset('melodyvae_improved')
    first = split(golden_loops, config)[1].loop
    np.testing.assert_array_equal(first, split(golden_loops, config)[1].loop)
    config.training.seed = 1
    assert first.tolist() != split(golden_loops, config)[1].loop.tolist()


@pytest.mark.parametrize('count', [2, 3, 12])
def test_few_loops_of_one_file_are_split_by_loop(golden_loops, count):
    file = np.bincount(golden_loops.file).argmax()
    loops = golden_loops.take(np.resize(np.flatnonzero(golden_loops.file == file), count))
    training, validation = split(loops, preset('melodyvae_improved'))
    assert len(validation) >= 1
    assert not set(training.loop) & set(validation.loop)


def test_the_larger_of_two_files_is_trained_on(golden_loops):
    sizes = np.bincount(golden_loops.file)
    large, small = sizes.argmax(), np.flatnonzero(sizes == 1)[0]
    loops = golden_loops.take(np.flatnonzero(np.isin(golden_loops.file, [large, small])))
    training, validation = split(loops, preset('melodyvae_improved'))
    assert set(loops.file[validation.loop]) == {small}
    assert set(loops.file[training.loop]) == {large}


@pytest.mark.parametrize('count', [0, 1])
def test_too_few_loops_are_refused(golden_loops, count):
    with pytest.raises(UserError, match=f'this library has {count}.'):
        split(golden_loops.take(np.arange(count)), preset('melodyvae_improved'))


def test_at_most_takes_evenly_chosen_examples_in_order():
    examples = Examples(np.arange(10, dtype=np.int32), np.zeros(10, np.int8))
    assert examples.take_at_most(10) is examples
    assert examples.take_at_most(4).loop.tolist() == [0, 3, 6, 9]


@pytest.mark.parametrize('split_by', ['file', 'loop'])
@pytest.mark.parametrize(
    ('more', 'fraction', 'held_out'), [(0, 0.2, True), (1, 0.2, False), (0, 0.0, False)]
)
def test_a_small_library_is_learned_whole_if_asked(
    golden_loops, split_by, more, fraction, held_out
):
    config = preset('melodyvae_improved')
    config.data.split, config.data.validation_fraction = split_by, fraction
    config.data.learn_all_below = len(np.unique(golden_loops.file)) + more
    training, validation = split(golden_loops, config)
    assert bool(len(validation)) == held_out
    assert training.shift.any()
    if not held_out:
        assert set(training.loop) == set(range(len(golden_loops)))
