"""What a model makes of its training loops, and how new what it plays is."""

import numpy as np
import pytest

from melodyvae.evaluation.evaluate import generate_loops
from melodyvae.evaluation.own_loops import POINTS, measure_novelty, measure_training_f1
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player

from runs import logits, made_model, set_constant, small_config, tiny_model, two_tiny_loops


def test_notes_that_are_reconstructed():
    model = tiny_model()  # plays the first cell alone
    player = Player.of(model, 0.5)
    loops = two_tiny_loops(model.config.grid)
    # A note for each of two loops, which have one and two; one is right.
    assert measure_training_f1(player, loops) == pytest.approx(2 * 1 / (2 + 3))


def test_what_was_trained_on_is_a_copy():
    player = Player.of(made_model(small_config('rhythmvae')), 0.2)
    played = generate_loops(player, POINTS, seed=0)
    found = measure_novelty(player, played)
    assert found['exact_copies'] == found['bar_copies'] == 1
    heard = played.take(np.flatnonzero(np.diff(played.offsets)))
    onsets = heard.to_dense(np.arange(len(heard)))['onset']
    different = len(np.unique(onsets.reshape(len(heard), -1), axis=0))
    assert found['distinct_outputs'] == pytest.approx(different / len(heard))
    assert found['note_count'] == len(heard.cells) / len(heard)


def test_a_bar_may_be_copied_where_no_loop_is():
    player = Player.of(made_model(small_config('rhythmvae')), 0.2)
    played = generate_loops(player, POINTS, seed=0)
    half = played.grid.steps // 2
    cut = [played[index][played[index]['step'] < half] for index in range(len(played))]
    found = measure_novelty(player, Loops.from_files([('cut', list(enumerate(cut)))], played.grid))
    assert found['exact_copies'] < 1 and 0 < found['bar_copies'] < 1


def test_other_loops_are_no_copies_and_silence_says_nothing():
    model = tiny_model()
    loops = two_tiny_loops(model.config.grid).take(np.array([1]))
    found = measure_novelty(Player.of(model, 0.5), loops)
    assert found == {
        'exact_copies': 0,
        'bar_copies': 0,
        'distinct_outputs': 1 / POINTS,
        'note_count': 1,
        'real_note_count': 2,
    }
    set_constant(model.decoder.get_layer('onset'), logits([0.1] * 4))
    assert measure_novelty(Player.of(model, 0.5), loops) == {}
