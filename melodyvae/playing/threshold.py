"""The onset threshold of a model: calibrate it, bake it into an export, and undo that.

A model has its own best threshold. A device has a dial, or none, and loads with its own. So an
export moves the biases of the onsets until the device's threshold plays what the model's would.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

import tfjs_export
from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.playing.exported import load_with_metadata
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, decode

if TYPE_CHECKING:
    import keras

SAMPLES = 512  # patterns that a threshold is calibrated on
ROUGH_SAMPLES = 128  # the same, during training
AT_ONCE = 65536  # loops that are counted at a time
MIN_THRESHOLD = 0.01  # of the device's dial
MAX_FLOAT32 = 1 - 2.0**-24  # the logit of 1 is infinite: the largest float32 below
MARGIN = 1e-5  # logits; more than a rounding error, and inaudible


def calibrate(player: Player, loops: Loops, samples: int = SAMPLES) -> float:
    """Finds the threshold at which a model plays as many notes as its whole library has.

    Decodes `samples` patterns at z drawn from N(0, I) with the seed of the config; see
    `find_threshold`.
    """
    config = player.config
    z = z_random(samples, latent=config.model.latent, seed=config.training.seed)
    onset = decode(player, z)['onset']
    heard = onset.max(axis=1) if config.device.is_monophonic else onset
    return find_threshold(heard, count_notes(loops, config))


def find_threshold(onset: np.ndarray, notes: float) -> float:
    """Finds the threshold that leaves a number of notes per pattern.

    Decoders that average have few cells above 0.5, and how many are above 0.1 depends on the
    model. So no setting of the device's dial suits all.

    Args:
      onset: `[patterns, ...]` float32, probabilities of the cells that can sound: all of them, or
        for a monophonic device the maximum of each step.
      notes: the average per pattern.

    Returns:
      A probability in [0.01, 1], the range of the device's dial.
    """
    rank = round(notes * len(onset))
    if rank <= 0:
        return 1.0
    ranked = np.sort(onset, axis=None)[::-1]
    threshold = float(ranked[min(rank, len(ranked)) - 1])
    return float(np.clip(threshold, MIN_THRESHOLD, 1.0))


def count_notes(loops: Loops, config: Config) -> float:
    """Returns the mean notes per loop that the device could play.

    For a monophonic device these are the steps that have a note.
    """
    if not config.device.is_monophonic:
        return len(loops.cells) / len(loops)
    count = 0
    for start in range(0, len(loops), AT_ONCE):
        offsets = loops.offsets[start : start + AT_ONCE + 1]
        taken = np.zeros((len(offsets) - 1, config.grid.steps), bool)
        owner = np.repeat(np.arange(len(taken)), np.diff(offsets))
        taken[owner, loops.cells[offsets[0] : offsets[-1]]['step']] = True
        count += int(np.count_nonzero(taken))
    return count / len(loops)


def bake(player: Player) -> Player:
    """Moves the onset biases, so that the device's own threshold plays what the model's would.

    Args:
      player: the model of a run, at its calibrated threshold; not changed.

    Returns:
      A player at the device's threshold, whose decoder plays the same notes.
    """
    threshold = player.config.device.threshold_as_loaded
    if player.threshold == threshold:
        return player

    import keras  # deferred: playing an export does without TensorFlow

    calibrated = cast('keras.Model', player.decoder)
    decoder = keras.models.clone_model(calibrated)
    decoder.set_weights(calibrated.get_weights())
    shift = compute_onset_shift(player.threshold, player.config)
    for layer in decoder.layers:
        if is_onset_layer(layer.name) and layer.weights:
            layer.bias.assign_add(np.full(layer.bias.shape, shift, np.float32))
    return dataclasses.replace(player, decoder=decoder, threshold=threshold)


def is_onset_layer(name: str) -> bool:
    """Returns whether a dense layer of this name has onsets; a pad has one per segment."""
    return name == 'onset' or name.startswith('onset_')


def load_as_calibrated(exported: Path) -> Player:
    """Loads an export and undoes `bake`.

    The player has the probabilities, threshold and notes of the run, and needs no TensorFlow.

    Raises:
      UserError: as `load_with_metadata`.
    """
    player, metadata = load_with_metadata(exported)
    decoder = player.decoder
    assert isinstance(decoder, tfjs_export.NumpyModel)
    calibrated = float(metadata.get('calibrated_threshold', player.threshold))
    if not metadata.get('baked') or calibrated == player.threshold:
        return player
    shift = np.float32(compute_onset_shift(calibrated, player.config))
    weights = {
        name: weight - shift
        if name.endswith('/bias') and is_onset_layer(name.removesuffix('/bias'))
        else weight
        for name, weight in decoder.weights.items()
    }
    moved_back = dataclasses.replace(decoder, weights=weights)
    return dataclasses.replace(player, decoder=moved_back, threshold=calibrated)


def compute_onset_shift(calibrated: float, config: Config) -> float:
    """Returns what to add to the logits of all onsets to bake in a probability in [0, 1].

    A margin keeps notes exactly at the threshold on the side on which the device has them.
    """
    margin = MARGIN if config.device.spec.includes_threshold else -MARGIN
    return logit(config.device.threshold_as_loaded) - logit(calibrated) + margin


def logit(probability: float) -> float:
    """Returns log(p / (1 - p)), with p kept as far from 0 and 1 as float32 can represent."""
    p = float(np.clip(probability, 1 - MAX_FLOAT32, MAX_FLOAT32))
    return float(np.log(p) - np.log1p(-p))
