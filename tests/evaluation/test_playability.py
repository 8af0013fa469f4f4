"""How much of the pad a model plays."""

import numpy as np
import pytest

from melodyvae.evaluation.playability import measure_playability
from melodyvae.playing import player as generate
from melodyvae.playing.latent import z_grid
from melodyvae.runs.load import load_player

import runs


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    return runs.make_run(tmp_path_factory.mktemp('runs') / 'run')


def test_playability_counts_notes_over_the_pad(run):
    player = load_player(run.path)
    found = measure_playability(player, 0.2)
    patterns = list(generate.play(player, z_grid(9, 2), threshold_min=0.2))
    notes = sorted(len(pattern) for pattern in patterns)
    assert (found.points, found.threshold) == (81, 0.2)
    assert (found.min_notes, found.median_notes, found.max_notes) == (
        notes[0],
        notes[40],
        notes[80],
    )
    assert found.silent == notes.count(0) > 0
    assert found.unusual == sum(count < 4 for count in notes)
    assert found.usable == pytest.approx(1 - found.unusual / 81)
    assert found.is_playable


def test_silent_and_all_on_models_are_not_playable():
    config = runs.small_config()
    for onset_bias, kind in ((-20, 'silent'), (20, 'all_on')):
        model = runs.made_model(config)
        layer = model.decoder.get_layer('onset')
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.full(layer.bias.shape, onset_bias))
        found = measure_playability(generate.Player(config, model.decoder, None, 0.1), 0.1)
        assert getattr(found, kind) == 81
        assert not found.is_playable
