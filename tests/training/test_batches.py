"""Batches: every loop once an epoch, or the devices' wrapping ones."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.model.notes import lay_out
from melodyvae.training import batches as module
from melodyvae.training.batches import batch_size, shuffle_passes, steps_per_epoch
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

UNFINISHED = """
import time
import numpy as np
from melodyvae.training import batches
from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.training.split import split

class SlowLoops(Loops):
    def gather_cells(self, loops, shifts=None):
        time.sleep(0.3)
        return super().gather_cells(loops, shifts)

config = preset('melodyvae_improved')
loops = SlowLoops.from_files([('a', [(i, np.zeros(1, NOTE)) for i in range(9)])], config.grid)


def main():  # whose variables the error keeps
    stream = iter(batches.training_batches(loops, *split(loops, config), config))
    next(stream)
    raise ValueError('in the middle')


main()
"""


def training_batches(*arguments, **options):
    """The grids of the batches."""
    notes = module.training_batches(*arguments, **options)
    return notes.map(lambda batch: lay_out(batch, arguments[-1].grid))


def validation_batches(*arguments):
    notes = module.validation_batches(*arguments)
    return notes.map(lambda batch: lay_out(batch, arguments[-1].grid))


def fingerprints(batches) -> list[bytes]:
    return [
        np.stack([grid.numpy() for grid in loop]).tobytes()
        for batch in batches
        for loop in zip(*batch.values(), strict=True)
    ]


def fingerprints_of(loops, examples) -> list[bytes]:
    """Of the examples as they are."""
    grids = loops.to_dense(examples.loop, examples.shift)
    return [np.stack(loop).tobytes() for loop in zip(*grids.values(), strict=True)]


def distinct(loops, examples) -> np.ndarray:
    """Places of examples of which no two sound alike."""
    first = {fingerprint: i for i, fingerprint in enumerate(fingerprints_of(loops, examples))}
    return np.array(sorted(first.values()))


def test_an_epoch_is_every_training_loop_once(golden_loops):
    config = preset('melodyvae_improved')
    training, validation = split(golden_loops, config)
    steps = steps_per_epoch(training, validation, config)
    stream = training_batches(golden_loops, training, validation, config)
    first, second = fingerprints(stream.take(steps)), fingerprints(stream.skip(steps).take(steps))
    assert sorted(first) == sorted(second) == sorted(fingerprints_of(golden_loops, training))
    assert first != second


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae'])
def test_loops_on_disk_give_the_batches_of_those_in_memory(name, golden_loops, tmp_path):
    config = preset(name)
    config.training.least_steps = 0
    save_loops(golden_loops, tmp_path / 'tunes')
    stored = load_loops(tmp_path / 'tunes')
    in_memory = stored.take(np.arange(len(stored)))
    training, validation = split(stored, config)
    count = 2 * steps_per_epoch(training, validation, config)
    streams = [
        training_batches(loops, training, validation, config).take(count)
        for loops in (stored, in_memory)
    ]
    assert fingerprints(streams[0]) == fingerprints(streams[1])


def test_batches_are_the_grids_of_their_loops_in_order(golden_loops):
    config = preset('melodyvae_improved')
    _, validation = split(golden_loops, config)
    batches = list(validation_batches(golden_loops, validation, config))
    grids = golden_loops.to_dense(validation.loop, validation.shift)
    for name in config.features:
        found = np.concatenate([batch[name].numpy() for batch in batches])
        np.testing.assert_array_equal(found, grids[name])
    spec = validation_batches(golden_loops, validation, config).element_spec
    assert {name: tuple(one.shape) for name, one in spec.items()} == dict.fromkeys(
        config.features, (None, 24, 32)
    )


def test_loops_without_a_note_are_empty_grids():
    config = preset('melodyvae_improved')
    silent = Loops.from_files([('a', [(0, np.zeros(0, NOTE))] * 3)], config.grid)
    validation = Examples(np.arange(3, dtype=np.int32), np.zeros(3, np.int8))
    (batch,) = validation_batches(silent, validation, config)
    assert batch['onset'].shape == (3, 24, 32)
    assert not any(grids.numpy().any() for grids in batch.values())


def test_a_program_that_dies_in_the_middle_of_a_batch_ends():
    program = [sys.executable, '-c', UNFINISHED]
    result = subprocess.run(program, capture_output=True, text=True, timeout=200)
    assert result.returncode == 1
    assert result.stderr.endswith('ValueError: in the middle\n')


def wrapping(loops, *, least_steps, batch_size=64):
    """An Improved config of at least so many steps, and the split of the loops."""
    config = preset('melodyvae_improved')
    config.training.least_steps, config.training.batch_size = least_steps, batch_size
    config.data.transpositions = ()
    return config, *split(loops, config)


@pytest.mark.parametrize('least_steps', [0, 10])
def test_a_later_epoch_can_be_reached_directly(golden_loops, least_steps):
    config, *sides = wrapping(golden_loops, least_steps=least_steps, batch_size=30)
    steps = steps_per_epoch(*sides, config)
    stream = training_batches(golden_loops, *sides, config)
    later = training_batches(golden_loops, *sides, config, first_epoch=3)
    assert fingerprints(stream.skip(3 * steps).take(steps)) == fingerprints(later.take(steps))


def test_loops_come_equally_often_within_one_however_far_training_got(golden_loops):
    config, training, validation = wrapping(golden_loops, least_steps=10, batch_size=30)
    training = training.take(distinct(golden_loops, training)[:37])
    assert steps_per_epoch(training, validation, config) == 10
    stream = training_batches(golden_loops, training, validation, config)
    counts = Counter()
    for batch in stream.take(40):
        counts.update(fingerprints([batch]))
        seen = [*counts.values(), *([0] * (37 - len(counts)))]
        assert max(seen) - min(seen) <= 1
    assert sum(counts.values()) == 4 * 300


def test_least_steps_change_nothing_where_there_are_more_loops(golden_loops):
    plain, training, validation = wrapping(golden_loops, least_steps=0, batch_size=8)
    steps = steps_per_epoch(training, validation, plain)
    assert steps == -(-len(training) // 8) and len(training) % 8
    expected = fingerprints(training_batches(golden_loops, training, validation, plain).take(steps))
    for least in (1, steps):  # with as many, the last batch stays what is left
        config, *_ = wrapping(golden_loops, least_steps=least, batch_size=8)
        assert steps_per_epoch(training, validation, config) == steps
        stream = training_batches(golden_loops, training, validation, config)
        assert fingerprints(stream.take(steps)) == expected
    config, *_ = wrapping(golden_loops, least_steps=steps + 1, batch_size=8)
    stream = training_batches(golden_loops, training, validation, config).take(steps + 1)
    assert [len(batch['onset']) for batch in stream] == [8] * (steps + 1)


def test_least_steps_hold_for_the_epochs_of_the_devices_too(golden_loops):
    config = preset('melodyvae_improved', 'js')
    training, validation = split(golden_loops, config)
    steps = steps_per_epoch(training, validation, config)
    assert steps == (len(training) + len(validation)) // 64
    config.training.least_steps = steps - 1
    assert steps_per_epoch(training, validation, config) == steps
    config.training.least_steps = steps + 5
    assert steps_per_epoch(training, validation, config) == steps + 5
    stream = training_batches(golden_loops, training, validation, config).take(steps + 5)
    assert [len(batch['onset']) for batch in stream] == [64] * (steps + 5)


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
    for batches, count in ((0, len(validation)), (1, 8)):
        config.training.validation_batches = batches
        found = validation_batches(golden_loops, validation, config)
        sizes = [len(batch['onset']) for batch in found]
        assert sum(sizes) == count and sizes[0] == 8


def test_each_pass_is_a_permutation_of_its_own():
    order = shuffle_passes(7, 0, 21, seed=3)
    passes = order.reshape(3, 7)
    assert all(sorted(one) == list(range(7)) for one in passes.tolist())
    assert passes[0].tolist() != passes[1].tolist()
    np.testing.assert_array_equal(shuffle_passes(7, 5, 9, seed=3), order[5:14])


def test_only_the_features_of_the_system_are_given(golden_loops):
    config = preset('melodyvae_original', 'js')
    training, validation = split(golden_loops, config)
    batch = next(iter(training_batches(golden_loops, training, validation, config)))
    assert tuple(batch) == ('onset', 'velocity', 'duration')
