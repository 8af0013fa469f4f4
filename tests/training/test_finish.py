"""What follows after fitting, in the order in which all who train call it."""

import dataclasses

import keras
import numpy as np
import pytest

from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, encode, play
from melodyvae.playing.threshold import calibrate
from melodyvae.training.data import training_data
from melodyvae.training.finish import finish, locate_timing

from runs import all_weights as weights
from runs import golden_config, made_model


def fitted(loops, **settings) -> tuple[MelodyVAE, object]:
    config = golden_config(**settings)
    return made_model(config), training_data(loops, config)


def test_pitches_are_balanced_once_and_the_threshold_is_calibrated(golden_loops):
    model, data = fitted(golden_loops, model__anchors=0)
    before = weights(model)
    threshold = finish(model, data)
    finished = weights(model)
    assert model.finished and np.any(finished != before)
    assert threshold == calibrate(Player.of(model), golden_loops) != 0.2
    assert finish(model, data) == threshold
    np.testing.assert_array_equal(weights(model), finished)


def test_nothing_changes_unless_the_config_asks_for_it(golden_loops):
    model, data = fitted(golden_loops, model__anchors=0, training__pitch_balance=0.0)
    before = weights(model)
    assert 0 < finish(model, data) < 1
    np.testing.assert_array_equal(weights(model), before)


@pytest.fixture(scope='module')
def pad(golden_loops) -> MelodyVAE:
    """A copy of a model, which got a pad of eight places."""
    original, data = fitted(golden_loops, model__anchors=8)
    before, model = weights(original), original.copy()
    model.compile(optimizer='nadam')
    model.optimizer.learning_rate = 0.125
    model.optimizer.iterations.assign(7)
    assert finish(model, data) == 0.2  # the threshold of its device
    np.testing.assert_array_equal(weights(original), before)
    return model


def test_a_pad_is_made_once(pad, golden_loops):
    decoder = pad.decoder
    assert finish(pad, training_data(golden_loops, pad.config)) == 0.2
    assert pad.decoder is decoder and pad.anchors == 8


def test_the_second_stage_keeps_the_optimizer(pad):
    assert type(pad.optimizer) is keras.optimizers.Nadam
    assert float(pad.optimizer.learning_rate) == 0.125
    assert int(pad.optimizer.iterations) == 7


def test_places_have_the_timing_of_their_loops(pad, golden_loops):
    assert len(locate_timing(pad, golden_loops).z) == 0  # all are alike, or unknown
    tempos = tuple(float(100 + file) for file in range(len(golden_loops.files)))
    metres = ('4/4',) * len(tempos)
    loops = dataclasses.replace(golden_loops, tempos=tempos, metres=metres)
    timing = locate_timing(pad, loops)
    assert len(timing.z) == 8
    z = encode(Player.of(pad), loops)[0]
    for place, tempo in zip(timing.z, timing.tempos, strict=True):
        assert tempo in {tempos[file] for file in loops.file[np.abs(z - place).max(axis=1) < 1e-5]}
    pattern = next(play(Player.of(pad), timing.z[:1]))
    own = [loops[index] for index in np.flatnonzero(np.abs(z - timing.z[0]).max(axis=1) < 1e-5)]
    assert any(set(pattern['step']) == set(loop['step']) for loop in own)
    without, _ = fitted(loops, model__anchors=0)
    assert 1 < len(locate_timing(without, loops).z) <= 300
