"""The held-out metrics: by hand on a tiny grid, and against a slow second implementation."""

import dataclasses
import json
import math

import keras
import numpy as np
import pytest

from melodyvae.cli.evaluate import loops_to_measure
from melodyvae.config.settings import FEATURES
from melodyvae.errors import UserError
from melodyvae.evaluation import evaluate as module
from melodyvae.evaluation import reconstruction as reconstruction_module
from melodyvae.evaluation.evaluate import evaluate, generated_loops
from melodyvae.evaluation.reconstruction import reconstruction
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.examples import Examples, take_examples
from melodyvae.loops.pattern import NOTE
from melodyvae.loops.split import split
from melodyvae.midi.write import write_midi
from melodyvae.model import losses
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.device import select
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode
from melodyvae.report.text import table

import programs
from runs import made_model, make_run, set_constant, small_config


def player_of(model: MelodyVAE, threshold: float = 0.2) -> Player:
    return Player(model.config, model.decoder, model.encoder, threshold)


def test_losses_by_hand(tiny, tiny_loops):
    found = reconstruction(player_of(tiny), tiny_loops, seed=0)
    first = -math.log(0.8) - math.log(0.8) - math.log(0.4) - math.log(0.9)
    second = -math.log(0.2) - math.log(0.8) - math.log(0.6) - math.log(0.1)
    velocity = ((0.4**2 + 0.5**2 + 2 * 0.25**2) + (2 * 0.5**2 + 2 * 0.25**2)) / 2
    duration = ((0.5**2 + 0.5**2) + (1.0**2 + 0.5**2 + 1.0**2 + 0.25**2)) / 2
    timeshift = (0.25**2 + (0.5**2 + 0.5**2)) / 2
    kl = 0.5 * (0.5**2 + 1 - 1 - 0) + 0.5 * (4.0**2 + 4 - 1 - math.log(4))
    assert found['onset_loss'] == pytest.approx((first + second) / 2, rel=1e-6)
    assert found['velocity_loss'] == pytest.approx(velocity, rel=1e-6)
    assert found['duration_loss'] == pytest.approx(duration, rel=1e-6)
    assert found['timeshift_loss'] == pytest.approx(timeshift, rel=1e-6)
    assert found['kl'] == pytest.approx(kl, rel=1e-6)
    weighted = (first + second) / 2 + 2.5 * velocity + 1.0 * duration + 1.5 * timeshift
    assert found['negative_elbo'] == pytest.approx(weighted + kl, rel=1e-6)
    assert found['sampled'] == pytest.approx(
        {name: found[name] for name in found['sampled']}, rel=1e-6
    )


def test_onsets_and_errors_by_hand(tiny, tiny_loops):
    found = reconstruction(player_of(tiny, threshold=0.15), tiny_loops, seed=0)
    # Over 0.5: row 0 and row 1 of step 0, in both loops; one of them is right in each.
    assert found['onset_precision'] == pytest.approx(2 / 4)
    assert found['onset_recall'] == pytest.approx(2 / 3)
    assert found['onset_f1'] == pytest.approx(4 / 7)
    # The device plays row 0 at both steps: right once, at the first step of the first loop.
    assert found['device_onset_precision'] == pytest.approx(1 / 4)
    assert found['device_onset_recall'] == pytest.approx(1 / 3)
    assert found['device_onset_f1'] == pytest.approx(2 / 7)
    assert found['velocity_mae'] == pytest.approx((0.4 + 0.25 + 0.25) / 3, rel=1e-6)
    # Half notes are two beats; half a step of a sixteenth grid is 62.5 ms at 120 bpm.
    assert found['duration_mae_beats'] == pytest.approx((0.5 + 1.0 + 0.25) / 3 * 2, rel=1e-6)
    assert found['timeshift_mae_ms'] == pytest.approx((0.25 + 0.5 + 0.0) / 3 * 62.5, rel=1e-6)
    assert (found['active_units'], found['pad_share']) == (0, 0.0)


def test_the_device_plays_by_its_own_rule(tiny, tiny_loops):
    tiny.config.device.messages = 'voices'
    found = reconstruction(player_of(tiny, threshold=0.15), tiny_loops, seed=0)
    # All but the last cell are played in both loops: right in 1 of 3, and in 1 of 3.
    assert found['device_onset_precision'] == pytest.approx(2 / 6)
    assert found['device_onset_recall'] == pytest.approx(2 / 3)


def test_a_model_that_predicts_nothing_scores_zero(tiny, tiny_loops):
    set_constant(tiny.decoder.get_layer('onset'), [-100.0] * 4)
    found = reconstruction(player_of(tiny), tiny_loops, seed=0)
    for name in ('onset', 'device_onset'):
        scores = [found[f'{name}_{score}'] for score in ('precision', 'recall', 'f1')]
        assert scores == [0.0, 0.0, 0.0]
    # Probabilities are clipped at 1e-7: three onsets in two loops.
    assert found['onset_loss'] == pytest.approx(3 * -math.log(1e-7) / 2, rel=1e-4)


