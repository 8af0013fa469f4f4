"""Time signatures: which of a piece's change something, and what they are called."""

import bisect
from collections.abc import Sequence

from melodyvae.loops.piece import Metre

COMMON = Metre(0.0, 4, 4)  # what a piece without a time signature is in
CLOSE = 1e-6  # quarter notes; what positions differ by that mean the same


def list_metres(metres: Sequence[Metre], sections: Sequence[float] = ()) -> list[Metre]:
    """The time signatures that change something; they cover the piece from its start on.

    One that says again what holds anyway, on a bar line, is left out, but where a section begins.
    Of several at one time the last counts.

    Args:
      metres: by start.
      sections: quarter notes, bar lines where bars are to be counted anew.

    Returns:
      At least one; the first starts at 0.
    """
    changes = [COMMON]
    for metre in metres:
        last = changes[-1]
        if metre.start <= last.start + CLOSE:
            changes[-1] = metre._replace(start=last.start)
            continue
        bars = (metre.start - last.start) / bar_length(last)
        if metre[1:] != last[1:] or abs(bars - round(bars)) > CLOSE:
            changes.append(metre)
    for start in sections:
        after = bisect.bisect(changes, start + CLOSE, key=lambda metre: metre.start)
        if start > changes[after - 1].start + CLOSE:
            changes.insert(after, changes[after - 1]._replace(start=start))
    return changes


def bar_length(metre: Metre) -> float:
    """Of a bar, in quarter notes."""
    return 4 * metre.numerator / metre.denominator


def name_metre(metre: Metre) -> str:
    """Such as '6/8'."""
    return f'{metre.numerator}/{metre.denominator}'


def name_metres(metres: Sequence[Metre]) -> str:
    """Each once, such as '4/4, 2/4'."""
    return ', '.join(dict.fromkeys(map(name_metre, metres)))
