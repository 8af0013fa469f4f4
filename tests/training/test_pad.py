"""The second stage: every point of the pad plays a loop."""

import dataclasses

import keras
import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode, encode, play
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import training_data
from melodyvae.training.finish import finish
from melodyvae.training.pad import build_from_pad, choose_places, plan_pad
from tfjs_export.verify import apply_in_tfjs


def small(name='melodyvae', **model):
    config = preset(name)
    config.model.hidden, config.model.decoder_hidden = 16, 16
    config.training.epochs, config.training.least_steps = 2, 0
    config.data.learn_all_below = 0
    config.pad.tiles = 12
    for setting, value in model.items():
        setattr(config.model, setting, value)
    return config


def finished(loops, config):
    model = MelodyVAE(config)
    finish(model, training_data(loops, config))
    return model


def starts(pattern):
    return set(pattern[['row', 'step']].tolist())


def find_widest(pattern):
    return np.abs(np.diff(np.sort(pattern, order='step')['row'].astype(int))).max(initial=0)


def find_f1(found, own):
    pairs = list(zip(found, own, strict=True))
    return 2 * sum(len(a & b) for a, b in pairs) / sum(len(a) + len(b) for a, b in pairs)


@pytest.fixture(scope='module')
def lines(golden_loops) -> Loops:
    """One note per step, the highest, of every fifth loop."""
    loops = dataclasses.replace(golden_loops, grid=preset('melodyvae').grid)
    return loops.take(np.arange(0, 110, 5)).keep_highest()


@pytest.fixture(scope='module')
def own(lines):
    """A trained model of 22 loops, with as many tiles as the preset has."""
    config = small()
    config.data.validation_fraction = 0
    config.pad.tiles = preset('melodyvae').pad.tiles
    model = MelodyVAE(config)
    data = training_data(lines, config)
    model.fit(data, callbacks=default_callbacks(data, quiet=True))
    finish(model, data)
    return model


def test_loops_of_a_small_library_come_back_from_where_they_lie(own, lines):
    player = Player.of(own)
    assert own.anchors == len(lines) == 22
    assert player.threshold == own.config.device.threshold_as_loaded
    z, _ = encode(player, lines)
    for pattern, loop in zip(play(player, z), lines, strict=True):
        assert starts(pattern) == starts(loop)
        by_step = np.argsort(pattern['step']), np.argsort(loop['step'])
        for name in ('velocity', 'timeshift'):
            values = pattern[name][by_step[0]], loop[name][by_step[1]]
            np.testing.assert_allclose(*values, atol=0.01)


def test_between_them_the_pad_plays_new_loops_of_the_same_notes(own, lines):
    player = Player.of(own, 0.2)
    patterns = list(play(player, z_random(200, seed=1)))
    known = [starts(loop) for loop in lines]
    assert all(len(pattern) for pattern in patterns)
    assert len({frozenset(starts(pattern)) for pattern in patterns}) > 100
    assert np.mean([starts(pattern) in known for pattern in patterns]) <= 0.35
    rows = set(lines.cells['row'].tolist())
    assert all(set(pattern['row'].tolist()) <= rows for pattern in patterns)
    overlapping = []
    for pattern in patterns:
        step = np.sort(pattern['step'])
        following = np.append(step, 32)[np.searchsorted(step, pattern['step'], 'right')]
        overlapping.extend(pattern['step'] + 8 * pattern['duration'] > following + 0.02)
    assert np.mean(overlapping) < 0.02  # only right at a border, where two tiles blend
    notes = np.mean([len(pattern) for pattern in patterns])
    assert notes == pytest.approx(len(lines.cells) / len(lines), rel=0.3)


