"""Which loops are trained on, which are held out, and the transposed copies."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.system.errors import UserError
from melodyvae.training.augment import add_transpositions
from melodyvae.training.examples import Examples

# What a run takes that is to be measured with loops that it has not heard.
HOLDS_OUT = '--config.data.learn_all_below=0 and a --config.data.validation_fraction over 0'


def split(loops: Loops, config: Config) -> tuple[Examples, Examples]:
    """Examples for training and for validation.

    Split by file, no loop of a held-out file is trained on, and only training loops are
    transposed. Split by loop, as the devices do, copies of one loop fall on both sides. A library
    of a single file has no other file to hold out: its loops are split before transposing.

    Returns:
      (training, validation) examples, at least one each; but no validation examples where
      `data.validation_fraction` is 0, or of fewer files than `data.learn_all_below`.

    Raises:
      UserError: if there are fewer than two loops.
    """
    if len(loops) < 2:
        raise UserError(
            f'Too little to learn from: {len(loops)} usable loops, and at least 2 are needed, one '
            f'to train on and one to hold out. Add more MIDI files.'
        )
    random = np.random.default_rng(config.training.seed)
    sizes = np.bincount(loops.file)
    files = np.count_nonzero(sizes)
    fraction = 0 if files < config.data.learn_all_below else config.data.validation_fraction
    everything = Examples(np.arange(len(loops), dtype=np.int32), np.zeros(len(loops), np.int8))
    if not fraction:
        return add_transpositions(loops, everything, config), everything.take(np.arange(0))
    if config.data.split == 'loop':
        return _split_by_loop(add_transpositions(loops, everything, config), fraction, random)
    if files == 1:
        training, validation = _split_by_loop(everything, fraction, random)
    else:
        held_out = np.isin(loops.file, _draw_files(sizes, fraction, random))
        training, validation = everything.take(~held_out), everything.take(held_out)
    return add_transpositions(loops, training, config), validation


def _split_by_loop(
    examples: Examples, fraction: float, random: np.random.Generator
) -> tuple[Examples, Examples]:
    order = random.permutation(len(examples))
    training = min(max(1, int((1 - fraction) * len(examples))), len(examples) - 1)
    return examples.take(order[:training]), examples.take(order[training:])


def _draw_files(sizes: np.ndarray, fraction: float, random: np.random.Generator) -> list[int]:
    """Files at random, as long as their loops stay within the fraction; at least the smallest."""
    used = random.permutation(np.flatnonzero(sizes))
    room = max(fraction * sizes.sum(), sizes[used].min())
    chosen: list[int] = []
    for file in used:
        if sizes[file] <= room:
            chosen.append(int(file))
            room -= sizes[file]
    return chosen
