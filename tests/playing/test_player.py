from pathlib import Path

import keras
import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.cutting.cut import cut_loops
from melodyvae.midi.piece import Notes
from melodyvae.playing import player as generate
from melodyvae.playing.bend import bend
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.metadata import identify
from melodyvae.playing.player import Player
from melodyvae.runs.load import load_player
from melodyvae.system.errors import UserError

import golden_files
import runs
from pieces import make_piece


@pytest.fixture(scope='module')
def player(exported):
    return load_player(exported('melodyvae_improved')[0].path)


def exact_player(config, **cells) -> Player:
    """A model that decodes every z to one pattern: {(row, step): {feature: value}}."""
    model = runs.made_model(config)
    for name in config.features:
        layer = model.decoder.get_layer(name)
        grid = np.full((config.grid.rows, config.grid.steps), -20.0 if name == 'onset' else 0.0)
        for (row, step), values in cells['cells'].items():
            grid[row, step] = values.get(name, 20.0)
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(grid.ravel())
    return Player.of(model, 0.5)


def test_decode_reshapes_each_output_to_rows_and_steps():
    config = runs.small_config('rhythmvae')
    player, z = Player.of(runs.made_model(config)), z_random(3)
    assert player.threshold == 0.5, 'the device has it unless it is given'
    decoded = generate.decode(player, z)
    assert tuple(decoded) == config.features
    for grid, output in zip(decoded.values(), player.decoder(z.astype(np.float32)), strict=True):
        assert grid.shape == (3, config.grid.rows, config.grid.steps)
        assert grid.dtype == np.float32
        # Row by row, as the device reshapes.
        np.testing.assert_array_equal(grid[1, 2], output[1][2 * 96 : 3 * 96])


def test_play_uses_the_threshold_of_the_run(player):
    assert player.threshold == runs.THRESHOLD
    default, same, lower = (
        [len(pattern) for pattern in generate.play(player, z_grid(3, 3), **options)]
        for options in ({}, {'threshold_min': runs.THRESHOLD}, {'threshold_min': 0.05})
    )
    assert default == same and sum(default) < sum(lower)


def test_play_is_the_same_in_batches(player):
    z = z_random(generate.BATCH + 3)
    played = list(generate.play(player, z))
    assert len(played) == len(z)
    (last,) = generate.play(player, z[-1:])
    assert played[-1]['row'].tolist() == last['row'].tolist()
    assert played[-1]['step'].tolist() == last['step'].tolist()


def test_run_without_a_summary_plays_as_the_device_stands(tmp_path):
    run = runs.make_run(tmp_path / 'run')
    (run.path / 'summary.json').unlink()
    player = load_player(run.path)
    assert (player.threshold, player.timing.tempo) == (0.2, 120)


def test_a_model_that_decodes_to_nan_is_an_error():
    config = runs.small_config()
    model = runs.made_model(config)
    layer = model.decoder.get_layer('velocity')
    layer.bias.assign(np.full(layer.bias.shape, np.nan))
    with pytest.raises(UserError, match='not numbers'):
        generate.decode(Player(config, model.decoder, None, 0.1), np.zeros((1, 2)))


# --- Encoding -----------------------------------------------------------------------------------


