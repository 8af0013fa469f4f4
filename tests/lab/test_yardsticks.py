"""Yardsticks: by hand, against going note by note, and whether put-in playing is found again."""

import dataclasses
import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from performances import expect_figures

from melodyvae.config.devices import DEVICES
from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import evaluate
from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab import yardsticks as module
from melodyvae.lab.performer import PerformanceModel, measure_performance, perform
from melodyvae.lab.yardsticks import (
    decode_at_onsets,
    measure_learned_performance,
    measure_yardsticks,
)
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


def test_losses_by_hand(tiny, tiny_loops):
    found = measure_yardsticks(tiny, tiny_loops, tiny_loops.take(np.array([0])), threshold=0.15)
    first = -math.log(0.8) - math.log(0.8) - math.log(0.4) - math.log(0.9)
    second = -math.log(0.2) - math.log(0.8) - math.log(0.6) - math.log(0.1)
    kl = 0.5 * (0.5**2 + 1 - 1 - 0) + 0.5 * (4.0**2 + 4 - 1 - math.log(4))
    first_errors = 0.4**2 + 0.5**2 + 0.25**2
    second_errors = 2 * 0.25**2 + (1.0**2 + 0.25**2) + 0.5**2
    expected = {
        'onset_bce': (first + second) / 2,
        'velocity_sse': (0.4**2 + 2 * 0.25**2) / 2,
        'duration_sse': (0.5**2 + 1.0**2 + 0.25**2) / 2,
        'timeshift_sse': (0.25**2 + 0.5**2) / 2,
        'velocity_mae': (0.4 + 0.25 + 0.25) / 3,
        'duration_mae': (0.5 + 1.0 + 0.25) / 3,
        'timeshift_mae': (0.25 + 0.5 + 0.0) / 3,
        'kl': kl,
        'negative_elbo': (first + first_errors + second + second_errors) / 2 + kl,
        'gap': (second + second_errors - first - first_errors) / 2,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-5)


def test_notes_and_latent_space_by_hand(tiny, tiny_loops):
    found = measure_yardsticks(tiny, tiny_loops, tiny_loops.take(np.array([0])), threshold=0.15)
    # The device plays row 0 at both steps, whatever z is.
    assert found['device_onset_f1'] == pytest.approx(2 * 1 / (4 + 3))
    assert found['training_device_onset_f1'] == pytest.approx(2 * 1 / (2 + 1))
    assert (found['library_active_units'], found['library_pad_share']) == (0, 0)
    assert (found['notes_per_tenth'], found['playable_points']) == (0, 0)
    # C twice a generated pattern; in the data C in one loop and C# in the other.
    assert found['pitch_class_distance'] == pytest.approx(0.5)
    # Generated as a half (2 quarters) and a quarter; data as a quarter, then a half and an eighth.
    assert found['note_length_distance'] == pytest.approx(1 - (0.25 + 0.5))
    # One onset after another in all patterns that have two.
    assert found['inter_onset_interval_distance'] == 0
    # 63 of 127 twice; 114, then 63.5, which is in the bin of 60 too.
    assert found['velocity_distance'] == pytest.approx(0.5)


def test_units_and_pad_count_over_held_out_and_training(tiny, tiny_loops):
    positions = iter([[[1.9, 0.5]], [[-1.9, 0.5], [0.0, 2.1]]])

    def encoder(x, training=False):
        z = np.array(next(positions), np.float32)
        return keras.ops.convert_to_tensor(z), keras.ops.zeros(z.shape)

    model = SimpleNamespace(config=tiny.config, encoder=encoder, decoder=tiny.decoder)
    found = measure_yardsticks(model, tiny_loops.take(np.array([0])), tiny_loops, threshold=0.15)
    assert found['library_pad_share'] == pytest.approx(2 / 3)
    assert found['library_active_units'] == 2


