"""Loops and their reconstructions, drawn for the report."""

import dataclasses

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.pages.rolls import Paper, Roll, draw_feature, draw_notes, draw_probabilities
from melodyvae.playing.player import Player, decode, encode, play
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples, take_examples
from melodyvae.training.split import HOLDS_OUT

EXAMPLES = 4  # loops per side of the split


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A loop, or one feature of it, and its reconstruction."""

    title: str
    data: Roll
    decoded: Roll


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A loop by name: the whole loop, then its features."""

    name: str
    views: list[View]


def choose_own(training: Examples) -> Examples:
    """Returns the training loops that are not transposed; all if every one is transposed."""
    whole = training.take(training.shift == 0)
    return whole if len(whole) else training


def draw_own(player: Player, loops: Loops, training: Examples, paper: Paper) -> list[Example]:
    """Draws a few training loops, and what is played at their points of the pad."""
    examples = _draw_examples(player, loops, choose_own(training), paper)
    return [dataclasses.replace(example, views=example.views[:1]) for example in examples]


def draw_held_out(player: Player, loops: Loops, held_out: Examples, paper: Paper) -> list[Example]:
    """Draws a few held-out loops and what z_mean decodes to, feature by feature.

    Raises:
      UserError: if nothing was held out.
    """
    if not len(held_out):
        raise UserError(
            'Nothing was held out: the model was trained on every loop. To evaluate a run on loops '
            f'that it has not seen, train it with {HOLDS_OUT}.'
        )
    return _draw_examples(player, loops, held_out, paper)


def _draw_examples(player: Player, loops: Loops, side: Examples, paper: Paper) -> list[Example]:
    chosen = side.take_at_most(EXAMPLES)
    true = take_examples(loops, chosen)
    z_mean, _ = encode(player, true)
    decoded, played = decode(player, z_mean), list(play(player, z_mean))
    examples = []
    for index in range(len(true)):
        grids = {name: grid[index] for name, grid in decoded.items()}
        name = f'{true.files[true.file[index]]}, loop {true.position[index] + 1}'
        if chosen.shift[index]:
            name += f', transposed by {chosen.shift[index]:+d}'
        examples.append(Example(name, _draw_views(paper, true[index], grids, played[index])))
    return examples


def _draw_views(
    paper: Paper, true: np.ndarray, decoded: dict[str, np.ndarray], played: np.ndarray
) -> list[View]:
    """Draws a whole loop, then its features; values are decoded at the loop's own notes."""
    reconstructed = true.copy()
    for name in list(decoded)[1:]:
        reconstructed[name] = decoded[name][true['row'], true['step']]
    views = [
        View(
            'notes',
            draw_notes(paper, true, f'The loop: {len(true)} notes'),
            draw_notes(paper, played, f'What the device plays: {len(played)} notes'),
        ),
        View(
            'onset',
            draw_feature(paper, 'onset', true, "Onsets of the loop's notes"),
            draw_probabilities(paper, decoded['onset'], true, 'Decoded probability of an onset'),
        ),
    ]
    for name in list(decoded)[1:]:
        data = draw_feature(paper, name, true, f"{name.capitalize()} of the loop's notes")
        label = f"Decoded {name} at the loop's notes"
        views.append(View(name, data, draw_feature(paper, name, reconstructed, label)))
    return views
