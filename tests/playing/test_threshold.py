"""The threshold of a model: calibrated, baked into an export, and undone."""

import dataclasses

import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, save_loops
from melodyvae.playing import threshold as module
from melodyvae.playing.device import select
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.player import Player, decode, play
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


@pytest.mark.parametrize('at_once', [1, 7, 38, 115, 116, 117])
def test_notes_are_counted_piece_by_piece(at_once, golden_loops, tmp_path, monkeypatch):
    config = preset('melodyvae_improved')
    whole = count_notes(golden_loops, config)
    save_loops(golden_loops, tmp_path / 'data')
    stored = load_loops(tmp_path / 'data')
    monkeypatch.setattr(module, 'AT_ONCE', at_once)
    assert len(golden_loops) == 116
    for loops in (golden_loops, stored):
        assert count_notes(loops, config) == whole


@pytest.mark.parametrize('name', ['melodyvae_improved', 'melodyvae_original'])
def test_a_model_plays_as_many_notes_as_its_library_has(name, golden_loops):
    """The Improved device plays one row a step, the Original every cell."""
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


SYSTEMS = ('melodyvae_improved', 'melodyvae_original', 'rhythmvae')


@pytest.mark.parametrize(
    ('name', 'bake'), [*((name, True) for name in SYSTEMS), ('melodyvae_improved', False)]
)
def test_an_export_plays_as_its_run_at_any_threshold(name, bake, tmp_path):
    run = runs.make_run(tmp_path / 'run', runs.small_config(name))
    exported = next(iter(export(run, tmp_path, bake=bake)))
    ours, theirs = load_as_calibrated(exported), load_player(run.path)
    assert ours.threshold == theirs.threshold == runs.THRESHOLD
    z = z_grid(5, 2)
    for cell, value in decode(theirs, z).items():
        np.testing.assert_allclose(decode(ours, z)[cell], value, rtol=1e-3, atol=1e-5)
    for least in (0.05, runs.THRESHOLD, 0.7):
        pairs = zip(*(play(x, z, threshold_min=least) for x in (ours, theirs)), strict=True)
        for one, other in pairs:
            assert one[['row', 'step']].tolist() == other[['row', 'step']].tolist()


POINTS = z_random(40, seed=5)
DEVICES = [  # device threshold
    ('melodyvae', 0.2),
    ('melodyvae_improved', 0.2),
    ('melodyvae_original', 0.2),
    ('melodyvae_improved_25x32', 0.2),
    ('rhythmvae', 0.5),
]


def run_at(threshold, path, name='melodyvae_improved'):
    """A run that was calibrated so."""
    run = runs.make_run(path, runs.small_config(name))
    model = run.load_model()
    if not model.config.model.normalization:  # what comes in is large, and sure of everything
        onset = model.decoder.get_layer('onset')
        onset.kernel.assign(onset.kernel * 0.1)
        model.save(run.model_path)
    run.write_summary(run.summary | {'threshold': threshold})
    return run


def notes(patterns):
    return [pattern[['row', 'step']].tolist() for pattern in patterns]


@pytest.mark.parametrize(('name', 'threshold'), DEVICES)
def test_notes_are_the_same_in_the_tfjs_of_the_device(name, threshold, tmp_path):
    folders, wanted = [], []
    for calibrated in (0.02, 0.107):
        run = run_at(calibrated, tmp_path / f'{calibrated}', name)
        wanted.append(notes(play(load_player(run.path), POINTS)))
        folders.append(next(iter(export(run, run.path / 'max'))))
        exported = load_player(folders[-1])
        assert exported.threshold == threshold
        assert notes(play(exported, POINTS)) == wanted[-1]
        assert notes(play(load_player(run.path), POINTS)) == wanted[-1]  # the run stays
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


def test_metadata_tell_both_thresholds(tmp_path):
    run = run_at(0.107, tmp_path / 'run')
    for baked, threshold in ((True, 0.2), (False, 0.107)):
        folder = next(iter(export(run, tmp_path / str(baked), bake=baked)))
        metadata = tfjs_export.read_metadata(folder)
        assert metadata['threshold'] == threshold
        assert metadata['calibrated_threshold'] == 0.107
        assert metadata['baked'] == baked
        assert load_player(folder).threshold == threshold


@pytest.mark.parametrize(('name', 'heard'), [('melodyvae_improved', 1), ('rhythmvae', 0)])
def test_a_note_that_is_just_at_the_threshold_stays_on_its_side(name, heard):
    # Melody devices play it, the drum device does not.
    config = runs.small_config(name)
    model = runs.made_model(config)
    layer = model.decoder.get_layer('onset')
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    for value in np.linspace(-4, 3, 12).astype(np.float32):
        bias = np.full(layer.bias.shape, -30, np.float32)
        bias[7] = value
        layer.bias.assign(bias)
        player = Player(config, model.decoder, None, threshold=0.1)
        calibrated = float(decode(player, np.zeros((1, 2)))['onset'].max())
        player = dataclasses.replace(player, threshold=calibrated)
        for one in (player, bake(player)):
            (pattern,) = play(one, np.zeros((1, 2)))
            assert len(pattern) == heard


@pytest.mark.parametrize('calibrated', [0.01, 1.0])
def test_the_ends_of_the_dial_can_be_baked(calibrated, tmp_path):
    player = bake(load_player(run_at(calibrated, tmp_path / 'run').path))
    assert np.isfinite(decode(player, POINTS)['onset']).all()
