"""The first figures of a report, if the run has no evaluation: what the pad plays."""

import pytest

from melodyvae.evaluation.metrics import format_figure
from melodyvae.pages.headline import describe_reconstruction, write_headline
from melodyvae.playing.player import Player
from melodyvae.system.errors import UserError
from melodyvae.training.examples import take_examples
from melodyvae.training.split import split

from runs import made_model, small_config


def test_a_run_without_an_evaluation_has_figures(golden_loops):
    model = made_model(small_config('melodyvae'))
    training, _ = split(golden_loops, model.config)
    player = Player.of(model, 0.02)
    facts = write_headline(player, golden_loops, training, {})
    titles = ['On the pad', 'Notes per loop', 'Duplicate bars', 'Variety']
    assert [fact.title for fact in facts] == titles
    trained = take_examples(golden_loops, training)
    assert facts[1].real == format_figure(len(trained.cells) / len(trained))
    with pytest.raises(UserError, match='plays no notes yet'):
        write_headline(Player.of(model, 2.0), golden_loops, training, {})
    # Chords are excused where the device plays one note.
    fact = describe_reconstruction(player, golden_loops, training)
    assert fact.value.endswith('%') and 'have chords' in fact.meaning
    highest = golden_loops.keep_highest()
    assert '100% is note' in describe_reconstruction(player, highest, training).meaning
