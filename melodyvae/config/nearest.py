"""Suggests the known name that a misspelled one was meant to be."""

import difflib
from collections.abc import Iterable


def find_nearest(name: str, known: Iterable[str]) -> str:
    """Returns the most similar of the `known` names, or '' if none is similar.

    The section of a setting may be missing or wrong: 'epochs' is close to 'training.epochs'.
    """
    names = list(known)
    by_end = {candidate.rpartition('.')[2]: candidate for candidate in reversed(names)}
    end = name.rpartition('.')[2]
    close = [by_end[end]] if end in by_end else difflib.get_close_matches(name, names, n=1)
    close += [by_end[word] for word in difflib.get_close_matches(end, by_end, n=1)]
    return close[0] if close else ''


def ask_for_nearest(name: str, known: Iterable[str], prefix: str = '') -> str:
    """Returns ' (did you mean PREFIXNAME?)' for a sentence; '' if no name is similar."""
    nearest = find_nearest(name, known)
    return f' (did you mean {prefix}{nearest}?)' if nearest else ''
