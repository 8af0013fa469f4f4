"""Writes a blind listening test of a run: `python -m models.listen RUN --output=listen.html`.

The page plays library loops and loops that the pad makes, in mixed order. The listener answers
"real" or "made" for each, and the page counts the right answers.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from melodyvae.evaluation.duplicates import find_copies
from melodyvae.evaluation.evaluate import generate_loops
from melodyvae.evaluation.melodies import take_rhythms
from melodyvae.loops.loops import Loops
from melodyvae.pages.rolls import draw_notes, rule_paper
from melodyvae.pages.templates import render
from melodyvae.playing.device import MISSING
from melodyvae.playing.player import Player
from melodyvae.runs.folder import RunFolder
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError

EACH = 20  # loops of each kind
POINTS = 1000  # of the pad, from which the made loops are taken
# The narrowest range of at least 95% of a binomial distribution: 40 answers, p = 0.5.
CHANCE = 'By guessing, 20 are right on average, and 14 to 26 in 96% of tests.'


def write_listening_page(player: Player, library: Loops, path: Path, *, seed: int = 0) -> None:
    """Writes one self-contained HTML file, replacing an older one.

    Args:
      player: the model of the made loops.
      library: the real loops. They play as the device would play them: the highest note of each
        step if it is monophonic, and default values for features that the model lacks.
      path: of the page.
      seed: of the choice of loops, the points and the order.

    Raises:
      UserError: if there are fewer than 20 different loops of a kind.
    """
    if player.config.device.is_monophonic:
        library = library.keep_highest()
    made = generate_loops(player, POINTS, seed=seed)
    made = made.take(np.flatnonzero(~find_copies(made, library) & (np.diff(made.offsets) > 0)))
    random = np.random.default_rng(seed)
    real = _choose(library, 'in the library', random)
    chosen = [*_set_missing(real, player), *_choose(made, 'that the pad makes', random)]
    order = random.permutation(len(chosen))
    paper = rule_paper(player.config.grid, player.timing.metre)
    page = render(
        'listen.html',
        rolls=[draw_notes(paper, chosen[at], f'Loop {n}') for n, at in enumerate(order, start=1)],
        key=(order < EACH).astype(int).tolist(),
        grid=player.config.grid,
        tempo=player.timing.tempo,
        each=EACH,
        chance=CHANCE,
    )
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(page, encoding='utf-8')


def _choose(loops: Loops, where: str, random: np.random.Generator) -> Loops:
    """Draws 20 loops that differ in their onsets."""
    _, distinct = np.unique(take_rhythms(loops).lay_out(), axis=0, return_index=True)
    if len(distinct) < EACH:
        raise UserError(
            f'There are only {len(distinct)} different loops {where}, but the test needs {EACH}: '
            f'choose a run with more.'
        )
    return loops.take(random.permutation(distinct)[:EACH])


def _set_missing(loops: Loops, player: Player) -> Loops:
    """Gives loops the default values of features that the model lacks."""
    cells = np.array(loops.cells)
    for name in MISSING.keys() - {*player.config.features}:
        cells[name] = MISSING[name]
    return dataclasses.replace(loops, cells=cells)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('run', type=Path, help='folder of a trained run')
    parser.add_argument('--output', type=Path, default=Path('listen.html'))
    parser.add_argument('--seed', type=int, default=0)
    arguments = parser.parse_args(argv)
    try:
        run = RunFolder(arguments.run)
        write_listening_page(run.load_player(), run.loops(), arguments.output, seed=arguments.seed)
    except UserError as error:
        sys.exit(str(error))


if __name__ == '__main__':
    main()
