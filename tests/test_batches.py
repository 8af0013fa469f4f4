"""Batches: every loop once an epoch, or the devices' wrapping ones."""

import numpy as np

from melodyvae.batches import (
    batch_size,
    epoch_order,
    steps_per_epoch,
    training_batches,
    validation_batches,
)
from melodyvae.config import preset
from melodyvae.split import split


def fingerprints(batches) -> list[bytes]:
    return [
        np.stack([grid.numpy() for grid in loop]).tobytes()
        for batch in batches
        for loop in zip(*batch.values(), strict=True)
    ]


def test_an_epoch_is_every_training_loop_once(golden_loops):
    config = preset('melodyvae_improved')
    training, validation = split(golden_loops, config)
    steps = steps_per_epoch(training, validation, config)
    stream = training_batches(golden_loops, training, validation, config)
    first, second = fingerprints(stream.take(steps)), fingerprints(stream.skip(steps).take(steps))
    grids = golden_loops.dense(training.loop, training.shift)
    all_loops = [np.stack(loop).tobytes() for loop in zip(*grids.values(), strict=True)]
    assert sorted(first) == sorted(second) == sorted(all_loops)
    assert first != second


def test_a_later_epoch_can_be_reached_directly(golden_loops):
    config = preset('melodyvae_improved')
    training, validation = split(golden_loops, config)
    steps = steps_per_epoch(training, validation, config)
    stream = training_batches(golden_loops, training, validation, config)
    later = training_batches(golden_loops, training, validation, config, first_epoch=2)
    assert fingerprints(stream.skip(2 * steps).take(steps)) == fingerprints(later.take(steps))


def test_js_epochs_wrap(golden_loops):
    config = preset('melodyvae_improved', 'js')
    training, validation = split(golden_loops, config)
    steps = steps_per_epoch(training, validation, config)
    assert steps == (len(training) + len(validation)) // 64
    stream = training_batches(golden_loops, training, validation, config).take(steps)
    assert [len(batch['onset']) for batch in stream] == [64] * steps


def test_a_library_smaller_than_a_batch_trains(golden_loops):
    for fidelity in ('documented', 'js'):
        config = preset('melodyvae_original', fidelity)
        config.data.transpositions = ()
        training, validation = split(golden_loops.take(np.arange(12)), config)
        assert batch_size(training, config) == len(training)
        assert steps_per_epoch(training, validation, config) == 1


def test_validation_is_all_held_out_loops_or_one_batch(golden_loops):
    config = preset('melodyvae_improved')
    config.training.validation_batch_size = 8
    _, validation = split(golden_loops, config)
    sizes = [len(batch['onset']) for batch in validation_batches(golden_loops, validation, config)]
    assert sum(sizes) == len(validation) and sizes[0] == 8
    config.training.validation_batches = 1
    sizes = [len(batch['onset']) for batch in validation_batches(golden_loops, validation, config)]
    assert sizes == [8]


def test_each_pass_is_a_permutation_of_its_own():
    order = epoch_order(7, 0, 21, seed=3)
    passes = order.reshape(3, 7)
    assert all(sorted(one) == list(range(7)) for one in passes.tolist())
    assert passes[0].tolist() != passes[1].tolist()
    np.testing.assert_array_equal(epoch_order(7, 5, 9, seed=3), order[5:14])


def test_only_the_features_of_the_system_are_given(golden_loops):
    config = preset('melodyvae_original', 'js')
    training, validation = split(golden_loops, config)
    batch = next(iter(training_batches(golden_loops, training, validation, config)))
    assert tuple(batch) == ('onset', 'velocity', 'duration')
