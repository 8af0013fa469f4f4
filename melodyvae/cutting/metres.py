"""Time signatures of a piece and their names."""

import bisect
from collections.abc import Sequence

from melodyvae.midi.piece import Metre

COMMON = Metre(0.0, 4, 4)  # what a piece without a time signature is in
NEAR = 1 / 32  # quarter notes that a time signature may miss its bar line by: ticks are rounded


def list_metres(metres: Sequence[Metre], sections: Sequence[float] = ()) -> list[Metre]:
    """Returns the time signatures that change something; they cover the whole piece.

    One that says again what holds anyway, on a bar line, is left out, but where a section begins.
    Of several at one time the last counts. One that just misses a bar line is on it.

    Args:
      metres: by start.
      sections: quarter notes, bar lines from which bars are counted again.

    Returns:
      At least one; the first starts at 0.
    """
    changes = [COMMON]
    for metre in metres:
        last = changes[-1]
        start = max(metre.start, last.start)
        line = last.start + round((start - last.start) / bar_length(last)) * bar_length(last)
        is_on_line = abs(start - line) <= NEAR
        if is_on_line and line == last.start:
            changes[-1] = metre._replace(start=line)
        elif metre[1:] != last[1:] or not is_on_line:
            changes.append(metre._replace(start=line if is_on_line else start))
    for start in sections:
        after = bisect.bisect(changes, start + NEAR, key=lambda metre: metre.start)
        if start > changes[after - 1].start + NEAR:
            changes.insert(after, changes[after - 1]._replace(start=start))
    return changes


def bar_length(metre: Metre) -> float:
    """Returns the length of a bar in quarter notes."""
    return 4 * metre.numerator / metre.denominator


def name_metres(metres: Sequence[Metre]) -> str:
    """Names each meter once, such as '4/4, 2/4'."""
    return ', '.join(dict.fromkeys(f'{m.numerator}/{m.denominator}' for m in metres))
