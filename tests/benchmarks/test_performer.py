"""What is put into performed loops: by hand, and measured again."""

import dataclasses

import numpy as np
import pytest
from performances import expect_figures

from benchmarks.performer import (
    ACCENTS,
    PerformanceModel,
    find_accents,
    measure_performance,
    perform,
)
from melodyvae.config.settings import FEATURES, GridConfig
from melodyvae.cutting.cut import cut_loops
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE, pattern_notes
from melodyvae.system.errors import UserError

from pieces import make_piece

GRID = GridConfig()
STEADY = PerformanceModel(timeshift_jitter=0, velocity_jitter=0, articulation_jitter=0)


def loops_of(*patterns: list[tuple], grid: GridConfig = GRID) -> Loops:
    loops = [(number, np.array(pattern, NOTE)) for number, pattern in enumerate(patterns)]
    return Loops.from_files([('made up', loops)], grid)


def every_step(duration: float) -> Loops:
    return loops_of([(0, step, 0.7, duration, 0) for step in range(GRID.steps)])


@pytest.fixture(scope='module')
def written() -> Loops:
    """300 loops of 20 notes from a sixteenth to a half."""
    random = np.random.default_rng(0)
    patterns = []
    for _ in range(300):
        cells = np.zeros(20, NOTE)
        cells['row'] = random.integers(0, GRID.rows, 20)
        cells['step'] = np.sort(random.permutation(GRID.steps)[:20])
        cells['velocity'] = 0.7
        cells['duration'] = random.choice([0.125, 0.25, 0.5, 1.0], 20)
        patterns.append(cells)
    return Loops.from_files([('made up', list(enumerate(patterns)))], GRID)


def test_accents_of_a_bar():
    names = [ACCENTS[accent] for accent in find_accents(np.arange(17, dtype=np.uint8), GRID)]
    beat = ['beat', 'weak', 'off_beat', 'weak']
    assert names == ['downbeat', *beat[1:], *beat, *beat, *beat, 'downbeat']
    fine = find_accents(
        np.array([0, 6, 12, 18, 20, 48]), GridConfig(steps=96, steps_per_quarter=12)
    )
    assert [ACCENTS[accent] for accent in fine] == [
        'downbeat',
        'off_beat',
        'beat',
        'off_beat',
        'weak',
        'downbeat',
    ]


def test_swing_and_laid_back_beats_by_hand():
    played = perform(every_step(0.125), 0, STEADY)
    start = pattern_notes(played[0], GRID).start
    # The first eighth of a beat lasts 0.6 of it and the second 0.4; half a step is an eighth of a
    # quarter, so a backbeat comes 0.025 quarters late.
    assert start[:4] == pytest.approx([0, 0.3, 0.6, 0.8])
    assert start[4:9] == pytest.approx([1.025, 1.3, 1.6, 1.8, 2.0])
    assert start[12] == pytest.approx(3.025)


def test_accents_and_articulation_by_hand():
    played = perform(every_step(0.25), 0, STEADY)[0]
    velocities = np.rint(np.array([0.85, 0.52, 0.62, 0.52, 0.72]) * 127) / 127
    assert played['velocity'][:5] == pytest.approx(velocities)
    assert played['velocity'][16] == pytest.approx(velocities[0])
    assert played['duration'][:5] / 0.25 == pytest.approx([0.95, 1.0, 0.6, 1.0, 0.85])
    sixteenths = perform(every_step(0.125), 0, STEADY)[0]
    assert (sixteenths['duration'] == 0.125).all()


@pytest.mark.parametrize(
    'model',
    [
        PerformanceModel(),
        PerformanceModel(swing_ratio=1.0, laid_back=-0.3),
        PerformanceModel(swing_ratio=1.25, laid_back=0.5, velocity=(0.6, 0.8, 0.9, 0.3)),
        PerformanceModel(articulation=(0.5, 0.6, 0.8, 0.9), articulation_jitter=0.1),
    ],
)
def test_what_is_put_in_is_measured(written, model):
    truth = expect_figures(model)
    found = measure_performance(perform(written, 7, model), written)
    assert found.keys() == truth.keys()
    assert found == pytest.approx(truth, rel=0.01, abs=0.005)