def test_latent_space_by_hand(tiny, tiny_loops):
    z_mean = np.array([[2.9, 0.05], [-2.9, -3.1]], np.float32)

    def encoder(x, training):
        return keras.ops.convert_to_tensor(z_mean), keras.ops.zeros((2, 2))

    player = dataclasses.replace(player_of(tiny), encoder=encoder)
    assert reconstruction(player, tiny_loops, seed=0)['pad_share'] == 0.5
    assert reconstruction(player, tiny_loops, seed=0)['active_units'] == 2
    z_mean[:, 1] = (0.19, 0.0)  # variance 0.009
    assert reconstruction(player, tiny_loops, seed=0)['active_units'] == 1
    z_mean[:, 1] = (0.21, 0.0)  # variance 0.011
    assert reconstruction(player, tiny_loops, seed=0)['active_units'] == 2


def slow_losses(true, decoded, config):
    """Sums over the cells of one loop, one by one in float64."""
    totals = dict.fromkeys(config.features, 0.0)
    for row in range(config.grid.rows):
        for step in range(config.grid.steps):
            p = min(max(float(decoded['onset'][row, step]), 1e-7), 1 - 1e-7)
            totals['onset'] -= math.log(p if true['onset'][row, step] else 1 - p)
            for name in config.features[1:]:
                difference = float(true[name][row, step]) - float(decoded[name][row, step])
                totals[name] += difference**2
    return totals


@pytest.mark.parametrize('batch', [7, 256])
def test_agrees_with_going_cell_by_cell(golden_loops, monkeypatch, batch):
    monkeypatch.setattr(reconstruction_module, 'BATCH', batch)
    loops = golden_loops.take(np.arange(20, 40))
    player = player_of(made_model(small_config()), threshold=0.02)
    found = reconstruction(player, loops, seed=5)
    grids = loops.to_dense(np.arange(20))
    flat = [grids[name].reshape(20, -1) for name in player.config.features]
    z_mean, z_log_var = (x.numpy() for x in player.encoder(flat))
    noise = np.random.default_rng([5, 1]).standard_normal((20, 2))
    sampled = z_mean + np.exp(z_log_var.astype(np.float64) / 2) * noise
    for result, z in ((found, z_mean), (found['sampled'], sampled)):
        decoded = decode(player, z)
        sums = [
            slow_losses(
                {name: grid[i] for name, grid in grids.items()},
                {name: grid[i] for name, grid in decoded.items()},
                player.config,
            )
            for i in range(20)
        ]
        averages = {name: np.mean([loss[name] for loss in sums]) for name in sums[0]}
        assert result['onset_loss'] == pytest.approx(averages['onset'], rel=1e-5)
        assert result['velocity_loss'] == pytest.approx(averages['velocity'], rel=1e-5)
        assert result['duration_loss'] == pytest.approx(averages['duration'], rel=1e-5)
        assert result['timeshift_loss'] == pytest.approx(averages['timeshift'], rel=1e-5)
    assert found['sampled']['onset_loss'] != pytest.approx(found['onset_loss'], rel=1e-3)
    decoded = decode(player, z_mean)
    errors, right, played = [], 0, 0
    for i in range(20):
        notes = select(
            {name: grid[i] for name, grid in decoded.items()}, player.config, threshold_min=0.02
        )
        true = {(cell['row'], cell['step']) for cell in loops[i]}
        right += len(true & {(note['row'], note['step']) for note in notes})
        played += len(notes)
        errors += [
            abs(float(cell['duration']) - float(decoded['duration'][i, cell['row'], cell['step']]))
            for cell in loops[i]
        ]
    assert found['duration_mae_beats'] == pytest.approx(2 * np.mean(errors), rel=1e-5)
    assert 0 < right < played
    assert found['device_onset_precision'] == pytest.approx(right / played)
    assert found['device_onset_recall'] == pytest.approx(right / len(errors))


@pytest.mark.parametrize(
    'name', ['melodyvae', 'melodyvae_improved', 'melodyvae_original', 'rhythmvae']
)
def test_negative_elbo_is_what_keras_reports_when_z_has_no_spread(golden_loops, monkeypatch, name):
    monkeypatch.setattr(losses, 'LARGEST_LOG_VAR', 80.0)
    model = made_model(small_config(name))
    cells = golden_loops.cells.copy()
    cells['row'] %= model.config.grid.rows
    loops = dataclasses.replace(golden_loops, cells=cells, grid=model.config.grid)
    # A standard deviation of 2e-9: the sample that test_step draws is z_mean.
    set_constant(model.encoder.get_layer('z_log_var'), [-40.0, -40.0])
    model.compile()
    everything = loops.to_dense(np.arange(len(loops)))
    x = {feature: everything[feature] for feature in model.config.features}
    keras_says = model.evaluate(x, batch_size=32, verbose=0, return_dict=True)
    found = reconstruction(player_of(model), loops, seed=0)
    for result in (found, found['sampled']):
        assert result['negative_elbo'] == pytest.approx(keras_says['negative_elbo'], rel=1e-5)
        assert result['kl'] == pytest.approx(keras_says['kl'], rel=1e-5)
        for loss in (f'{feature}_loss' for feature in model.config.features):
            assert result[loss] == pytest.approx(keras_says[loss], rel=1e-5)


