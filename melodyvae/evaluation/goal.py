"""What a good model's melodies are like: lines that its figures are to keep."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """What one figure is to be.

    Attributes:
      key: of the figure, in `metrics.METRICS`.
      least, most: what it may be; None where there is no such limit. One of the two is given.
      beside: key of another figure, from which it may be `most` away, either way.
    """

    key: str
    least: float | None = None
    most: float | None = None
    beside: str = ''

    def shortfall(self, figures: Mapping[str, float]) -> float:
        """How far the figure is off, as a share of the limit: 0 if the line is kept.

        A figure that could not be measured, as of a model that plays nothing, is off by 1.
        """
        if not figures.keys() >= {self.key, *([self.beside] if self.beside else [])}:
            return 1.0
        value = figures[self.key]
        if self.beside:
            value = abs(value - figures[self.beside])
        if self.most is not None:
            return max(0.0, value / self.most - 1)
        assert self.least is not None
        return max(0.0, 1 - value / self.least)


# Two bars of melody, set when the default's second stage was made: docs/results.md.
GOAL = (
    Line('bits', most=4.5),
    Line('bits_without_nearest', most=0.5, beside='real_bits_without_nearest'),
    Line('judge_auc', most=0.85),
    Line('repeated_notes', most=0.12),
    Line('commonest_pitch', most=0.35),
    Line('distinct_pitches', least=6.5),
    Line('octave_leaps', most=0.02),
    Line('exact_copies', most=0.05),
    Line('bar_copies', most=0.15),
    Line('distinct_outputs', least=0.65),
    Line('notes_per_tenth', most=5),
    Line('playable_points', least=25),
)


def measure_shortfall(figures: Mapping[str, float]) -> float:
    """The sum of what a model is off each line of the goal: 0 if it keeps all of them.

    Args:
      figures: by their keys in `metrics.METRICS`.
    """
    return sum(line.shortfall(figures) for line in GOAL)
