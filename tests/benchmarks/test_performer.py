"""A synthetic performance: by hand, measured again, and found in what a model plays."""

import numpy as np
import pytest

from benchmarks import performer
from benchmarks.performer import (
    ACCENTS,
    ARTICULATION,
    LAID_BACK,
    SWING_RATIO,
    VELOCITY,
    decode_at_onsets,
    learned_figures,
    measure_performance,
    perform,
)
from melodyvae.config.settings import FEATURES, GridConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE, pattern_notes
from melodyvae.playing.player import Player

from runs import made_model, small_config

GRID = GridConfig()


def loops_of(*patterns: list[tuple]) -> Loops:
    loops = [(number, np.array(pattern, NOTE)) for number, pattern in enumerate(patterns)]
    return Loops.from_files([('made up', loops)], GRID)


def written_loops(count: int, *, rows: int, lengths=(0.125, 0.25, 0.5, 1.0)) -> Loops:
    """Loops of 16 notes on the lowest rows, with lengths in half notes."""
    random = np.random.default_rng(0)
    cells = np.zeros((count, 16), NOTE)
    cells['row'] = random.integers(0, rows, cells.shape)
    cells['step'] = np.sort([random.permutation(GRID.steps)[:16] for _ in range(count)])
    cells['velocity'] = 0.7
    cells['duration'] = random.choice(lengths, cells.shape)
    return loops_of(*cells)


def test_a_performance_without_jitter_by_hand(monkeypatch):
    for name in ('TIMESHIFT_JITTER', 'VELOCITY_JITTER', 'ARTICULATION_JITTER'):
        monkeypatch.setattr(performer, name, 0)
    played = perform(loops_of([(0, step, 0.7, 0.25, 0) for step in range(GRID.steps)]), 0)[0]
    start = pattern_notes(played, GRID).start
    # The first eighth of a beat lasts 0.6 of it and the second 0.4; half a step is an eighth of a
    # quarter, so a backbeat comes 0.025 quarters late.
    assert start[:4] == pytest.approx([0, 0.3, 0.6, 0.8])
    assert start[4:9] == pytest.approx([1.025, 1.3, 1.6, 1.8, 2.0])
    assert start[12] == pytest.approx(3.025)
    velocities = np.rint(np.array([0.85, 0.52, 0.62, 0.52, 0.72]) * 127) / 127
    assert played['velocity'][:5] == pytest.approx(velocities)
    assert played['duration'][:5] / 0.25 == pytest.approx([0.95, 1.0, 0.6, 1.0, 0.85])
    sixteenths = perform(loops_of([(0, step, 0.7, 0.125, 0) for step in range(16)]), 0)[0]
    assert (sixteenths['duration'] == 0.125).all()


def test_what_is_put_in_is_measured():
    written = written_loops(900, rows=24)
    before = written.cells.copy()
    played = perform(written, 7)
    assert measure_performance(played, written) == pytest.approx(
        {
            'swing_ratio': SWING_RATIO,
            'laid_back': LAID_BACK,
            **{f'velocity_{name}': x for name, x in zip(ACCENTS, VELOCITY, strict=True)},
            **{f'articulation_{name}': x for name, x in zip(ACCENTS, ARTICULATION, strict=True)},
        },
        rel=0.01,
        abs=0.005,
    )
    straight = measure_performance(written, written)
    assert (straight['swing_ratio'], straight['laid_back']) == (1, 0)
    assert {straight[f'articulation_{accent}'] for accent in ACCENTS} == {1}
    assert np.array_equal(written.cells, before)
    for name in ('row', 'step'):
        assert np.array_equal(played.cells[name], before[name])
    for name in FEATURES[1:]:
        assert np.array_equal(perform(written, 7).cells[name], played.cells[name])
        assert not np.array_equal(perform(written, 8).cells[name], played.cells[name])


def test_articulation_is_not_mistaken_for_blurred_durations():
    written = loops_of([(0, 0, 0.5, 0.25, 0), (0, 16, 0.5, 0.75, 0)])
    blurred = loops_of([(0, 0, 0.5, 0.4, 0), (0, 16, 0.5, 0.4, 0)])
    found = measure_performance(blurred, written)
    assert found['articulation_downbeat'] == pytest.approx(0.8)


def test_what_has_no_notes_is_absent():
    assert measure_performance(loops_of([]), loops_of([])) == {}
    beats = loops_of([(0, step, 0.5, 0.25, 0) for step in (0, 4, 8)])
    assert measure_performance(beats, beats).keys() == {
        'laid_back',
        'velocity_downbeat',
        'velocity_beat',
        'articulation_downbeat',
        'articulation_beat',
    }


def test_decoded_at_onsets_goes_loop_by_loop(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(20))
    found = decode_at_onsets(Player.of(model, 0.2), loops)
    assert np.array_equal(found.cells['row'], loops.cells['row'])
    for index in (0, 19):
        grids = model.predict(loops.to_dense(np.array([index])), verbose=0)
        for name in model.config.features[1:]:
            expected = [grids[name][0, cell['row'], cell['step']] for cell in loops[index]]
            assert found[index][name] == pytest.approx(expected, rel=1e-4)


def test_what_was_put_in_is_learned():
    config = small_config()
    config.model.hidden, config.model.dropout = 32, 0.0
    config.model.duration_activation = 'softplus'
    config.loss.only_at_onsets = True
    config.training.learning_rate = 3e-2
    config.training.epochs = 60
    config.training.early_stopping_patience = 0
    config.data.transpositions = ()
    written = written_loops(250, rows=4, lengths=(0.25, 0.5))
    found = {figure.name: figure for figure in learned_figures(config, written)}
    put_in = {'swing_ratio': SWING_RATIO, 'laid_back': LAID_BACK}
    put_in |= {f'velocity_{name}': x for name, x in zip(ACCENTS, VELOCITY, strict=True)}
    articulation = {f'articulation_{n}': x for n, x in zip(ACCENTS, ARTICULATION, strict=True)}
    for name, expected in (('learned', put_in | articulation), ('generated', put_in)):
        for key, value in expected.items():
            figure = found[f'{config.name}, {key}, {name}']
            assert figure.beside == pytest.approx([value], rel=0.1)  # the performance itself
            assert figure.values == pytest.approx([value], rel=0.2)
    assert found[f'{config.name}, swing_ratio, written'].values == [pytest.approx(1)]