def test_devices_and_generate_play_the_velocities_of_the_library(lines, tmp_path):
    cells = lines.cells.copy()
    cells['velocity'] = np.rint(np.linspace(1, 127, len(cells))).astype(np.float32) / 127
    loops = dataclasses.replace(lines, cells=cells)
    config = small()
    decoder = build_from_pad(plan_pad(MelodyVAE(config), loops), config)
    tfjs_export.save_layers_model(decoder, tmp_path / 'a.model')
    z = z_random(200, seed=1).astype(np.float32)
    _, (in_tfjs,) = apply_in_tfjs([(tmp_path / 'a.model', [z])], '1.7.4', 300)
    onset, expected = (output.astype(np.float64) for output in in_tfjs[:2])
    on = onset > config.device.threshold_as_loaded
    expected = np.floor(127 * expected)[on]
    own = np.rint(loops.cells['velocity'] * 127)
    assert np.isin(expected, own).mean() > 0.9  # the others are between tiles
    for outputs in (decoder(z), tfjs_export.load_numpy_model(tmp_path / 'a.model')(z)):
        found = np.floor(127 * np.asarray(outputs[1], np.float64))[on]
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize('count', [1, 2])
def test_few_loops_are_enough(lines, count):
    loops = lines[:count]
    config = small()
    model = MelodyVAE(config)
    decoder = build_from_pad(plan_pad(model, loops), config)
    player = Player(config, decoder, model.encoder, 0.2)
    z, _ = encode(player, loops)
    assert [starts(x) for x in play(player, z)] == [starts(x) for x in loops]
    assert all(len(pattern) for pattern in play(player, z_random(50, seed=0)))


def test_of_a_large_library_some_loops_have_a_place_and_others_lend_segments(lines):
    config = small(anchors=10)
    pad, again = (plan_pad(MelodyVAE(config), lines) for _ in range(2))
    assert len(pad.loops) == 22 and pad.content.shape == (8, config.pad.tiles + 10)
    assert all(len(on) > 10 for on in pad.segments.on)
    for ours, theirs in ((pad.content, again.content), (pad.mosaics.sites, again.mosaics.sites)):
        np.testing.assert_array_equal(ours, theirs)


def test_places_are_far_from_each_other_and_on_the_pad():
    z = np.random.default_rng(0).standard_normal((500, 2)) * 1.5
    chosen = choose_places(z, 40, 2.0)
    assert len(set(chosen.tolist())) == 40 and (np.abs(z[chosen]) <= 2).all()
    apart = np.linalg.norm(z[chosen, None] - z[None, chosen], axis=-1) + 9 * np.eye(40)
    assert apart.min() > 0.3
    assert choose_places(z[:7], 40, 2.0).tolist() == list(range(7))
    assert len(choose_places(z * 100, 40, 2.0)) == 40  # none on the pad


def test_loops_that_repeat_their_first_half_give_a_pad_that_does(lines):
    patterns = []
    for loop in lines:
        first = loop[loop['step'] < 16]
        second = first.copy()
        second['step'] += 16
        patterns.append(np.concatenate([first, second]))
    loops = Loops.from_files([('bars', list(enumerate(patterns)))], lines.grid)
    config = small()
    model = MelodyVAE(config)
    pad = plan_pad(model, loops)
    assert pad.segments.places == 4
    # The interval from the last note of a bar to the first of the next one is played too.
    assert pad.segments.widest == max(find_widest(pattern) for pattern in patterns)
    player = Player(config, build_from_pad(pad, config), model.encoder, 0.2)
    for pattern in play(player, z_random(500, seed=0)):
        assert find_widest(pattern) <= pad.segments.widest
    for pattern in play(player, np.random.default_rng(0).uniform(1, 2, (30, 2))):
        first, second = (pattern[(pattern['step'] >= 16) == half] for half in (False, True))
        second['step'] -= 16
        assert starts(first) == starts(second)


def test_drums_keep_several_notes_of_a_step(golden_loops):
    cells = golden_loops.cells.copy()
    cells['row'] %= 9
    config = small('drums')
    config.grid.steps, config.grid.steps_per_quarter = 32, 4
    grooves = dataclasses.replace(golden_loops, cells=cells, grid=config.grid).take(np.arange(40))
    config.data.validation_fraction = 0
    model = finished(grooves, config)
    player = Player.of(model)
    assert player.threshold == 0.5 and 0 < model.anchors <= 40
    z, _ = encode(player, grooves)
    assert find_f1(map(starts, play(player, z)), map(starts, grooves)) >= 0.9


def test_a_pad_is_saved_and_loaded_with_its_model(own, tmp_path):
    own.save(tmp_path / 'model.keras')
    loaded = keras.models.load_model(tmp_path / 'model.keras')
    assert loaded.anchors == own.anchors
    z = z_random(8, seed=0)
    for name, values in decode(Player.of(own, 0.2), z).items():
        np.testing.assert_array_equal(values, decode(Player.of(loaded, 0.2), z)[name])
