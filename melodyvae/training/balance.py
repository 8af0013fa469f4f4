"""Pitch balance: moves onset biases after training, so that pitches are played as in the data."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.threshold import count_notes, find_threshold
from melodyvae.training.examples import Examples, take_examples

PATTERNS = 1024  # decoded patterns whose pitches are counted
MAX_EXAMPLES = 20_000  # examples whose pitches are counted
ROUNDS = 30  # of counting and moving
RATE = 0.3  # logits per round for pitches that are e times too frequent
MIN_SHARE = 0.002  # of the notes, for rows that never play


def balance_pitches(model: MelodyVAE, loops: Loops, training: Examples) -> None:
    """Moves the onset biases of each row slightly, so that it plays as often as in the data.

    The decoded probabilities have the right mean, but a device plays the most probable pitches,
    and so plays the frequent ones too often. Only the biases of the decoder's onsets change.

    Args:
      model: trained on the examples `training` of `loops`. `training.pitch_balance` of its config
        is the maximum change of a bias, in logits. 0 changes nothing.
    """
    config = model.config
    if not config.training.pitch_balance:
        return
    music = take_examples(loops, training.take_at_most(MAX_EXAMPLES))
    rows, steps = config.grid.rows, config.grid.steps
    random = np.random.default_rng([config.training.seed, 3])
    z = random.standard_normal((PATTERNS, config.model.latent))
    moved = balance_rows(
        decode_onsets(model, z),
        np.bincount(music.cells['row'], minlength=rows) / len(music.cells),
        count_notes(music, config),
        config,
    )
    bias = model.decoder.get_layer('onset').bias
    bias.assign_add(np.repeat(moved, steps).astype(np.float32))


def balance_rows(onset: np.ndarray, wanted: np.ndarray, notes: float, config: Config) -> np.ndarray:
    """Finds what to add to the logits of each row.

    Args:
      onset: `[patterns, rows, steps]` float32, decoded probabilities for z from N(0, I).
      wanted: `[rows]`, share of the notes in each row, sum 1.
      notes: per loop; determines the threshold.

    Returns:
      `[rows]` float64 within `training.pitch_balance` of 0.
    """
    limit = config.training.pitch_balance
    onset = np.clip(onset.astype(np.float64), 1e-7, 1 - 1e-7)
    odds = onset / (1 - onset)
    moved = np.zeros(len(wanted))
    now, more = np.empty_like(odds), np.empty_like(odds)  # reused: allocation is slow
    for _ in range(ROUNDS):
        np.multiply(odds, np.exp(moved)[:, None], out=now)
        np.add(1, now, out=more)
        np.divide(now, more, out=now)
        played = _played_shares(now, notes, config)
        excess = np.log((played + MIN_SHARE) / (wanted + MIN_SHARE))
        moved -= RATE * np.clip(excess, -1, 1)
        moved = np.clip(moved - moved @ wanted, -limit, limit)
    return moved


def _played_shares(onset: np.ndarray, notes: float, config: Config) -> np.ndarray:
    """Returns each row's share of what a device plays at `notes` per loop: `[rows]`, sum 1."""
    if config.device.is_monophonic:
        highest = onset.max(axis=1, keepdims=True)
        plays = onset == np.where(highest >= find_threshold(highest, notes), highest, np.inf)
    else:
        plays = onset >= find_threshold(onset, notes)
    counts = np.count_nonzero(plays, axis=2).sum(axis=0)
    return counts / max(1, counts.sum())


def decode_onsets(model: MelodyVAE, z: np.ndarray) -> np.ndarray:
    """Decodes z, `[patterns, latent]`, to probabilities, `[patterns, rows, steps]` float32."""
    # Not `player.decode`: a traced decoder rounds differently, and trained weights depend on it.
    onset = np.asarray(model.decoder.predict(z.astype(np.float32), verbose=0)[0])
    return onset.reshape(-1, model.config.grid.rows, model.config.grid.steps)
