"""Batches: every loop once per epoch, or the devices' wrapping ones."""

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
from melodyvae.training.data import TrainingData, training_data
from melodyvae.training.examples import Examples

UNFINISHED = """
import time
import numpy as np
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.config.settings import GridConfig
from melodyvae.training.data import training_data

class SlowLoops(Loops):
    def gather_cells(self, loops, shifts=None):
        time.sleep(0.3)
        return super().gather_cells(loops, shifts)

loops = SlowLoops.from_files([('a', [(i, np.zeros(1, NOTE)) for i in range(9)])], GridConfig())


def main():  # whose variables the error keeps
    stream = iter(training_data(loops, 'melodyvae_improved').training_batches())
    next(stream)
    raise ValueError('in the middle')


main()
"""


def fingerprints(batches, grid) -> list[bytes]:
    """Of each loop in batches of notes."""
    return [
        np.stack([grid.numpy() for grid in loop]).tobytes()
        for batch in batches
        for loop in zip(*lay_out(batch, grid).values(), strict=True)
    ]


def everything(loops) -> Examples:
    return Examples(np.arange(len(loops), dtype=np.int32), np.zeros(len(loops), np.int8))


def fingerprints_of(loops, examples=None) -> list[bytes]:
    """Of all loops, or of some examples, as they are."""
    examples = examples or everything(loops)
    grids = loops.to_dense(examples.loop, examples.shift)
    return [np.stack(loop).tobytes() for loop in zip(*grids.values(), strict=True)]


def make_data(loops, *, least_steps, batch_size, name='melodyvae_improved') -> TrainingData:
    """Data without transposed copies."""
    config = preset(name)
    config.training.least_steps, config.training.batch_size = least_steps, batch_size
    config.data.transpositions = ()
    config.grid = loops.grid
    return training_data(loops, config)


def test_an_epoch_is_every_training_loop_once(golden_loops):
    data = training_data(golden_loops, 'melodyvae_improved')
    grid, steps = golden_loops.grid, data.steps
    stream = data.training_batches()
    first = fingerprints(stream.take(steps), grid)
    second = fingerprints(stream.skip(steps).take(steps), grid)
    assert sorted(first) == sorted(second) == sorted(fingerprints_of(golden_loops, data.training))
    assert first != second


def test_loops_on_disk_give_the_batches_of_those_in_memory(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    stored = load_loops(tmp_path / 'tunes')
    streams = [
        make_data(loops, least_steps=0, batch_size=64, name='melodyvae').training_batches()
        for loops in (stored, stored.take(np.arange(len(stored))))
    ]
    ours, theirs = (fingerprints(stream.take(3), stored.grid) for stream in streams)
    assert ours == theirs


@pytest.mark.parametrize(('batches', 'sizes'), [(0, [8, 8, 3]), (1, [8])])
def test_held_out_batches_are_all_loops_in_order_or_the_first(golden_loops, batches, sizes):
    config = preset('melodyvae_improved')
    config.training.validation_batch_size, config.training.validation_batches = 8, batches
    data = training_data(golden_loops, config)
    found = [lay_out(batch, config.grid) for batch in data.held_out_batches()]
    assert [len(batch['onset']) for batch in found] == sizes
    grids = golden_loops.to_dense(data.held_out.loop)
    for name in config.features:
        values = np.concatenate([batch[name].numpy() for batch in found])
        np.testing.assert_array_equal(values, grids[name][: sum(sizes)])


def test_loops_without_a_note_are_empty_grids():
    config = preset('melodyvae_improved')
    silent = Loops.from_files([('a', [(0, np.zeros(0, NOTE))] * 3)], config.grid)
    some = everything(silent)
    (batch,) = TrainingData(silent, some, some, config).held_out_batches()
    grids = lay_out(batch, config.grid)
    assert grids['onset'].shape == (3, 24, 32)
    assert not any(grid.numpy().any() for grid in grids.values())


def test_a_program_that_dies_in_the_middle_of_a_batch_ends():
    program = [sys.executable, '-c', UNFINISHED]
    result = subprocess.run(program, capture_output=True, text=True, timeout=200)
    assert result.returncode == 1
    assert result.stderr.endswith('ValueError: in the middle\n')


@pytest.mark.parametrize(('name', 'least_steps'), [('melodyvae_improved', 0), ('melodyvae', 10)])
def test_the_seed_and_the_epoch_decide_the_batches(golden_loops, name, least_steps):
    data = make_data(golden_loops, least_steps=least_steps, batch_size=30, name=name)

    def read(first_epoch, skipped=0):
        stream = data.training_batches(first_epoch).skip(skipped * data.steps)
        return fingerprints(stream.take(data.steps), golden_loops.grid)

    later = read(3)
    assert later == read(0, skipped=3) != read(0)
    data.config.training.seed = 1
    assert read(3) != later


def test_loops_come_equally_often_within_one_however_far_training_got(golden_loops):
    unlike = {sound: loop for loop, sound in enumerate(fingerprints_of(golden_loops))}
    config = preset('melodyvae_improved')
    config.training.least_steps, config.training.batch_size = 10, 30
    chosen = everything(golden_loops).take(np.array(sorted(unlike.values()))[:37])
    data = TrainingData(golden_loops, chosen, chosen, config)
    counts = Counter()
    for batch in data.training_batches().take(20):
        counts.update(fingerprints([batch], config.grid))
        seen = [*counts.values(), *([0] * (37 - len(counts)))]
        assert max(seen) - min(seen) <= 1
    assert sum(counts.values()) == 2 * 300


def test_least_steps_change_nothing_where_there_are_more_loops(golden_loops):
    plain = make_data(golden_loops, least_steps=0, batch_size=8)
    steps, grid = plain.steps, golden_loops.grid
    assert steps == -(-len(plain.training) // 8) and len(plain.training) % 8
    same = make_data(golden_loops, least_steps=steps, batch_size=8)
    assert same.steps == steps  # and the last batch stays what is left
    ours, theirs = (data.training_batches().take(steps) for data in (plain, same))
    assert fingerprints(ours, grid) == fingerprints(theirs, grid)
    more = make_data(golden_loops, least_steps=steps + 1, batch_size=8)
    sizes = [len(batch['onset']) for batch in more.training_batches().take(steps + 1)]
    assert sizes == [8] * (steps + 1)


def test_epochs_of_the_devices_have_full_batches(golden_loops):
    config = preset('melodyvae_original', 'js')
    data = training_data(golden_loops, config)
    steps = data.steps
    assert steps == (len(data.training) + len(data.held_out)) // data.batch_size
    for least, expected in ((steps - 1, steps), (steps + 5, steps + 5)):
        config.training.least_steps = least
        data = training_data(golden_loops, config)
        assert data.steps == expected
    batches = list(data.training_batches().take(steps + 5))
    assert [len(batch['onset']) for batch in batches] == [data.batch_size] * (steps + 5)
    assert tuple(batches[0]) == ('cell', 'onset', 'velocity', 'duration')  # no timeshift


@pytest.mark.parametrize('fidelity', ['documented', 'js'])
def test_a_library_smaller_than_a_batch_trains(golden_loops, fidelity):
    config = preset('melodyvae_original', fidelity)
    config.data.transpositions = ()
    data = training_data(golden_loops.take(np.arange(12)), config)
    assert (data.batch_size, data.steps) == (len(data.training), 1)
