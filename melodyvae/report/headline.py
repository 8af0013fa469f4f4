"""What the report begins with: the figures that matter to whoever made the loops."""

import dataclasses
from collections.abc import Mapping

from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import MOST_TRAINING
from melodyvae.evaluation.metrics import METRICS
from melodyvae.evaluation.own_loops import measure_coming_back, measure_novelty
from melodyvae.loops.examples import Examples, take_examples
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player
from melodyvae.report.examples import choose_own
from melodyvae.report.tables import format_figure

MOST_OWN = 300  # loops that are played again
COMING_BACK = "of your training loops' notes, played from each loop's place on the pad (onset F1)"
# By key of `metrics.METRICS`: the title, and what is good. Figures that a run lacks are not shown.
SAID = {
    'bits': (
        'Surprise of a note',
        'to somebody who knows your loops: good near loops that it never heard; far below them it '
        'copies, far above it wanders',
    ),
    'octave_leaps': ('Leaps of an octave', 'or more, from note to note: good near real loops'),
    'repeated_notes': ('Repeated notes', 'the same pitch again: good near real loops'),
    'note_count': ('Notes in a loop', 'good near your loops'),
    'exact_copies': (
        'Copies of a loop',
        'points of the pad that play one of your loops note for note: 0% if all is to be new',
    ),
    'bar_copies': (
        'Copied bars',
        'bars that one of your loops has too: some are style, 100% is copying',
    ),
    'distinct_outputs': (
        'Variety',
        'different loops among random points of the pad: 100% if none is played twice',
    ),
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """A figure of the first screen: what is good, and the same of real loops where it is known."""

    title: str
    value: str
    meaning: str
    real: str = ''


def write_headline(
    player: Player, loops: Loops, training: Examples, figures: Mapping[str, float]
) -> list[Fact]:
    """Says how a model plays, in few figures that need no held-out loops.

    Args:
      player: the model.
      loops: of the run.
      training: the examples among them that it was trained on.
      figures: of its evaluation; what they lack is measured here.
    """
    own = take_examples(loops, choose_own(training).take_at_most(MOST_OWN))
    if 'exact_copies' not in figures:  # drums, chords, or no evaluation
        trained = take_examples(loops, training.take_at_most(MOST_TRAINING))
        figures = {**figures, **measure_novelty(player, trained)}
    first = Fact(
        'Your loops come back',
        format_figure(measure_coming_back(player, own), '%'),
        f'{COMING_BACK}: {_say_best(player.config, own)}',
    )
    return [first, *(_fill(key, figures) for key in SAID if key in figures)]


def _say_best(config: Config, own: Loops) -> str:
    """What the share of notes that come back can be at best."""
    if config.device.is_monophonic and len(own.keep_highest().cells) < len(own.cells):
        best = 'of chords one note can, of all else 100%'
    else:
        best = '100% is note for note'
    return best


def _fill(key: str, figures: Mapping[str, float]) -> Fact:
    title, meaning = SAID[key]
    unit = METRICS[key].unit
    real = figures.get(f'real_{key}')
    return Fact(
        title,
        format_figure(figures[key], unit),
        meaning,
        '' if real is None else format_figure(real, unit),
    )
