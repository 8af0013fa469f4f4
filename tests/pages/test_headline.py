"""The first figures of a report: what the pad plays, beside real loops, for every kind of run."""

import pytest

from melodyvae.evaluation.evaluate import evaluate
from melodyvae.evaluation.metrics import format_figure
from melodyvae.pages.headline import describe_reconstruction, write_headline
from melodyvae.playing.player import Player
from melodyvae.system.errors import UserError
from melodyvae.training.examples import take_examples
from melodyvae.training.split import split

from runs import made_model, small_config


@pytest.fixture(scope='module')
def model():
    return made_model(small_config('melodyvae'))


@pytest.fixture(scope='module')
def training(model, golden_loops):
    return split(golden_loops, model.config)[0]


def test_figures_of_an_evaluation_stand_beside_real_loops(model, training, golden_loops):
    held_out = take_examples(golden_loops, split(golden_loops, model.config)[1])
    trained = take_examples(golden_loops, training)
    evaluation = evaluate(model, held_out, threshold=0.02, training_loops=trained)
    facts = write_headline(Player.of(model, 0.02), golden_loops, training, evaluation.figures)
    assert [fact.title for fact in facts] == [
        'On the pad',
        'Surprise per note',
        'Octave leaps',
        'Repeated notes',
        'Duplicate bars',
        'Variety',
    ]
    copies = evaluation.figures['exact_copies']
    assert facts[0].value == f'{1 - copies:.1%} new, {copies:.1%} yours'
    assert facts[1].real == format_figure(evaluation.figures['real_bits'], 'bits')
    assert all(fact.real for fact in facts[1:])


def test_without_an_evaluation_it_is_measured_here(model, training, golden_loops):
    facts = write_headline(Player.of(model, 0.02), golden_loops, training, {})
    titles = ['On the pad', 'Notes per loop', 'Duplicate bars', 'Variety']
    assert [fact.title for fact in facts] == titles
    trained = take_examples(golden_loops, training)
    assert facts[1].real == format_figure(len(trained.cells) / len(trained))
    with pytest.raises(UserError, match='plays no notes yet'):
        write_headline(Player.of(model, 2.0), golden_loops, training, {})


def test_chords_are_excused_where_the_device_plays_one_note(model, training, golden_loops):
    player = Player.of(model, 0.02)
    fact = describe_reconstruction(player, golden_loops, training)
    assert fact.value.endswith('%') and 'have chords' in fact.meaning
    highest = golden_loops.keep_highest()
    assert '100% is note' in describe_reconstruction(player, highest, training).meaning
