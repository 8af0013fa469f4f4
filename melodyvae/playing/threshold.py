"""The threshold at which a model plays, and what moves it: the biases of its onsets."""

import dataclasses
from pathlib import Path

import numpy as np

import tfjs_export
from melodyvae.config.settings import Config
from melodyvae.playing.player import Player, load_player

NEXT_TO_1 = 1 - 2.0**-24  # as near as float32 comes: the logit of 1 is no number
SIDE = 1e-5  # logits; more than rounding moves a note, and less than anybody hears


def compute_onset_shift(calibrated: float, config: Config) -> float:
    """What to add to the logits of all onsets: logit(device threshold) - logit(calibrated one).

    Args:
      calibrated: the least onset probability that suits the model, in [0, 1].
      config: gives the device's threshold. A note that is just at the threshold sounds in melody
        devices and not in the drum device: it is kept on its side.
    """
    side = -SIDE if config.device.messages == 'drums' else SIDE
    return logit(config.device.threshold_as_loaded) - logit(calibrated) + side


def is_onset_layer(name: str) -> bool:
    """Whether a dense layer of this name gives onsets: of a pad's decoder, of one segment."""
    return name == 'onset' or name.startswith('onset_')


def logit(probability: float) -> float:
    """log(p / (1 - p)), with p held as far from 0 and 1 as float32 can tell."""
    p = float(np.clip(probability, 1 - NEXT_TO_1, NEXT_TO_1))
    return float(np.log(p) - np.log1p(-p))


def load_as_calibrated(exported: Path) -> Player:
    """The player of an export at the calibrated threshold of its run, instead of the device's.

    It has the run's own probabilities and notes, and needs no TensorFlow.

    Args:
      exported: the folder of a model that `exporting.tfjs.export` has written.

    Raises:
      UserError: as `load_player`.
    """
    player, metadata = load_player(exported), tfjs_export.read_metadata(exported)
    decoder = player.decoder
    assert isinstance(decoder, tfjs_export.NumpyModel)
    if not metadata.get('baked'):
        return player
    calibrated = float(metadata['calibrated_threshold'])
    shift = np.float32(compute_onset_shift(calibrated, player.config))
    weights = {
        name: weight - shift
        if name.endswith('/bias') and is_onset_layer(name.removesuffix('/bias'))
        else weight
        for name, weight in decoder.weights.items()
    }
    moved_back = dataclasses.replace(decoder, weights=weights)
    return dataclasses.replace(player, decoder=moved_back, threshold=calibrated)