@pytest.fixture
def staircase() -> SimpleNamespace:
    """Plays more steps the further right on the pad: none at -3, all 32 at 3."""
    config = small_config()
    edges = np.linspace(-3, 3, 33)[1:]

    def decoder(z, training=False):
        onset = np.zeros((len(z), 24, 32), np.float32)
        onset[:, 5] = np.asarray(z)[:, :1] >= edges - 1e-6
        values = np.full((len(z), 768), 0.5, np.float32)
        return [onset.reshape(len(z), 768), values, values, values]

    return SimpleNamespace(config=config, decoder=decoder, encoder=made_model(config).encoder)


def test_playable_points_by_hand(staircase, golden_loops, monkeypatch):
    loops = golden_loops.take(np.arange(3))

    def points(pad):
        device = dataclasses.replace(staircase.config.device.spec, pad=pad)
        monkeypatch.setitem(DEVICES, staircase.config.device.messages, device)
        return measure_yardsticks(staircase, loops, loops, threshold=0.5)['playable_points']

    # Five columns play 0, 8, 16, 24 and 32 notes.
    assert points(3.0) == 20
    # From 1/8 to 7/8 of the way: 4, 10, 16, 22 and 28.
    assert points(2.25) == 25
    assert points(2.3) == 20


@pytest.mark.parametrize(('rows', 'points'), [(1, 25), (2, 0)])
def test_a_playable_groove_has_at_most_as_many_notes_as_steps(golden_loops, rows, points):
    config = small_config('rhythmvae')
    drums = dataclasses.replace(golden_loops.take(np.arange(3)), grid=config.grid)
    drums.cells['row'] %= 9
    model = made_model(config)
    logits = np.full((9, 96), -100.0)
    logits[:rows] = 100
    set_constant(model.decoder.get_layer('onset'), logits.ravel())
    assert measure_yardsticks(model, drums, drums, threshold=0.5)['playable_points'] == points


def test_notes_per_tenth_by_hand(staircase, golden_loops, monkeypatch):
    monkeypatch.setattr(module, 'STEPS_TAKEN', 5000)
    loops = golden_loops.take(np.arange(3))
    found = measure_yardsticks(staircase, loops, loops, threshold=0.5)['notes_per_tenth']
    # 32 stairs on a way of 6; the part of a random direction that goes along it is 2 / pi.
    assert found == pytest.approx(0.1 * 2 / math.pi * 32 / 6, rel=0.06)


def test_agrees_with_going_note_by_note(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(20, 40))
    found = measure_yardsticks(model, loops, loops, threshold=0.02, seed=5)
    player = Player.of(model, 0.02)
    grids = loops.to_dense(np.arange(20))
    flat = [grids[name].reshape(20, -1) for name in model.config.features]
    z_mean, z_log_var = (x.numpy() for x in model.encoder(flat))
    noise = np.random.default_rng([5, 1]).standard_normal((20, 2))

    def sums(z):
        decoded = decode(player, z)
        totals = dict.fromkeys(model.config.features, 0.0)
        for i in range(20):
            for row in range(24):
                for step in range(32):
                    p = float(np.clip(decoded['onset'][i, row, step], 1e-7, 1 - 1e-7))
                    totals['onset'] -= math.log(p if grids['onset'][i, row, step] else 1 - p)
            for cell in loops[i]:
                for name in model.config.features[1:]:
                    guess = float(decoded[name][i, cell['row'], cell['step']])
                    totals[name] += (float(cell[name]) - guess) ** 2
        return totals

    at_mean = sums(z_mean)
    assert found['onset_bce'] == pytest.approx(at_mean['onset'] / 20, rel=1e-5)
    for name in model.config.features[1:]:
        assert found[f'{name}_sse'] == pytest.approx(at_mean[name] / 20, rel=1e-5)
    sampled = sum(sums(z_mean + np.exp(z_log_var / 2) * noise).values()) / 20
    assert found['negative_elbo'] == pytest.approx(sampled + found['kl'], rel=1e-5)
    assert found['gap'] == 0


