"""Pitch balance: pitches are played as often as in the data."""

import numpy as np
import pytest

from melodyvae.training.balance import balance_pitches, balance_rows
from melodyvae.training.examples import take_examples
from melodyvae.training.split import split

import runs


def balanced_config(limit):
    config = runs.small_config()
    config.training.pitch_balance = limit
    return config


@pytest.fixture
def onset():
    """Two rows of four: one always a little more probable than the other, and both rarely on."""
    onset = np.zeros((100, 4, 8), np.float32)
    onset[:, 1] = np.linspace(0.2, 0.4, 100)[:, None]
    onset[:, 2] = np.linspace(0.4, 0.2, 100)[:, None] - 0.05
    return onset


def played(onset, moved, config):
    """Notes of each row where a step plays its most probable one."""
    odds = onset / (1 - onset) * np.exp(moved)[:, None]
    return np.bincount(odds.argmax(axis=1).ravel(), minlength=len(moved)) / odds[:, 0].size


def test_rows_come_to_play_as_often_as_wanted(onset):
    config = balanced_config(5.0)
    wanted = np.array([0, 0.3, 0.7, 0])
    assert played(onset, np.zeros(4), config)[2] < 0.5
    moved = balance_rows(onset, wanted, 8.0, config)
    np.testing.assert_allclose(played(onset, moved, config), wanted, atol=0.02)


@pytest.mark.parametrize('messages', ['monophonic', 'voices'])
def test_no_row_moves_further_than_allowed(onset, messages):
    config = balanced_config(0.1)
    config.device.messages = messages
    moved = balance_rows(onset, np.array([0, 0.1, 0.9, 0]), 8.0, config)
    assert moved[1] == -0.1
    assert 0.05 < moved[2] <= 0.1
    assert np.abs(moved).max() == 0.1


def test_where_all_cells_play_a_row_with_too_few_gets_more():
    config = balanced_config(2.0)
    config.device.messages = 'voices'
    onset = np.random.default_rng(0).uniform(0, [[0.3], [0.5]], (200, 2, 8))
    moved = balance_rows(onset, np.array([0.5, 0.5]), 4.0, config)
    odds = onset / (1 - onset) * np.exp(moved)[:, None]
    counts = (odds >= np.sort(odds, axis=None)[-800]).sum(axis=(0, 2))
    np.testing.assert_allclose(counts / counts.sum(), [0.5, 0.5], atol=0.02)


def test_only_the_biases_of_onsets_move_the_same_for_a_row(golden_loops):
    config = balanced_config(0.2)
    model = runs.made_model(config)
    before = {weight.path: weight.numpy() for weight in model.weights}
    training, _ = split(golden_loops, config)
    balance_pitches(model, golden_loops, training)
    changed = {
        weight.path: weight.numpy() - before[weight.path]
        for weight in model.weights
        if (weight.numpy() != before[weight.path]).any()
    }
    assert [path.split('/')[-2:] for path in changed] == [['onset', 'bias']]
    (moved,) = changed.values()
    moved = moved.reshape(config.grid.rows, config.grid.steps)
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1], moved.shape), atol=1e-6)
    assert 0.1 < np.abs(moved).max() < 0.2 + 1e-6


def test_transposed_examples_count_where_they_are(golden_loops):
    """Pitches that are there only after transposing are played more, not less."""
    config = balanced_config(0.5)
    config.data.transpositions = (5,)
    training, _ = split(golden_loops, config)
    up = training.take(training.shift == 5)
    rows = take_examples(golden_loops, up).cells['row']
    model = runs.made_model(config)
    before = model.decoder.get_layer('onset').bias.numpy()
    balance_pitches(model, golden_loops, up)
    moved = (model.decoder.get_layer('onset').bias.numpy() - before)[:: config.grid.steps]
    shares = np.bincount(rows, minlength=config.grid.rows)
    assert moved[shares == 0].mean() < moved[shares > np.median(shares)].mean()
