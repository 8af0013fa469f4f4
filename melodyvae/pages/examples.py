"""Loops beside what the model makes of them."""

import dataclasses

import numpy as np

from melodyvae.loops.loops import Loops
from melodyvae.pages.rolls import Paper, Roll, draw_feature, draw_notes, draw_probabilities
from melodyvae.playing.player import Player, decode, encode, play
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples, take_examples
from melodyvae.training.split import HOLDS_OUT

EXAMPLES = 4  # loops of a side of the split


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A loop, or one feature of it, beside what came back."""

    title: str
    data: Roll
    decoded: Roll


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A loop by name: all of it, then its features."""

    name: str
    views: list[View]


def choose_own(training: Examples) -> Examples:
    """The training loops as they were in their files; all if each was transposed."""
    whole = training.take(training.shift == 0)
    return whole if len(whole) else training


def draw_own(player: Player, loops: Loops, training: Examples, ground: Paper) -> list[Example]:
    """A few loops that were trained on, beside what is played at their places."""
    examples = _draw_examples(player, loops, choose_own(training), ground)
    return [dataclasses.replace(example, views=example.views[:1]) for example in examples]


def draw_held_out(player: Player, loops: Loops, held_out: Examples, ground: Paper) -> list[Example]:
    """A few held-out loops, feature by feature beside what z_mean decodes to.

    Raises:
      UserError: if nothing was held out.
    """
    if not len(held_out):
        raise UserError(
            'Nothing was held out: every loop was learned. A run that is to be measured with loops '
            f'that it has not heard takes {HOLDS_OUT}.'
        )
    return _draw_examples(player, loops, held_out, ground)


def _draw_examples(player: Player, loops: Loops, side: Examples, ground: Paper) -> list[Example]:
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
        examples.append(Example(name, _draw_views(ground, true[index], grids, played[index])))
    return examples


def _draw_views(
    ground: Paper, true: np.ndarray, decoded: dict[str, np.ndarray], played: np.ndarray
) -> list[View]:
    """All of a loop, then its features; values are decoded at the loop's own notes."""
    back = true.copy()
    for name in list(decoded)[1:]:
        back[name] = decoded[name][true['row'], true['step']]
    views = [
        View(
            'notes',
            draw_notes(ground, true, f'The loop: {len(true)} notes'),
            draw_notes(ground, played, f'What the device plays for it: {len(played)} notes'),
        ),
        View(
            'onset',
            draw_feature(ground, 'onset', true, "Onsets of the loop's notes"),
            draw_probabilities(ground, decoded['onset'], true, 'Decoded probability of an onset'),
        ),
    ]
    for name in list(decoded)[1:]:
        data = draw_feature(ground, name, true, f"{name.capitalize()} of the loop's notes")
        label = f"Decoded {name} at the loop's notes"
        views.append(View(name, data, draw_feature(ground, name, back, label)))
    return views
