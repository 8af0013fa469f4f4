"""The goal of melodies: limits that the figures of a good model keep."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """The limit of one figure.

    Attributes:
      key: of the figure, in `metrics.METRICS`.
      minimum, maximum: the limit; exactly one of them is given.
      reference: key of another figure; `maximum` then limits the difference, in both directions.
    """

    key: str
    minimum: float | None = None
    maximum: float | None = None
    reference: str = ''

    def shortfall(self, figures: Mapping[str, float]) -> float:
        """Returns how far a figure is off, as a share of the limit: 0 if it keeps the limit.

        A figure that could not be measured, for example of a silent model, is off by 1.
        """
        if not figures.keys() >= {self.key, *([self.reference] if self.reference else [])}:
            return 1.0
        value = figures[self.key]
        if self.reference:
            value = abs(value - figures[self.reference])
        if self.maximum is not None:
            return max(0.0, value / self.maximum - 1)
        assert self.minimum is not None
        return max(0.0, 1 - value / self.minimum)


# Two bars of melody, set when the default's second stage was made: docs/results.md.
GOAL = (
    Limit('bits', maximum=4.5),
    Limit('bits_without_nearest', maximum=0.5, reference='real_bits_without_nearest'),
    Limit('judge_auc', maximum=0.85),
    Limit('repeated_notes', maximum=0.12),
    Limit('commonest_pitch', maximum=0.35),
    Limit('distinct_pitches', minimum=6.5),
    Limit('octave_leaps', maximum=0.02),
    Limit('exact_copies', maximum=0.05),
    Limit('bar_copies', maximum=0.15),
    Limit('distinct_outputs', minimum=0.65),
    Limit('notes_per_tenth', maximum=5),
    Limit('usable_points', minimum=1),
)


def measure_shortfall(figures: Mapping[str, float]) -> float:
    """Sums how far a model is off each limit of the goal: 0 if it keeps all of them.

    Args:
      figures: by their keys in `metrics.METRICS`.
    """
    return sum(limit.shortfall(figures) for limit in GOAL)
