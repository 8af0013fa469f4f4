"""What moves the threshold at which a model plays, and moves it back."""

import numpy as np
import pytest

from melodyvae.playing.latent import z_grid
from melodyvae.playing.player import decode, play
from melodyvae.playing.threshold import load_as_calibrated, logit
from melodyvae.runs.export import export
from melodyvae.runs.load import load_player

import runs

SYSTEMS = ('melodyvae_improved', 'melodyvae_original', 'rhythmvae')


def test_logit():
    assert logit(0.5) == 0
    assert logit(0.2) == pytest.approx(-1.3862944)
    assert logit(0.8) == pytest.approx(-logit(0.2))
    assert 16 < logit(1.0) < 17
    assert logit(0.0) == pytest.approx(-logit(1.0))


@pytest.mark.parametrize('bake', [True, False])
@pytest.mark.parametrize('name', SYSTEMS)
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