def test_encode_gives_the_parameters_of_the_posterior(player, golden_loops, monkeypatch):
    grids = golden_loops.to_dense(np.arange(len(golden_loops)))
    flat = [grids[name].reshape(len(golden_loops), -1) for name in player.config.features]
    expected = player.encoder(flat)
    monkeypatch.setattr(generate, 'BATCH', 50)
    assert [batch.first for batch in generate.encode_batches(player, golden_loops)] == [0, 50, 100]
    patterns = [golden_loops[index][::-1] for index in range(len(golden_loops))]
    for loops in (golden_loops, patterns):  # the order of cells does not matter
        for ours, theirs in zip(generate.encode(player, loops), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_encode_needs_an_encoder(player, golden_loops):
    decoder_only = Player(player.config, player.decoder, None, player.threshold)
    with pytest.raises(UserError, match='no encoder'):
        generate.encode(decoder_only, [golden_loops[0]])


def test_encoded_notes_report_how_far_their_decoding_is():
    config = runs.small_config()
    values = {'velocity': 2.0, 'duration': 0.5, 'timeshift': 0.0}
    cells = {(0, 0): values, (4, 8): values, (7, 16): values}
    player = exact_player(config, cells=cells)
    # Two loops with a rest of one between: the first has what is decoded but for one note, and one
    # note more; the last has nothing of it.
    notes = Notes(
        pitch=np.array([48, 52, 60, 61, 72]),
        velocity=np.full(5, 0.8, np.float32),
        start=np.array([0.0, 2.0, 3.0, 17.0, 18.0]),
        length=np.full(5, 0.5),
    )
    pieces = [make_piece(notes)]
    rows = generate.encode_pieces(player, pieces)
    assert [row['loop'] for row in rows] == [0, 2]
    assert [row['played'] for row in rows] == [3, 3]
    assert rows[0]['device_onset_f1'] == pytest.approx(2 * 2 / (3 + 3))
    assert rows[1]['device_onset_f1'] == 0
    # Cross entropy: a cell that is on at sigmoid(-20) or off at sigmoid(20) costs about -log of the
    # clipped 1e-7, one that is right costs nothing.
    wrong = -np.log(1e-7)
    assert rows[0]['onset_bce'] == pytest.approx(2 * wrong, rel=0.01)
    assert rows[1]['onset_bce'] == pytest.approx(5 * wrong, rel=0.01)
    z_mean, z_log_var = generate.encode(
        player, [x for x in cut_loops(pieces, config.grid) if len(x)]
    )
    np.testing.assert_allclose([row['z_mean'] for row in rows], z_mean)
    np.testing.assert_allclose([row['z_spread'] for row in rows], np.exp(0.5 * z_log_var))


# --- Bending ------------------------------------------------------------------------------------


def test_bend_adds_noise_to_every_weight_and_leaves_the_model_alone(player):
    before = player.decoder.get_weights()
    bent, same, other, unbent = (
        bend(player, *arguments) for arguments in ((0.1, 3), (0.1, 3), (0.1, 2), (0.0, 3))
    )
    for weights, expected in (
        (player.decoder.get_weights(), before),
        (unbent.decoder.get_weights(), before),
        (same.decoder.get_weights(), bent.decoder.get_weights()),
    ):
        assert all(map(np.array_equal, weights, expected))
    for one in (bent, other):
        noise = [new - old for new, old in zip(one.decoder.get_weights(), before, strict=True)]
        assert all(part.any() for part in noise)
        flat = np.concatenate([part.ravel() for part in noise])
        assert flat.std() == pytest.approx(0.1, rel=0.05)
        assert abs(flat.mean()) < 0.01
    assert (runs.all_weights(bent.decoder) != runs.all_weights(other.decoder)).mean() > 0.9
    assert bent.encoder is player.encoder


def test_bend_keeps_variances_from_going_below_zero(player, tmp_path):
    runs.lay_made_weights('melodyvae_improved.tfjs-4.22.model.json', tmp_path / 'a.model')
    exported = load_player(tmp_path / 'a.model')
    before, after = exported.decoder.weights, bend(exported, 5.0)
    assert all((after.decoder.weights[name] != weight).any() for name, weight in before.items())
    in_keras = bend(player, 5.0)
    for bent, weights in (
        (after, after.decoder.weights),
        (in_keras, {weight.path: weight.numpy() for weight in in_keras.decoder.weights}),
    ):
        variances = [x.min() for name, x in weights.items() if name.endswith('moving_variance')]
        assert len(variances) == 5 and min(variances) == 0
        assert np.isfinite(generate.decode(bent, z_grid(3, 3))['onset']).all()


# --- Models of the devices ----------------------------------------------------------------------

DEVICE_MODELS = sorted(path.name for path in (golden_files.GOLDEN / 'device_models').iterdir())


@pytest.mark.parametrize('name', DEVICE_MODELS)
def test_models_that_devices_saved_play(name, tmp_path):
    runs.lay_made_weights(name, tmp_path / 'decoder.model')
    player = load_player(tmp_path / 'decoder.model')
    config, system = player.config, name.partition('.')[0]
    steps = 32 if 'electronic_dance_music' in name or system != 'rhythmvae' else 96
    assert config.name == system
    assert (config.grid.rows, config.grid.steps) == (9 if system == 'rhythmvae' else 24, steps)
    # Two bars of 4/4, whatever the number of steps.
    assert config.grid.steps / config.grid.steps_per_quarter == 8
    assert player.encoder is None
    assert player.threshold == (0.5 if system == 'rhythmvae' else 0.2)
    assert len(config.features) == len(player.decoder.output_shapes)
    played = list(generate.play(player, z_grid(5, config.device.pad), threshold_min=0.5))
    assert all(len(pattern) > 0 for pattern in played)


def test_a_model_that_fits_no_device_is_refused(tmp_path):
    z, condition = keras.Input((2,)), keras.Input((1,))
    both = keras.layers.Concatenate()([z, condition])
    for inputs, x, said in (
        (z, z, r'\[100, 100, 100\].*fit no device'),
        ([z, condition], both, 'is not a decoder'),
    ):
        model = keras.Model(inputs, [keras.layers.Dense(100)(x) for _ in range(3)])
        tfjs_export.save_layers_model(model, tmp_path / 'odd.model', overwrite=True)
        with pytest.raises(UserError, match=said):
            load_player(tmp_path / 'odd.model')


def test_latest_revision_of_the_device_is_known_by_its_width():
    config, threshold = identify(Path('x.model'), {}, [800] * 4)
    assert config == preset('melodyvae_improved_25x32', 'js')
    assert threshold == config.device.threshold_as_loaded


def test_a_damaged_device_model_is_an_error_that_names_it(tmp_path):
    runs.lay_made_weights('rhythmvae.tfjs-4.22.model.json', tmp_path / 'short.model')
    weights = tmp_path / 'short.model' / 'weights.bin'
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(UserError, match=r'short\.model'):
        load_player(tmp_path / 'short.model')
