"""The first figures of a report: plain, beside real loops, and there for every kind of run."""

import numpy as np

from melodyvae.evaluation.evaluate import evaluate
from melodyvae.evaluation.metrics import format_figure
from melodyvae.pages.headline import write_headline
from melodyvae.playing.player import Player
from melodyvae.training.examples import take_examples
from melodyvae.training.split import split

from runs import made_model, small_config


def test_figures_of_an_evaluation_stand_beside_real_loops(golden_loops):
    model = made_model(small_config('melodyvae'))
    training, held_out = split(golden_loops, model.config)
    evaluation = evaluate(
        model,
        take_examples(golden_loops, held_out),
        threshold=0.02,
        training_loops=take_examples(golden_loops, training),
    )
    player = Player.of(model, 0.02)
    facts = write_headline(player, golden_loops, training, evaluation.figures)
    assert [fact.title for fact in facts] == [
        'Reconstruction',
        'Surprise per note',
        'Octave leaps',
        'Repeated notes',
        'Duplicates',
        'Duplicate bars',
        'Variety',
    ]
    assert facts[0].value.endswith('%') and 'have chords' in facts[0].meaning
    assert facts[1].real == format_figure(evaluation.figures['real_bits'], 'bits')
    assert all(fact.real for fact in facts[1:])


def test_without_an_evaluation_it_is_measured_here(golden_loops):
    model = made_model(small_config())
    training, _ = split(golden_loops, model.config)
    facts = write_headline(Player.of(model, 0.02), golden_loops, training, {})
    titles = [fact.title for fact in facts]
    assert titles == [
        'Reconstruction',
        'Notes per loop',
        'Duplicates',
        'Duplicate bars',
        'Variety',
    ]
    trained = take_examples(golden_loops, training)
    assert facts[1].real == format_figure(len(trained.cells) / len(trained))
    assert 'a pad of new loops' not in facts[0].meaning  # this preset has a decoder only


def test_chords_are_excused_where_the_device_plays_one_note(golden_loops):
    model = made_model(small_config())
    training, _ = split(golden_loops, model.config)
    player = Player.of(model, 0.02)
    assert 'have chords' in write_headline(player, golden_loops, training, {})[0].meaning
    highest = golden_loops.keep_highest()
    assert '100% is note for note' in write_headline(player, highest, training, {})[0].meaning
    assert np.diff(highest.offsets).sum() < np.diff(golden_loops.offsets).sum()
