"""The threshold of a model: calibrated, baked into an export, and undone."""

import dataclasses

import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.loops.pattern import NOTE
from melodyvae.playing import threshold as module
from melodyvae.playing.device import select
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode, encode, play
from melodyvae.playing.threshold import (
    bake,
    calibrate,
    count_notes,
    find_threshold,
    load_as_calibrated,
)
from melodyvae.runs.export import export
from melodyvae.runs.load import load_player
from tfjs_export.verify import apply_in_tfjs

import runs


def test_chords_count_once_for_a_monophonic_device(golden_loops):
    loops = golden_loops
    config = preset('melodyvae_improved')
    steps = np.mean([len(np.unique(loops[i]['step'])) for i in range(len(loops))])
    assert count_notes(loops, config) == pytest.approx(steps)
    config.device.messages = 'voices'
    cells = len(loops.cells) / len(loops)
    assert count_notes(loops, config) == pytest.approx(cells)
    assert cells > steps


def test_threshold_stays_on_the_dial():
    onset = np.zeros((4, 24, 32), np.float32)
    assert (find_threshold(onset, 10.0), find_threshold(onset, 0.0)) == (0.01, 1.0)


def test_notes_are_counted_piece_by_piece(golden_loops, tmp_path, monkeypatch):
    config = preset('melodyvae_improved')
    whole = count_notes(golden_loops, config)
    save_loops(golden_loops, tmp_path / 'data')
    stored = load_loops(tmp_path / 'data')
    assert len(golden_loops) == 116
    for at_once in (1, 7, 38, 115, 116, 117):
        monkeypatch.setattr(module, 'AT_ONCE', at_once)
        for loops in (golden_loops, stored):
            assert count_notes(loops, config) == whole


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_a_model_plays_as_many_notes_as_its_library_has(name, golden_loops):
    """The Improved device plays one row per step, the Original every cell."""
    config = runs.small_config(name)
    config.training.seed = 3
    model = runs.made_model(config)
    notes = count_notes(golden_loops, config)
    found = calibrate(Player.of(model), golden_loops)
    z = z_random(module.SAMPLES, latent=2, seed=3).astype(np.float32)
    onset = model.decoder(z)[0].numpy().reshape(-1, 24, 32)
    played = (onset.max(axis=1) if name == 'melodyvae_improved' else onset) >= found - 1e-6
    assert 0.01 < found < 1
    assert played.sum() / len(z) == pytest.approx(notes, abs=0.02)
    assert calibrate(Player.of(model), golden_loops) == found


POINTS = z_random(40, seed=5)


def run_at(threshold, path, name, lowest_pitch=48):
    """A run that was calibrated so."""
    config = runs.small_config(name)
    config.grid.lowest_pitch = lowest_pitch
    run = runs.make_run(path, config)
    run.write_summary(run.summary | {'threshold': threshold})
    return run


def notes(patterns):
    return [pattern[['row', 'step']].tolist() for pattern in patterns]


@pytest.mark.parametrize(
    ('name', 'bake', 'threshold'),
    [('melodyvae_improved', True, 0.2), ('rhythmvae', True, 0.5), ('rhythmvae', False, 0.107)],
)
def test_an_export_plays_and_encodes_as_its_run_at_any_threshold(name, bake, threshold, tmp_path):
    run = run_at(0.107, tmp_path / 'run', name, lowest_pitch=36)
    folder = next(iter(export(run, tmp_path, bake=bake)))
    metadata = tfjs_export.read_metadata(folder)
    assert (metadata['threshold'], metadata['calibrated_threshold']) == (threshold, 0.107)
    assert metadata['baked'] == bake
    assert load_player(folder).threshold == threshold
    ours, theirs = load_as_calibrated(folder), load_player(run.path)
    assert ours.threshold == theirs.threshold == 0.107
    assert ours.config.grid == theirs.config.grid, 'not only what the width of the outputs says'
    pattern = np.zeros(4, NOTE)
    pattern['row'], pattern['step'], pattern['velocity'] = [0, 2, 5, 8], [0, 9, 16, 31], 0.7
    encoded = (encode(player, [pattern]) for player in (ours, theirs))
    np.testing.assert_allclose(*encoded, rtol=1e-5, atol=1e-6)
    for cell, value in decode(theirs, POINTS).items():
        np.testing.assert_allclose(decode(ours, POINTS)[cell], value, rtol=1e-3, atol=1e-5)
    for least in (0.05, 0.107, 0.7):
        ours_, theirs_ = (notes(play(x, POINTS, threshold_min=least)) for x in (ours, theirs))
        assert ours_ == theirs_


@pytest.mark.parametrize(('name', 'threshold'), [('melodyvae_improved', 0.2), ('rhythmvae', 0.5)])
def test_notes_are_the_same_in_the_tfjs_of_the_device(name, threshold, tmp_path):
    folders, wanted = [], []
    for calibrated in (0.02, 0.107):
        run = run_at(calibrated, tmp_path / f'{calibrated}', name)
        wanted.append(notes(play(load_player(run.path), POINTS)))
        folders.append(next(iter(export(run, run.path / 'max'))))
        exported = load_player(folders[-1])
        assert exported.threshold == threshold
        assert notes(play(exported, POINTS)) == wanted[-1]
    counts = [sum(map(len, patterns)) for patterns in wanted]
    assert counts[0] > counts[1] > 40

    config, z = run.config, POINTS.astype(np.float32)
    version = config.device.spec.tfjs
    _, decoded = apply_in_tfjs([(folder, [z]) for folder in folders], version, 60)
    shape = (len(POINTS), config.grid.rows, config.grid.steps)
    for outputs, expected in zip(decoded, wanted, strict=True):
        grids = dict(zip(config.features, [x.reshape(shape) for x in outputs], strict=True))
        heard = [
            select({name: x[i] for name, x in grids.items()}, config, threshold_min=threshold)
            for i in range(len(POINTS))
        ]
        assert notes(heard) == expected


@pytest.mark.parametrize(('name', 'heard'), [('melodyvae_improved', 1), ('rhythmvae', 0)])
def test_a_note_that_is_just_at_the_threshold_stays_on_its_side(name, heard):
    # Melody devices play it, the drum device does not.
    config = runs.small_config(name)
    model = runs.made_model(config)
    layer = model.decoder.get_layer('onset')
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    for value in np.linspace(-4, 3, 5).astype(np.float32):
        bias = np.full(layer.bias.shape, -30, np.float32)
        bias[7] = value
        layer.bias.assign(bias)
        player = Player(config, model.decoder, None, threshold=0.1)
        calibrated = float(decode(player, np.zeros((1, 2)))['onset'].max())
        player = dataclasses.replace(player, threshold=calibrated)
        for one in (player, bake(player)):
            (pattern,) = play(one, np.zeros((1, 2)))
            assert len(pattern) == heard


def test_the_ends_of_the_dial_can_be_baked():
    model = runs.made_model(runs.small_config())
    for calibrated in (0.01, 1.0):
        player = bake(Player.of(model, calibrated))
        assert np.isfinite(decode(player, POINTS)['onset']).all()
