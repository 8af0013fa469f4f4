"""Loops to evaluate a run on: its own held-out loops or other MIDI."""

import pytest

from melodyvae.loops.pattern import NOTE
from melodyvae.playing.clips import write_midi
from melodyvae.runs.held_out import find_loops
from melodyvae.system.errors import UserError
from melodyvae.training.split import split

from runs import make_run_with_loops


@pytest.fixture
def run(tmp_path, golden_loops):
    return make_run_with_loops(tmp_path / 'run', golden_loops)


def test_a_run_is_measured_on_what_it_held_out(run, golden_loops):
    held_out, training, remarks = find_loops(run, [])
    sides = split(golden_loops, run.config)
    assert [len(training), len(held_out)] == [len(side) for side in sides]
    for name in NOTE.names:  # the golden velocities are no exact 127ths, as a dataset's are
        expected = golden_loops[sides[1].loop[0]][name]
        assert held_out[0][name] == pytest.approx(expected, rel=1e-6)
    assert remarks == []


def test_a_run_is_measured_on_other_midi(run, golden_loops, tmp_path):
    midi = tmp_path / 'held out [1]'
    midi.mkdir()
    write_midi([golden_loops[60], golden_loops[61]], run.config.grid, midi / 'two loops.mid')
    (midi / 'broken.mid').write_text('no MIDI')
    held_out, training, remarks = find_loops(run, [midi])
    assert len(held_out) == 2
    assert len(training) > len(golden_loops)
    assert len(remarks) == 1
    assert 'broken.mid' in remarks[0]


def test_other_midi_needs_no_dataset(run, golden_loops, tmp_path):
    run.data.rename(tmp_path / 'elsewhere')
    write_midi([golden_loops[60]], run.config.grid, tmp_path / 'loop.mid')
    held_out, training, remarks = find_loops(run, [tmp_path / 'loop.mid'])
    assert (len(held_out), training, len(remarks)) == (1, None, 1)
    with pytest.raises(UserError, match='data'):
        find_loops(run, [])


def test_midi_without_a_loop_is_refused(run, tmp_path):
    (tmp_path / 'broken.mid').write_text('no MIDI')
    with pytest.raises(UserError, match=r'broken\.mid'):
        find_loops(run, [tmp_path / 'broken.mid'])