def test_sampled_losses_are_what_keras_reports_on_average(golden_loops):
    model = made_model(small_config())
    set_constant(model.encoder.get_layer('z_log_var'), [-1.0, -1.0])
    model.compile()
    loops = golden_loops.take(np.arange(100))
    x = loops.to_dense(np.arange(100))
    ours = [reconstruction(player_of(model), loops, seed=seed) for seed in range(8)]
    theirs = [model.evaluate(x, verbose=0, return_dict=True)['negative_elbo'] for _ in range(8)]
    sampled = [result['sampled']['negative_elbo'] for result in ours]
    spread = np.hypot(np.std(sampled, ddof=1), np.std(theirs, ddof=1)) / math.sqrt(8)
    assert np.mean(sampled) == pytest.approx(np.mean(theirs), abs=4 * spread)
    assert abs(ours[0]['negative_elbo'] - np.mean(theirs)) > 4 * spread


def test_seed_decides_what_is_drawn_and_nothing_else(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    one, same, other = (evaluate(model, loops, seed=seed, threshold=0.2) for seed in (1, 1, 2))
    assert one == same
    assert one['sampled'] != other['sampled']
    assert one['generated'] != other['generated']
    drawn = {'seed', 'sampled', 'generated'}
    assert {k: v for k, v in one.items() if k not in drawn} == {
        k: v for k, v in other.items() if k not in drawn
    }


def test_generated_patterns_are_what_the_device_plays():
    player = player_of(made_model(small_config()))
    generated = generated_loops(player, 5, seed=3)
    decoded = decode(player, z_random(5, seed=3))
    assert len(generated) == 5
    assert len(generated.cells) > 5
    for index in range(5):
        grids = {name: grid[index] for name, grid in decoded.items()}
        assert np.array_equal(
            generated[index], select(grids, player.config, threshold_min=player.threshold)
        )


def test_as_many_patterns_as_loops_are_generated_up_to_a_limit(golden_loops, monkeypatch):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(30))
    assert evaluate(model, loops)['generated']['patterns'] == 30
    monkeypatch.setattr(module, 'MOST_GENERATED', 10)
    assert evaluate(model, loops)['generated']['patterns'] == 10


def test_threshold_is_the_devices_unless_given(golden_loops):
    model = made_model(small_config())
    loops = golden_loops.take(np.arange(10))
    assert evaluate(model, loops)['threshold'] == model.config.device.threshold_min
    low, high = (evaluate(model, loops, threshold=threshold) for threshold in (0.01, 0.9))
    assert low['generated']['note_count']['mean'] > high['generated']['note_count']['mean']
    assert low['device_onset_recall'] >= high['device_onset_recall']
    assert low['onset_f1'] == high['onset_f1']


@pytest.mark.parametrize(
    ('name', 'fidelity', 'missing'),
    [
        ('melodyvae_improved', 'documented', set()),
        ('melodyvae_original', 'js', {'timeshift_loss', 'timeshift_mae_ms'}),
        ('rhythmvae', 'documented', {'duration_loss', 'duration_mae_beats'}),
    ],
)
def test_a_missing_feature_has_no_metric(golden_loops, name, fidelity, missing):
    model = made_model(small_config(name, fidelity))
    loops = dataclasses.replace(golden_loops.take(np.arange(8)), grid=model.config.grid)
    if name == 'rhythmvae':
        loops.cells['row'] %= 9
    found = evaluate(model, loops, training_loops=loops)
    every = {f'{feature}_loss' for feature in FEATURES} | {'kl', 'negative_elbo'}
    every |= {'velocity_mae', 'duration_mae_beats', 'timeshift_mae_ms'}
    assert every - set(found) == missing
    assert ('note_length' in found['generated']) == ('duration_loss' not in missing)
    assert set(found['sampled']) <= set(found)
    assert found['generated']['nearest_training_loop']['data_copies'] == 1.0
    json.dumps(found, allow_nan=False)
    lines = table(found)
    for metric in every:
        assert (f'\n{metric} ' in lines) == (metric not in missing)
    assert f'{found["onset_loss"]:.4g}' in lines