def test_agrees_with_a_runs_own_evaluation(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    found = measure_yardsticks(model, loops, loops, threshold=0.02)
    metrics = evaluate(model, loops, threshold=0.02).figures
    assert found['device_onset_f1'] == metrics['device_onset_f1']
    assert found['duration_mae'] * 2 == pytest.approx(metrics['duration_mae_beats'])
    assert found['timeshift_mae'] * 62.5 == pytest.approx(metrics['timeshift_mae_ms'])
    same = found.keys() & metrics.keys()
    assert same == {'onset_bce', 'velocity_mae', 'kl', 'device_onset_f1'}
    for name in same:
        assert found[name] == pytest.approx(metrics[name])
    for name in ('active_units', 'pad_share'):  # the same loops were given as training
        assert found[f'library_{name}'] == metrics[name]


def test_every_figure_is_defined(golden_loops):
    loops = golden_loops.take(np.arange(10))
    assert measure_yardsticks(
        made_model(small_config()), loops, loops, threshold=0.02
    ).keys() <= set(METRICS)
    assert expect_figures(PerformanceModel()).keys() <= set(METRICS)


def test_loss_weights_do_not_count(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    before = measure_yardsticks(model, loops, loops, threshold=0.02)
    model.config.loss.velocity, model.config.loss.onset = 100.0, 0.0
    model.config.loss.only_at_onsets = not model.config.loss.only_at_onsets
    model.config.training.beta = 0.01
    assert measure_yardsticks(model, loops, loops, threshold=0.02) == before


def test_the_seed_decides_what_is_drawn(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    one, same, other = (
        measure_yardsticks(model, loops, loops, threshold=0.02, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    drawn = {name for name in one if one[name] != other[name]}
    assert {'negative_elbo', 'notes_per_tenth', 'velocity_distance'} <= drawn
    assert not drawn & {'onset_bce', 'velocity_sse', 'kl', 'device_onset_f1', 'playable_points'}


def test_a_large_library_is_sampled(golden_loops, monkeypatch):
    model = made_model(small_config())
    held_out = golden_loops.take(np.arange(5))
    everything = measure_yardsticks(model, held_out, golden_loops, threshold=0.02)
    monkeypatch.setattr(module, 'MOST_TRAINING_LOOPS', 60)
    some = measure_yardsticks(model, held_out, golden_loops, threshold=0.02)
    assert some['gap'] != everything['gap']
    assert some['gap'] == pytest.approx(everything['gap'], abs=0.1 * everything['negative_elbo'])
    changed = {name for name in some if some[name] != everything[name]}
    assert changed <= {
        'gap',
        'training_device_onset_f1',
        'library_active_units',
        'library_pad_share',
        'notes_per_tenth',
    }


def test_features_that_a_system_lacks_are_absent(golden_loops):
    config = small_config('rhythmvae')
    drums = dataclasses.replace(golden_loops.take(np.arange(10)), grid=config.grid)
    drums.cells['row'] %= 9
    found = measure_yardsticks(made_model(config), drums, drums, threshold=0.02)
    assert not any(name.startswith(('duration', 'note_length', 'pitch')) for name in found)
    assert {'velocity_sse', 'timeshift_mae', 'drum_class_distance'} <= found.keys()
    assert all(math.isfinite(value) for value in found.values())
    learned = measure_learned_performance(made_model(config), drums, drums, threshold=0.02)
    assert not any('articulation' in name for name in learned['learned'])


def test_silence_is_measured(golden_loops):
    model = made_model(small_config())
    set_constant(model.decoder.get_layer('onset'), [-100.0] * 768)
    loops = golden_loops.take(np.arange(10))
    found = measure_yardsticks(model, loops, loops, threshold=0.5)
    assert (found['device_onset_f1'], found['playable_points'], found['notes_per_tenth']) == (
        0,
        0,
        0,
    )
    assert found['pitch_class_distance'] == found['velocity_distance'] == 1
    generated = measure_learned_performance(model, loops, loops, threshold=0.5)['generated']
    assert generated == {}


def test_decoded_at_onsets_goes_loop_by_loop(golden_loops, monkeypatch):
    monkeypatch.setattr(module, 'BATCH', 7)
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
