"""The first figures of the report: those that matter to the musician."""

import dataclasses
from collections.abc import Mapping

from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import MAX_TRAINING, measure_novelty
from melodyvae.evaluation.metrics import METRICS, format_figure
from melodyvae.evaluation.reconstruction import measure
from melodyvae.loops.loops import Loops
from melodyvae.pages.examples import choose_own
from melodyvae.playing.player import Player
from melodyvae.training.examples import Examples, take_examples

MAX_OWN = 300  # training loops that are reconstructed
RECONSTRUCTION = 'notes of your loops played again at the point of each loop (onset F1)'
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
    'exact_copies': (
        'Duplicates',
        'points of the pad that play one of your loops note for note. 0% if everything is new',
    ),
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
    """Describes how a model plays, in a few figures that need no held-out loops.

    Args:
      player: the model.
      loops: the loops of the run.
      training: the examples that the model was trained on.
      figures: of its evaluation, if any; what is missing is measured.
    """
    own = take_examples(loops, choose_own(training).take_at_most(MAX_OWN))
    if 'exact_copies' not in figures:  # drums, chords, or no evaluation
        trained = take_examples(loops, training.take_at_most(MAX_TRAINING))
        figures = {**figures, **measure_novelty(player, trained)}
    first = Fact(
        'Reconstruction',
        format_figure(measure(player, own, seed=0).figures['device_onset_f1'], '%'),
        f'{RECONSTRUCTION}. {_describe_maximum(player.config, own)}',
    )
    return [first, *(_fill(key, figures) for key in TEXTS if key in figures)]


def _describe_maximum(config: Config, own: Loops) -> str:
    """Says what the maximum is, and why a good model may not reach it."""
    if config.device.is_monophonic and len(own.keep_highest().cells) < len(own.cells):
        best = 'Your loops have chords, of which the device plays one note'
    else:
        best = '100% is note for note'
    return best


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
