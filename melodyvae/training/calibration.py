"""What is set after training: the onset threshold, and how often each pitch is played."""

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import Cells
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode
from melodyvae.training.examples import Examples, take_examples

PRIOR_SAMPLES = 512  # patterns that a model's threshold is calibrated on
ROUGH_SAMPLES = 128  # the same, while it learns
AT_ONCE = 65536  # loops that are looked at in one go


def model_threshold(model: MelodyVAE, loops: Loops) -> float:
    """The threshold at which a model plays as many notes as its library has; z from the prior.

    Args:
      model: trained; z is drawn with its config's seed.
      loops: the whole library.

    Returns:
      See `calibrate_threshold`.
    """
    config = model.config
    if model.anchors:  # made for the threshold of its device
        return config.device.threshold_as_loaded
    z = z_random(PRIOR_SAMPLES, latent=config.model.latent, seed=config.training.seed)
    notes = notes_per_loop(loops.offsets, loops.cells, config)
    return calibrate_threshold(decode_onsets(model, z), notes, config)


def rough_threshold(player: Player, loops: Loops) -> float:
    """Does what `model_threshold` does for a model that still learns, of fewer patterns."""
    config = player.config
    z = z_random(ROUGH_SAMPLES, latent=config.model.latent)
    notes = notes_per_loop(loops.offsets, loops.cells, config)
    return calibrate_threshold(decode(player, z)['onset'], notes, config)


def decode_onsets(model: MelodyVAE, z: np.ndarray) -> np.ndarray:
    """Probabilities of onset, `[patterns, rows, steps]` float32, of z, `[patterns, latent]`."""
    # Not `player.decode`: a traced decoder rounds otherwise, and what is trained hangs on the bits.
    onset = np.asarray(model.decoder.predict(z.astype(np.float32), verbose=0)[0])
    return onset.reshape(-1, model.config.grid.rows, model.config.grid.steps)


def calibrate_threshold(onset: np.ndarray, notes: float, config: Config) -> float:
    """The `threshold_min` that gives `notes` notes a loop on average.

    Blurry decoders have few cells over 0.5, and how many over 0.1 depends on the model, so the
    device's dial has no setting that suits all.

    Args:
      onset: `[patterns, rows, steps]` float32, decoded probabilities for z from N(0, 1).
      notes: per loop of the data; for a monophonic device, steps with a note.
      config: a monophonic device plays one row a step, the others every cell.

    Returns:
      A probability in [0.01, 1], the range of the device's dial.
    """
    return _find_threshold(onset.max(axis=1) if config.device.is_monophonic else onset, notes)


def _find_threshold(candidates: np.ndarray, notes: float) -> float:
    """Does so for what may sound: `[patterns, ...]` of its probabilities."""
    rank = round(notes * len(candidates))
    if rank <= 0:
        return 1.0
    candidates = np.sort(candidates, axis=None)[::-1]
    threshold = candidates[min(rank, len(candidates)) - 1]
    return float(np.clip(float(threshold), 0.01, 1.0))


def notes_per_loop(offsets: np.ndarray, cells: Cells, config: Config) -> float:
    """Mean notes a loop that the device could play: for a monophonic one, distinct steps.

    Args:
      offsets: `[loops + 1]` int64, as in `loops.Loops`.
      cells: `[cells]` of `pattern.NOTE`.
      config: see above.
    """
    loops = len(offsets) - 1
    if not config.device.is_monophonic:
        return len(cells) / loops
    count = 0
    for start in range(0, loops, AT_ONCE):
        some = offsets[start : start + AT_ONCE + 1]
        taken = np.zeros((len(some) - 1, config.grid.steps), bool)
        owner = np.repeat(np.arange(len(taken)), np.diff(some))
        taken[owner, cells[some[0] : some[-1]]['step']] = True
        count += int(np.count_nonzero(taken))
    return count / loops


PATTERNS_COUNTED = 1024  # patterns whose pitches are counted
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
    music = take_examples(loops, training.take_at_most(MOST_COUNTED))
    rows, steps = config.grid.rows, config.grid.steps
    random = np.random.default_rng([config.training.seed, 3])
    z = random.standard_normal((PATTERNS_COUNTED, config.model.latent))
    moved = balance_rows(
        decode_onsets(model, z),
        np.bincount(music.cells['row'], minlength=rows) / len(music.cells),
        notes_per_loop(music.offsets, music.cells, config),
        config,
    )
    bias = model.decoder.get_layer('onset').bias
    bias.assign_add(np.repeat(moved, steps).astype(np.float32))


def balance_rows(onset: np.ndarray, wanted: np.ndarray, notes: float, config: Config) -> np.ndarray:
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
    now, more = np.empty_like(odds), np.empty_like(odds)  # new ones each round would take as long
    for _ in range(ROUNDS):
        np.multiply(odds, np.exp(moved)[:, None], out=now)
        np.add(1, now, out=more)
        np.divide(now, more, out=now)
        played = _played_shares(now, notes, config)
        excess = np.log((played + LEAST_SHARE) / (wanted + LEAST_SHARE))
        moved -= RATE * np.clip(excess, -1, 1)
        moved = np.clip(moved - moved @ wanted, -limit, limit)
    return moved


def _played_shares(onset: np.ndarray, notes: float, config: Config) -> np.ndarray:
    """Share of each row in the notes that a device plays of `notes` a loop: `[rows]`, sum 1."""
    if config.device.is_monophonic:
        highest = onset.max(axis=1, keepdims=True)
        plays = onset == np.where(highest >= _find_threshold(highest, notes), highest, np.inf)
    else:
        plays = onset >= _find_threshold(onset, notes)
    counts = np.count_nonzero(plays, axis=2).sum(axis=0)
    return counts / max(1, counts.sum())