def test_a_silent_model_is_measured_too(tiny, tiny_loops):
    set_constant(tiny.decoder.get_layer('onset'), [-100.0] * 4)
    found = evaluate(tiny, tiny_loops, training_loops=tiny_loops)
    assert found['generated']['empty'] == 1.0
    assert found['generated']['velocity']['mean'] is None
    assert found['generated']['velocity']['overlap'] == 0.0
    json.dumps(found, allow_nan=False)
    assert '100.0% of them empty' in table(found)


def test_chosen_loops_are_transposed(golden_loops):
    lowest, highest = golden_loops.row_range()
    up, down = np.flatnonzero(highest < 23)[0], np.flatnonzero(lowest >= 2)[0]
    examples = Examples(np.array([down, up, down]), np.array([0, 1, -2], np.int8))
    chosen = take_examples(golden_loops, examples)
    assert len(chosen) == 3
    expected = golden_loops.to_dense(examples.loop, examples.shift)
    for name, grid in chosen.to_dense(np.arange(3)).items():
        assert np.array_equal(grid, expected[name])


@pytest.fixture
def run(tmp_path, golden_loops):
    config = small_config()
    config.data.path = 'data'
    run = make_run(tmp_path / 'run', config)
    save_loops(golden_loops, run.data)
    return run


def test_a_run_is_measured_on_what_it_held_out(run, golden_loops):
    held_out, training, remarks = loops_to_measure(run, [])
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
    held_out, training, remarks = loops_to_measure(run, [midi])
    assert len(held_out) == 2
    assert len(training) > len(golden_loops)
    assert len(remarks) == 1
    assert 'broken.mid' in remarks[0]


def test_other_midi_needs_no_dataset(run, golden_loops, tmp_path):
    run.data.rename(tmp_path / 'elsewhere')
    write_midi([golden_loops[60]], run.config.grid, tmp_path / 'loop.mid')
    held_out, training, remarks = loops_to_measure(run, [tmp_path / 'loop.mid'])
    assert (len(held_out), training, len(remarks)) == (1, None, 1)
    with pytest.raises(UserError, match='data'):
        loops_to_measure(run, [])


def test_midi_without_a_loop_is_refused(run, tmp_path):
    (tmp_path / 'broken.mid').write_text('no MIDI')
    with pytest.raises(UserError, match=r'broken\.mid'):
        loops_to_measure(run, [tmp_path / 'broken.mid'])


def test_program_prints_a_table_and_leaves_json(run, golden_loops, tmp_path):
    midi = tmp_path / 'held out'
    midi.mkdir()
    write_midi([golden_loops[60], golden_loops[61]], run.config.grid, midi / 'two.mid')
    done = programs.run('evaluate', run.path, f'--midi={midi}')
    written = json.loads((run.path / 'evaluation.held out.json').read_text())
    assert done.stdout.strip() == table(written)
    assert (written['loops'], written['threshold']) == (2, 0.2)
    assert 'nearest_training_loop' in written['generated']
    # What is there stays, unless the user asks for a new one.
    again = programs.run('evaluate', run.path, f'--midi={midi}', '--threshold_min=0.3', '--json')
    assert json.loads(again.stdout)['threshold'] == 0.3
    assert 'is kept' in again.stderr
    assert json.loads((run.path / 'evaluation.held out.json').read_text()) == written


def test_program_measures_what_the_run_held_out(run, tmp_path):
    output = tmp_path / 'new' / 'figures.json'
    programs.run('evaluate', run.path, f'--output={output}', '--seed=4')
    held_out, training, _ = loops_to_measure(run, [])
    ours = evaluate(run.load_model(), held_out, seed=4, threshold=0.2, training_loops=training)
    written = json.loads(output.read_text())
    for theirs, expected in ((written, ours), (written['sampled'], ours['sampled'])):
        assert list(theirs) == list(expected)
        numbers = {name: x for name, x in expected.items() if not isinstance(x, dict)}
        assert {name: theirs[name] for name in numbers} == pytest.approx(numbers, rel=1e-5)
    histogram = ours['generated']['note_count']['histogram']
    assert written['generated']['note_count']['histogram'] == pytest.approx(histogram)
    refused = programs.run('evaluate', run.path, f'--output={output}', check=False)
    assert 'exists already' in programs.sentence(refused)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'Name a run folder'),
        (['nowhere'], 'nowhere is not a run folder'),
        (['RUN', '--midi=nowhere'], 'nowhere does not exist'),
        (['RUN', '--threshold_min=2'], 'threshold_min'),
    ],
)
def test_program_refuses_in_one_sentence(run, arguments, words):
    given = [str(run.path) if argument == 'RUN' else argument for argument in arguments]
    done = programs.run('evaluate', *given, check=False)
    assert words in programs.sentence(done, status=2 if '=2' in str(arguments) else 1)