def test_written_notes_have_no_performance(written):
    found = measure_performance(written, written)
    assert (found['swing_ratio'], found['laid_back']) == (1, 0)
    assert found['accent_depth'] == pytest.approx(0, abs=1e-6)
    assert {found[f'articulation_{accent}'] for accent in ACCENTS} == {1}


def test_only_the_playing_changes(written):
    before = written.cells.copy()
    played = perform(written, 3)
    assert np.array_equal(written.cells, before)
    assert played.cells.dtype == NOTE
    for name in ('row', 'step'):
        assert np.array_equal(played.cells[name], before[name])
    assert np.array_equal(played.offsets, written.offsets)
    assert played.files == written.files


def test_the_seed_decides(written):
    assert np.array_equal(perform(written, 3).cells, perform(written, 3).cells)
    other = perform(written, 4).cells
    for name in FEATURES[1:]:
        assert not np.array_equal(perform(written, 3).cells[name], other[name])


def test_every_note_stays_on_its_step(written):
    played = perform(written, 3)
    for index in range(len(played)):
        again = cut_loops([make_piece(pattern_notes(played[index], GRID))], GRID)
        assert len(again) == 1
        order = np.lexsort((played[index]['step'], played[index]['row']))
        for name in NOTE.names:
            assert again[0][name] == pytest.approx(played[index][order][name], abs=1e-5)


def test_a_dataset_keeps_it_exactly(written, tmp_path):
    played = perform(written, 3)
    save_loops(played, tmp_path / 'data')
    assert np.array_equal(np.array(load_loops(tmp_path / 'data').cells), played.cells)


def test_stored_loops_can_be_performed(written, tmp_path):
    save_loops(perform(written, 1), tmp_path / 'data')
    stored = load_loops(tmp_path / 'data')
    assert np.array_equal(perform(stored, 2).cells, perform(perform(written, 1), 2).cells)


def test_extremes_stay_in_range(written):
    wild = PerformanceModel(timeshift_jitter=2, velocity_jitter=2, articulation_jitter=4)
    cells = perform(written, 0, wild).cells
    for name, low, high in (('velocity', 1 / 127, 1), ('duration', 0.1, 2), ('timeshift', -1, 1)):
        assert cells[name].min() == np.float32(low)
        assert cells[name].max() == pytest.approx(high)
    assert cells['timeshift'].max() < 1


@pytest.mark.parametrize(
    ('model', 'grid'),
    [
        (PerformanceModel(swing_ratio=5 / 3), GRID),
        (PerformanceModel(laid_back=1.0), GRID),
        (PerformanceModel(), GridConfig(steps=96, steps_per_quarter=12)),
    ],
)
def test_notes_do_not_leave_their_step(model, grid):
    loops = loops_of([(0, step, 0.7, 0.25, 0) for step in range(grid.steps)], grid=grid)
    with pytest.raises(UserError, match='another step of a grid'):
        perform(loops, 0, model)


def test_a_player_who_is_late_altogether_does_not_swing(written):
    played = perform(written, 0, dataclasses.replace(STEADY, swing_ratio=1.2))
    late = played.cells.copy()
    late['timeshift'] += 0.25
    found = measure_performance(dataclasses.replace(played, cells=late))
    assert found['swing_ratio'] == pytest.approx(1.2)
    assert found['laid_back'] == pytest.approx(0.2)


def test_articulation_is_not_mistaken_for_blurred_durations():
    written = loops_of([(0, 0, 0.5, 0.25, 0), (0, 16, 0.5, 0.75, 0)])
    blurred = loops_of([(0, 0, 0.5, 0.4, 0), (0, 16, 0.5, 0.4, 0)])
    found = measure_performance(blurred, written)
    assert found['articulation_downbeat'] == pytest.approx(0.8)


def test_nothing_is_said_without_notes():
    assert measure_performance(loops_of([]), loops_of([])) == {}
    assert len(perform(loops_of([]), 0)) == 1
    beats = loops_of([(0, step, 0.5, 0.25, 0) for step in (0, 4, 8)])
    assert measure_performance(beats, beats).keys() == {
        'laid_back',
        'velocity_downbeat',
        'velocity_beat',
        'articulation_downbeat',
        'articulation_beat',
    }


def test_only_features_of_the_system_are_measured(written):
    assert not any('articulation' in name for name in measure_performance(written))
    assert measure_performance(written, written, ('onset', 'timeshift')).keys() == {
        'swing_ratio',
        'laid_back',
    }
