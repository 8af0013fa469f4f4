"""All that is measured of a model: what is drawn, what is absent, and its JSON."""

import json

import numpy as np
import pytest

from melodyvae.config.settings import FEATURES
from melodyvae.evaluation import evaluate as module
from melodyvae.evaluation.evaluate import (
    MAX_GENERATED,
    Evaluation,
    choose_sides,
    evaluate,
    generate_loops,
    measure_novelty,
)
from melodyvae.playing.player import Player
from melodyvae.training.split import split

from runs import logits, made_model, set_constant, small_config, tiny_model, two_tiny_loops


@pytest.fixture(scope='module')
def model():
    return made_model(small_config())


def test_seed_decides_what_is_drawn_and_nothing_else(model, golden_loops):
    loops = golden_loops.take(np.arange(30))
    one, same, other = (evaluate(model, loops, seed=seed, threshold=0.2) for seed in (1, 1, 2))
    assert one == same and one.generated.patterns == 30
    assert one.generated != other.generated
    figures = {name for name in one.figures if one.figures[name] != other.figures[name]}
    assert figures == {f'{name}_loss' for name in FEATURES} | {'objective'}


def test_threshold_is_the_devices_unless_given(model, golden_loops, monkeypatch):
    monkeypatch.setattr(module, 'MAX_GENERATED', 8)
    loops = golden_loops.take(np.arange(10))
    default = evaluate(model, loops)
    assert default.threshold == model.config.device.threshold_as_loaded
    assert default.generated.patterns == 8, 'as many as loops, up to a limit'
    low, high = (evaluate(model, loops, threshold=threshold) for threshold in (0.01, 0.9))
    notes = [found.generated.features['note_count'].mean for found in (low, high)]
    assert notes[0] > notes[1]
    assert low.figures['device_onset_recall'] >= high.figures['device_onset_recall']
    assert low.figures['onset_f1'] == high.figures['onset_f1']


def test_a_missing_feature_has_no_metric(golden_loops):
    model = made_model(small_config('melodyvae_original', 'js'))
    loops = golden_loops.take(np.arange(8))
    found = evaluate(model, loops, training_loops=loops)
    every = {f'{feature}_loss' for feature in FEATURES} | {'kl', 'objective'}
    every |= {'velocity_mae', 'duration_mae_beats', 'timeshift_mae_ms'}
    assert every - set(found.figures) == {'timeshift_loss', 'timeshift_mae_ms'}
    assert 'note_length' in found.generated.features
    assert {'exact_copies', 'bar_copies', 'near_copies'} <= found.figures.keys()


def test_a_silent_model_is_measured_too(tiny, tiny_loops):
    set_constant(tiny.decoder.get_layer('onset'), [-100.0] * 4)
    found = evaluate(tiny, tiny_loops, training_loops=tiny_loops)
    assert found.generated.empty == 1.0
    assert found.generated.features['velocity'].mean is None
    assert found.generated.features['velocity'].overlap == 0.0
    assert json.loads(found.to_json())['generated']['velocity']['mean'] is None


@pytest.mark.parametrize('training', [False, True])
def test_json_holds_all_of_it(tiny, tiny_loops, tmp_path, training):
    found = evaluate(tiny, tiny_loops, training_loops=tiny_loops if training else None)
    found.write(tmp_path / 'evaluation.json')
    values = json.loads((tmp_path / 'evaluation.json').read_text())
    assert Evaluation.from_dict(values) == found
    assert values['device_onset_f1'] == found.figures['device_onset_f1']
    assert values['generated']['pitch_class']['mean'] is None
    assert ('distinct_outputs' in values) == training
    # Earlier runs have more.
    values['generated'] |= {'nearest_training_loop': {'copies': 0.5}}
    values['generated']['velocity'] |= {'distance_overlap': 0.1}
    assert Evaluation.from_dict(values) == found


def test_a_large_library_is_thinned_on_both_sides(golden_loops, monkeypatch):
    monkeypatch.setattr(module, 'MAX_TRAINING', 20)
    monkeypatch.setattr(module, 'MAX_HELD_OUT', 5)
    sides = choose_sides(golden_loops, *split(golden_loops, small_config()))
    assert [len(side) for side in sides] == [20, 5]


def test_what_was_trained_on_is_a_copy():
    player = Player.of(made_model(small_config('rhythmvae')), 0.2)
    played = generate_loops(player, MAX_GENERATED, seed=0)
    found = measure_novelty(player, played)
    assert found['exact_copies'] == found['bar_copies'] == 1
    heard = played.take(np.flatnonzero(np.diff(played.offsets)))
    onsets = heard.to_dense(np.arange(len(heard)))['onset']
    different = len(np.unique(onsets.reshape(len(heard), -1), axis=0))
    assert found['distinct_outputs'] == pytest.approx(different / len(heard))
    assert found['note_count'] == len(heard.cells) / len(heard)


def test_other_loops_are_no_copies_and_silence_says_nothing():
    model = tiny_model()
    loops = two_tiny_loops(model.config.grid).take(np.array([1]))
    found = measure_novelty(Player.of(model, 0.5), loops)
    assert found == {
        'exact_copies': 0,
        'bar_copies': 0,
        'distinct_outputs': 1 / MAX_GENERATED,
        'note_count': 1,
        'real_note_count': 2,
    }
    set_constant(model.decoder.get_layer('onset'), logits([0.1] * 4))
    assert measure_novelty(Player.of(model, 0.5), loops) == {}
