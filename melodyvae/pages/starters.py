"""Models to start with: pages that come with the package, made by `models/make.py`."""

from pathlib import Path

STARTERS = {'folk': 'Folk tunes', 'groove': 'Grooves'}
FOLDER = Path(__file__).parent / 'models'


def find_starter(name: str) -> Path | None:
    """Returns the page of a model to start with; None if there is none of that name."""
    return FOLDER / f'{name}.html' if name in STARTERS else None
