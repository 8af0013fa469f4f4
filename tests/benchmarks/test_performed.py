"""Whether a performance with known parameters is found again in what a model plays."""

import dataclasses

import keras
import numpy as np
import pytest
from performances import expect_figures

from benchmarks import performed as performed_module
from benchmarks.performed import (
    decode_at_onsets,
    measure_learned_performance,
    performed_figures,
)
from benchmarks.performer import PerformanceModel, measure_performance, perform
from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode

from runs import logits, made_model, set_constant, small_config


def random_loops(config: Config, count: int, *, rows: int) -> Loops:
    """Eighths and quarters as written, 16 a loop, on the lowest rows."""
    random = np.random.default_rng(3)
    patterns = []
    for _ in range(count):
        cells = np.zeros(16, NOTE)
        cells['row'] = random.integers(0, rows, 16)
        cells['step'] = np.sort(random.permutation(config.grid.steps)[:16])
        cells['velocity'] = 0.7
        cells['duration'] = random.choice([0.25, 0.5])
        patterns.append(cells)
    return Loops.from_files([('made up', list(enumerate(patterns)))], config.grid)


def test_decoded_at_onsets_goes_loop_by_loop(golden_loops, monkeypatch):
    monkeypatch.setattr(performed_module, 'BATCH', 7)
    model = made_model(small_config())
    player = Player.of(model, 0.2)
    loops = golden_loops.take(np.arange(20))
    found = decode_at_onsets(player, loops)
    assert np.array_equal(found.cells['row'], loops.cells['row'])
    for index in (0, 6, 7, 19):
        grids = loops.to_dense(np.array([index]))
        z_mean, _ = model.encoder([grids[n].reshape(1, -1) for n in model.config.features])
        decoded = decode(player, z_mean.numpy())
        for name in model.config.features[1:]:
            expected = [decoded[name][0, cell['row'], cell['step']] for cell in loops[index]]
            assert found[index][name] == pytest.approx(expected, rel=1e-4)


def played_as(model: MelodyVAE, performance: PerformanceModel) -> None:
    """Makes every cell of a decoder's output sound as the performance would have it there."""
    grid = model.config.grid
    every_step = np.zeros(grid.steps, NOTE)
    every_step['step'] = np.arange(grid.steps)
    every_step['duration'] = 0.25
    written = Loops.from_files([('steps', [(0, every_step)])], grid)
    played = perform(written, 0, performance).cells
    for name, values in (
        ('onset', np.full(grid.steps, -2.0)),
        # In the middle of a MIDI velocity, which the device rounds down to.
        ('velocity', logits([float(v) + 0.5 / 127 for v in played['velocity']])),
        ('duration', played['duration']),
        ('timeshift', np.arctanh(played['timeshift'].astype(float))),
    ):
        set_constant(model.decoder.get_layer(name), np.tile(values, grid.rows))


def test_a_decoder_that_plays_as_the_data_is_found_out():
    steady = PerformanceModel(timeshift_jitter=0, velocity_jitter=0, articulation_jitter=0)
    model = made_model(small_config())
    played_as(model, steady)
    written = random_loops(model.config, 40, rows=24)
    written.cells['duration'] = 0.25
    found = measure_learned_performance(model, perform(written, 0), written, threshold=0.1)
    truth = expect_figures(steady)
    assert found['data'] == pytest.approx(truth, rel=0.03)
    assert found['learned'] == pytest.approx(truth, rel=0.01)
    of_notes = {name: x for name, x in truth.items() if 'articulation' not in name}
    assert found['generated'] == pytest.approx(of_notes, rel=0.02)


def test_what_was_put_in_is_learned():
    config = small_config()
    config.model.hidden, config.model.dropout = 32, 0.0
    config.model.duration_activation = 'softplus'
    config.loss.only_at_onsets = True
    config.training.learning_rate = 3e-2
    written = random_loops(config, 250, rows=4)
    performed = perform(written, 0)
    training, held_out = np.arange(200), np.arange(200, 250)
    keras.utils.set_random_seed(0)
    model = MelodyVAE(config)
    model.fit(performed.to_dense(training), batch_size=50, epochs=60, verbose=0)
    found = measure_learned_performance(
        model, performed.take(held_out), written.take(held_out), threshold=0.05
    )
    truth = expect_figures(PerformanceModel())
    assert found['learned'] == pytest.approx(truth, rel=0.2)
    at_once = {name: x for name, x in truth.items() if 'articulation' not in name}
    assert {name: found['learned'][name] for name in at_once} == pytest.approx(at_once, rel=0.1)
    assert found['generated'] == pytest.approx(at_once, rel=0.1)
    nothing = measure_performance(written, written)
    assert nothing['swing_ratio'] == pytest.approx(1)
    assert nothing['accent_depth'] == pytest.approx(0, abs=1e-6)


def test_features_that_a_system_lacks_are_absent(golden_loops):
    config = small_config('rhythmvae')
    drums = dataclasses.replace(golden_loops.take(np.arange(10)), grid=config.grid)
    drums.cells['row'] %= 9
    learned = measure_learned_performance(made_model(config), drums, drums, threshold=0.02)
    assert not any('articulation' in name for name in learned['learned'])


def test_silence_has_no_figures(golden_loops):
    model = made_model(small_config())
    set_constant(model.decoder.get_layer('onset'), [-100.0] * 768)
    loops = golden_loops.take(np.arange(10))
    found = measure_learned_performance(model, loops, loops, threshold=0.5)
    assert found['generated'] == {} and found['learned']


def test_a_performance_is_measured_beside_the_written_loops(golden_loops):
    config = small_config()
    config.training.epochs = 1
    found = {figure.name: figure for figure in performed_figures(config, golden_loops)}
    title = f'{config.name}, performed loops: swing_ratio'
    assert found[f'{title}, data'].values[0] == pytest.approx(1.5, abs=0.1)
    assert {f'{title}, {name}' for name in ('written', 'learned', 'generated')} <= found.keys()
