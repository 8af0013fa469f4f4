"""How much of the pad a model plays."""

import dataclasses

import numpy as np
import pytest

from melodyvae.config.devices import DEVICES
from melodyvae.evaluation import pad_figures
from melodyvae.evaluation.pad_figures import measure_change
from melodyvae.evaluation.playability import measure_playability
from melodyvae.playing import player as generate
from melodyvae.playing.latent import z_grid

import runs


def test_playability_counts_notes_over_the_pad():
    player = generate.Player.of(runs.made_model(runs.small_config()), 0.2)
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


def player_of(choose_onsets, name='melodyvae_improved') -> generate.Player:
    """A player whose onsets are `choose_onsets(z)`, `[n, rows, steps]`."""
    config = runs.small_config(name)

    def decoder(z):
        onset = np.asarray(choose_onsets(np.asarray(z)), np.float32).reshape(len(z), -1)
        return [onset] + [np.full_like(onset, 0.5)] * (len(config.features) - 1)

    return generate.Player(config, decoder, None, 0.5)


@pytest.mark.parametrize(('onset', 'kind'), [(0, 'silent'), (1, 'all_on')])
def test_silent_and_all_on_models_are_not_playable(onset, kind):
    player = player_of(lambda z: np.full((len(z), 24, 32), onset))
    found = measure_playability(player, 0.1)
    assert getattr(found, kind) == 81
    assert not found.is_playable


@pytest.fixture
def staircase() -> generate.Player:
    """Plays more steps the further right on the pad: none at -3, all 32 at 3."""
    edges = np.linspace(-3, 3, 33)[1:]

    def choose_onsets(z):
        onset = np.zeros((len(z), 24, 32))
        onset[:, 5] = z[:, :1] >= edges - 1e-6
        return onset

    return player_of(choose_onsets)


# Nine columns play 0, 4, 8, ... and 32 notes; from 1/8 to 7/8 of the way, 4, 7, 10, ... and 28.
@pytest.mark.parametrize(('pad', 'usable'), [(3.0, 8 / 9), (2.25, 1), (2.3, 8 / 9)])
def test_usable_points_by_hand(staircase, monkeypatch, pad, usable):
    messages = staircase.config.device.messages
    monkeypatch.setitem(DEVICES, messages, dataclasses.replace(DEVICES[messages], pad=pad))
    assert measure_playability(staircase, 0.5).usable == pytest.approx(usable)


def test_notes_that_change_per_tenth_by_hand(staircase, monkeypatch):
    monkeypatch.setattr(pad_figures, 'STEPS_TAKEN', 5000)
    # 32 stairs on a way of 6; the part of a random direction that goes along it is 2 / pi.
    found = measure_change(staircase, np.random.default_rng(0))
    assert found == pytest.approx(0.1 * 2 / np.pi * 32 / 6, rel=0.06)


@pytest.mark.parametrize(('rows', 'usable'), [(1, 1), (2, 0)])
def test_a_usable_groove_has_at_most_as_many_notes_as_steps(rows, usable):
    onset = np.arange(9)[:, None].repeat(96, axis=1) < rows
    player = player_of(lambda z: [onset] * len(z), 'rhythmvae')
    assert measure_playability(player, 0.5).usable == usable
