"""Pitches as often in what a trained model plays as in its music."""

import numpy as np

from melodyvae.config import Config
from melodyvae.loops import Loops
from melodyvae.model import MelodyVAE
from melodyvae.split import Examples, chosen_loops
from melodyvae.threshold import calibrated_threshold, decoded_onsets, notes_per_loop

PRIOR_SAMPLES = 1024  # patterns whose pitches are counted
MOST_COUNTED = 20_000  # examples whose pitches are counted
ROUNDS = 30  # of counting and moving
RATE = 0.3  # logits a round for pitches that are e times too frequent
LEAST_SHARE = 0.002  # of the notes: what a row that never plays is taken to have


def balance_pitches(model: MelodyVAE, loops: Loops, training: Examples) -> None:
    """Moves the onset biases of each row, a little, so that it plays as often as in the data.

    The mean of the decoded probabilities is right, but a device plays the most probable pitches,
    and so the frequent ones too often. Nothing but the biases of the decoder's onsets changes.

    Args:
      model: trained; `training.pitch_balance` of its config says how far a bias may move at most,
        in logits; 0 leaves everything as it is.
      loops: the library.
      training: those of its examples that the model was trained on.
    """
    config = model.config
    if not config.training.pitch_balance:
        return
    music = chosen_loops(loops, training.at_most(MOST_COUNTED))
    rows, steps = config.grid.rows, config.grid.steps
    random = np.random.default_rng([config.training.seed, 3])
    z = random.standard_normal((PRIOR_SAMPLES, config.model.latent))
    moved = row_logits(
        decoded_onsets(model, z),
        np.bincount(music.cells['row'], minlength=rows) / len(music.cells),
        notes_per_loop(music.offsets, music.cells, config),
        config,
    )
    bias = model.decoder.get_layer('onset').bias
    bias.assign_add(np.repeat(moved, steps).astype(np.float32))


def row_logits(onset: np.ndarray, wanted: np.ndarray, notes: float, config: Config) -> np.ndarray:
    """What to add to the logits of each row.

    Args:
      onset: `[patterns, rows, steps]` float32, decoded probabilities for z from N(0, I).
      wanted: `[rows]`, share of the notes in each row, sum 1.
      notes: per loop; decides on the threshold.
      config: gives the limit, and how the device chooses notes.

    Returns:
      `[rows]` float64 within `training.pitch_balance` of 0.
    """
    limit = config.training.pitch_balance
    onset = np.clip(onset.astype(np.float64), 1e-7, 1 - 1e-7)
    odds = onset / (1 - onset)
    moved = np.zeros(len(wanted))
    for _ in range(ROUNDS):
        now = odds * np.exp(moved)[:, None]
        played = _played_shares(now / (1 + now), notes, config)
        excess = np.log((played + LEAST_SHARE) / (wanted + LEAST_SHARE))
        moved -= RATE * np.clip(excess, -1, 1)
        moved = np.clip(moved - moved @ wanted, -limit, limit)
    return moved


def _played_shares(onset: np.ndarray, notes: float, config: Config) -> np.ndarray:
    """Share of each row in the notes that a device plays of `notes` a loop: `[rows]`, sum 1."""
    threshold = calibrated_threshold(onset, notes, config)
    plays = onset >= threshold
    if config.device.messages == 'monophonic':
        plays &= onset == onset.max(axis=1, keepdims=True)
    counts = plays.sum(axis=(0, 2))
    return counts / max(1, counts.sum())
