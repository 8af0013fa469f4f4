"""An export plays at the device's own threshold what its run plays at the calibrated one."""

import dataclasses

import numpy as np
import pytest

import tfjs_export
from melodyvae.playing.bake import bake_threshold
from melodyvae.playing.device import select
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode, play
from melodyvae.runs.export import export
from melodyvae.runs.load import load_player
from tfjs_export.verify import apply_in_tfjs

import runs

POINTS = z_random(40, seed=5)
SYSTEMS = [  # device threshold
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


@pytest.mark.parametrize(('name', 'threshold'), SYSTEMS)
def test_notes_are_the_same_in_the_tfjs_of_the_device(name, threshold, tmp_path):
    folders, wanted = [], []
    for calibrated in (0.02, 0.05, 0.107):
        run = run_at(calibrated, tmp_path / f'{calibrated}', name)
        wanted.append(notes(play(load_player(run.path), POINTS)))
        folders.append(next(iter(export(run, run.path / 'max'))))
        exported = load_player(folders[-1])
        assert exported.threshold == threshold
        assert notes(play(exported, POINTS)) == wanted[-1]
        assert notes(play(load_player(run.path), POINTS)) == wanted[-1]  # the run stays
    counts = [sum(map(len, patterns)) for patterns in wanted]
    assert counts[0] > counts[1] > counts[2] > 40

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


@pytest.mark.parametrize(('name', 'threshold'), [('melodyvae', 0.2), ('rhythmvae', 0.5)])
def test_what_the_device_loads_with_counts_and_not_what_the_run_says(name, threshold, tmp_path):
    config = runs.small_config(name)
    run = runs.make_run(tmp_path / 'run', config)
    exported = load_player(next(iter(export(run, tmp_path / 'max'))))
    assert exported.threshold == threshold
    assert notes(play(exported, POINTS)) == notes(play(load_player(run.path), POINTS))


def test_metadata_tell_both_thresholds(tmp_path):
    run = run_at(0.107, tmp_path / 'run')
    for bake, threshold in ((True, 0.2), (False, 0.107)):
        folder = next(iter(export(run, tmp_path / str(bake), bake=bake)))
        metadata = tfjs_export.read_metadata(folder)
        assert metadata['threshold'] == threshold
        assert metadata['calibrated_threshold'] == 0.107
        assert metadata['baked'] == bake
        assert load_player(folder).threshold == threshold


def test_what_is_not_baked_decodes_as_the_run(tmp_path):
    run = run_at(0.107, tmp_path / 'run')
    folder = next(iter(export(run, tmp_path / 'max', bake=False)))
    ours, theirs = (decode(load_player(path), POINTS) for path in (run.path, folder))
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-6)


@pytest.mark.parametrize(('name', 'heard'), [('melodyvae_improved', 1), ('rhythmvae', 0)])
def test_a_note_that_is_just_at_the_threshold_stays_on_its_side(name, heard):
    # Melody devices play it, the drum device does not.
    config = runs.small_config(name)
    model = runs.made_model(config)
    layer = model.decoder.get_layer('onset')
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    for value in np.linspace(-4, 3, 40).astype(np.float32):
        bias = np.full(layer.bias.shape, -30, np.float32)
        bias[7] = value
        layer.bias.assign(bias)
        player = Player(config, model.decoder, None, threshold=0.1)
        calibrated = float(decode(player, np.zeros((1, 2)))['onset'].max())
        player = dataclasses.replace(player, threshold=calibrated)
        for one in (player, bake_threshold(player)):
            (pattern,) = play(one, np.zeros((1, 2)))
            assert len(pattern) == heard


@pytest.mark.parametrize('calibrated', [0.01, 1.0])
def test_the_ends_of_the_dial_can_be_baked(calibrated, tmp_path):
    player = bake_threshold(load_player(run_at(calibrated, tmp_path / 'run').path))
    assert np.isfinite(decode(player, POINTS)['onset']).all()
