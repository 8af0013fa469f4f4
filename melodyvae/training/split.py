"""Splits loops into training and held-out examples, and adds transposed copies."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.system.errors import UserError
from melodyvae.training.augment import add_transpositions
from melodyvae.training.examples import Examples

AT_ONCE = 2**24  # loops that are counted in one go
# The settings with which a run can be evaluated on held-out loops.
HOLDS_OUT = '--config.data.learn_all_below=0 and a --config.data.validation_fraction over 0'


def split(loops: Loops, config: Config) -> tuple[Examples, Examples]:
    """Splits loops into examples for training and for validation.

    By file: no loop of a held-out file is trained on, and only training loops are transposed. By
    loop, as in the devices: copies of one loop can be on both sides. If the library has a single
    file, its loops are split before they are transposed.

    Returns:
      (training, validation) examples, at least one each. There are no validation examples if
      `data.validation_fraction` is 0, or the library has fewer files than `data.learn_all_below`.

    Raises:
      UserError: if there are no loops, or only one though some are to be held out.
    """
    sizes = _count_loops(loops)
    files = np.count_nonzero(sizes)
    fraction = 0 if files < config.data.learn_all_below else config.data.validation_fraction
    if len(loops) < (2 if fraction else 1):
        raise UserError(
            f'Too little to learn from: at least 2 loops are needed, one to train on and one to '
            f'hold out, but this library has {len(loops)}. Add more MIDI files.'
        )
    everything = Examples(np.arange(len(loops), dtype=np.int32), np.zeros(len(loops), np.int8))
    if not fraction:
        return add_transpositions(loops, everything, config), everything.take(np.arange(0))
    random = np.random.default_rng(config.training.seed)
    if config.data.split == 'loop':
        return _split_by_loop(add_transpositions(loops, everything, config), fraction, random)
    if files == 1:
        training, validation = _split_by_loop(everything, fraction, random)
    else:
        drawn = np.zeros(len(sizes), bool)
        drawn[_draw_files(sizes, fraction, random)] = True
        held_out = drawn[loops.file]
        training, validation = everything.take(~held_out), everything.take(held_out)
    return add_transpositions(loops, training, config), validation


def _count_loops(loops: Loops) -> np.ndarray:
    """Returns the loops of each file. NumPy copies what it counts, so a part at a time."""
    sizes = np.zeros(len(loops.files), np.int64)
    for start in range(0, len(loops), AT_ONCE):
        sizes += np.bincount(loops.file[start : start + AT_ONCE], minlength=len(sizes))
    return sizes


def _split_by_loop(
    examples: Examples, fraction: float, random: np.random.Generator
) -> tuple[Examples, Examples]:
    order = random.permutation(len(examples))
    training = min(max(1, int((1 - fraction) * len(examples))), len(examples) - 1)
    return examples.take(order[:training]), examples.take(order[training:])


def _draw_files(sizes: np.ndarray, fraction: float, random: np.random.Generator) -> list[int]:
    """Draws files while their loops stay within the fraction; at least the smallest."""
    used = random.permutation(np.flatnonzero(sizes))
    room = max(fraction * sizes.sum(), sizes[used].min())
    chosen: list[int] = []
    for file in used:
        if sizes[file] <= room:
            chosen.append(int(file))
            room -= sizes[file]
    return chosen
