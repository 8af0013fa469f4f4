"""The first figures of the report: those that matter to the musician."""

import dataclasses
from collections.abc import Mapping

from melodyvae.evaluation.evaluate import MAX_TRAINING, measure_novelty
from melodyvae.evaluation.metrics import METRICS, format_figure
from melodyvae.evaluation.reconstruction import measure_reconstruction
from melodyvae.loops.loops import Loops
from melodyvae.pages.examples import choose_own
from melodyvae.playing.player import Player
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples, take_examples

MAX_OWN = 300  # training loops that are reconstructed
# By key of `metrics.METRICS`: the title, and what is good. Figures that a run lacks are not shown.
TEXTS = {
    'bits': (
        'Surprise per note',
        'for a listener who knows your loops. Best close to real loops: much less means copying, '
        'much more means random notes',
    ),
    'octave_leaps': ('Octave leaps', 'leaps of an octave or more. Best close to real loops'),
    'repeated_notes': ('Repeated notes', 'the same pitch twice. Best close to real loops'),
    'note_count': ('Notes per loop', 'best close to your loops'),
    'bar_copies': (
        'Duplicate bars',
        'bars that are also in one of your loops. Some are style, 100% is copying',
    ),
    'distinct_outputs': (
        'Variety',
        'different loops at random points of the pad. 100% if none is played twice',
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the first screen: its meaning, and the figure of real loops if it is known."""

    title: str
    value: str
    meaning: str
    real: str = ''


def write_headline(
    player: Player, loops: Loops, training: Examples, figures: Mapping[str, float]
) -> list[Fact]:
    """Describes what a model plays, in a few figures that need no held-out loops.

    Args:
      player: the model.
      loops: the loops of the run.
      training: the examples that the model was trained on.
      figures: of its evaluation, if any; what is missing is measured.

    Raises:
      UserError: if the model plays nothing.
    """
    if 'exact_copies' not in figures:  # drums, chords, or no evaluation
        trained = take_examples(loops, training.take_at_most(MAX_TRAINING))
        figures = {**figures, **measure_novelty(player, trained)}
    copies = figures.get('exact_copies')
    if copies is None:
        raise UserError('The pad plays no notes yet: train the model for more epochs.')
    new, own = (format_figure(share, '%') for share in (1 - copies, copies))
    first = Fact(
        'On the pad',
        f'{new} new, {own} yours',
        'loops at random points. Yours are those of your library, note for note',
    )
    return [first, *(_fill(key, figures) for key in TEXTS if key in figures)]


def describe_reconstruction(player: Player, loops: Loops, training: Examples) -> Fact:
    """Measures how well a model plays the loops that it was trained on."""
    own = take_examples(loops, choose_own(training).take_at_most(MAX_OWN))
    if player.config.device.is_monophonic and len(own.keep_highest().cells) < len(own.cells):
        best = 'They have chords, of which the device plays one note'
    else:
        best = '100% is note for note'
    return Fact(
        'Reconstruction',
        format_figure(measure_reconstruction(player, own, seed=0)['device_onset_f1'], '%'),
        f'of the notes of training loops, each at its point (onset F1). {best}',
    )


def _fill(key: str, figures: Mapping[str, float]) -> Fact:
    title, meaning = TEXTS[key]
    unit = METRICS[key].unit
    real = figures.get(f'real_{key}')
    return Fact(
        title,
        format_figure(figures[key], unit),
        meaning,
        '' if real is None else format_figure(real, unit),
    )
