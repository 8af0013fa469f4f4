"""The second stage: every point of the pad plays a loop."""

import keras
import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_grid, z_random
from melodyvae.playing.player import Player, decode, encode_batches, play
from melodyvae.training import anchors
from melodyvae.training.anchors import choose_anchors, spread_points
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import training_data
from melodyvae.training.finish import finish
from melodyvae.training.pad import make_pad


def small(name='melodyvae', **model):
    config = preset(name)
    config.model.hidden, config.model.decoder_hidden = 16, 16
    config.training.epochs, config.training.least_steps = 2, 0
    config.data.learn_all_below = 0
    for setting, value in model.items():
        setattr(config.model, setting, value)
    return config


def fit(loops, config):
    model = MelodyVAE(config)
    data = training_data(loops, config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    finish(model, data)
    return model


def starts(pattern):
    return set(pattern[['row', 'step']].tolist())


def find_f1(found, own):
    pairs = list(zip(found, own, strict=True))
    return 2 * sum(len(a & b) for a, b in pairs) / sum(len(a) + len(b) for a, b in pairs)


@pytest.fixture(scope='module')
def lines(golden_loops) -> Loops:
    """One note a step, the highest."""
    patterns = []
    for loop in golden_loops:
        loop = np.sort(loop, order=['step', 'row'])
        patterns.append(loop[np.append(np.diff(loop['step']) > 0, True)])
    return Loops.from_files([('golden', list(enumerate(patterns)))], preset('melodyvae').grid)


@pytest.fixture(scope='module')
def own(lines):
    config = small()
    config.data.validation_fraction = 0
    return fit(lines.take(np.arange(0, 110, 5)), config)


def test_loops_of_a_small_library_come_back_from_where_they_lie(own, lines):
    loops = lines.take(np.arange(0, 110, 5))
    player = Player.of(own)
    assert own.anchors == len(loops) == 22
    assert player.threshold == own.config.device.threshold_as_loaded
    z = np.concatenate([batch.z_mean for batch in encode_batches(player, loops)])
    found = list(play(player, z))
    same = [starts(a) == starts(b) for a, b in zip(found, loops, strict=True)]
    assert find_f1(map(starts, found), map(starts, loops)) >= 0.95
    assert np.mean(same) >= 0.7  # and most of them whole
    for pattern, loop, whole in zip(found, loops, same, strict=True):
        if whole:
            by_step = np.argsort(pattern['step']), np.argsort(loop['step'])
            for name in ('velocity', 'timeshift'):
                values = pattern[name][by_step[0]], loop[name][by_step[1]]
                np.testing.assert_allclose(*values, atol=0.05)


def test_between_two_loops_one_takes_over_from_the_other(lines):
    config = small()
    config.data.validation_fraction = 0
    model = fit(lines.take(np.array([20, 60])), config)
    player = Player.of(model, 0.2)
    ends = choose_anchors(MelodyVAE(config), lines.take(np.array([20, 60])))
    assert len(ends.loops) == 2
    z = np.concatenate([b.z_mean for b in encode_batches(player, lines.take(np.array([20, 60])))])
    way = z[0] + np.linspace(0, 1, 41)[:, None] * (z[1] - z[0])
    patterns = [starts(pattern) for pattern in play(player, way)]
    first, second = patterns[0], patterns[-1]
    own = [starts(lines[20]), starts(lines[60])]
    assert find_f1([first, second], own) >= 0.95 and first | second <= own[0] | own[1]
    for cell in first ^ second:  # the notes of one go and those of the other come, for good
        there = [cell in pattern for pattern in patterns]
        assert there == sorted(there, reverse=cell in first)
    assert len({frozenset(pattern) for pattern in patterns}) > 4  # and not all at once


def test_a_large_library_gives_new_loops_all_over_the_pad(lines, monkeypatch):
    monkeypatch.setattr(anchors, 'MOST_OWN', 10)
    config = small(anchors=64)
    model = fit(lines, config)
    assert model.anchors == 64
    z = z_random(100, seed=1)
    patterns = list(play(Player.of(model, 0.2), z))
    notes = np.mean([len(pattern) for pattern in patterns])
    assert notes == pytest.approx(len(lines.cells) / len(lines), rel=0.3)
    assert len({frozenset(starts(pattern)) for pattern in patterns}) > 50
    assert all(len(pattern) for pattern in play(Player.of(model, 0.2), z_grid(5, 2.0)))
    again = fit(lines, config)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_drums_keep_several_notes_of_a_step(golden_loops):
    cells = golden_loops.cells.copy()
    cells['row'] %= 9
    config = small('drums', anchors=64)
    config.grid.steps, config.grid.steps_per_quarter = 32, 4
    grooves = Loops(
        cells=cells,
        offsets=golden_loops.offsets,
        file=golden_loops.file,
        voice=golden_loops.voice,
        position=golden_loops.position,
        files=golden_loops.files,
        grid=config.grid,
    ).take(np.arange(40))
    config.data.validation_fraction = 0
    model = fit(grooves, config)
    player = Player.of(model)
    assert player.threshold == 0.5 and model.anchors == 40
    z = np.concatenate([batch.z_mean for batch in encode_batches(player, grooves)])
    found = map(starts, play(player, z))
    assert (
        find_f1(found, map(starts, grooves)) >= 0.9
    )  # an encoder of 16 units lays some at one place


def test_a_pad_is_saved_and_loaded_with_its_model(own, tmp_path):
    own.save(tmp_path / 'model.keras')
    loaded = keras.models.load_model(tmp_path / 'model.keras')
    assert loaded.anchors == own.anchors
    z = z_random(8, seed=0)
    for name, values in decode(Player.of(own, 0.2), z).items():
        np.testing.assert_array_equal(values, decode(Player.of(loaded, 0.2), z)[name])


def test_nothing_is_made_unasked_or_twice(lines, own):
    config = small(anchors=0)
    model = fit(lines, config)
    assert model.anchors == 0 and len(model.decoder.layers) > 6
    before = own.decoder
    make_pad(own, training_data(lines, own.config))
    assert own.decoder is before


def test_points_are_spread_over_the_pad():
    z = spread_points(500, 2.0)
    assert np.abs(z).max() <= 2.6
    assert np.abs(z.mean(axis=0)).max() < 0.05
    distances = np.sqrt(((z[:, None] - z[None]) ** 2).sum(axis=-1)) + np.eye(500)
    assert distances.min() > 0.02
    corners = np.array([(x, y) for x in (-2, 2) for y in (-2, 2)])
    assert (np.abs(z[:, None] - corners).max(axis=-1).min(axis=0) < 0.5).all()
