"""Exports the current model during training, to play it."""

from pathlib import Path

import keras

from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player
from melodyvae.playing.tfjs import export_live
from melodyvae.playing.threshold import ROUGH_SAMPLES, calibrate
from melodyvae.playing.timing import Timing
from melodyvae.training.monitors import TimeShare

LIVE_SHARE = 0.02  # of the training time, at most


class LiveModel(keras.callbacks.Callback):
    """Exports the model after the first epoch, and then from time to time.

    It neither shares a random generator with training nor changes the model, so that results are
    the same bits without it.

    Args:
      folder: of the export; replaced in one move.
      loops: the library, for the threshold.
    """

    def __init__(self, folder: Path, loops: Loops):
        super().__init__()
        self.folder = folder
        self.loops = loops
        self.time = TimeShare(LIVE_SHARE)

    def on_epoch_end(self, epoch, logs=None):
        if not self.time.allows():
            return
        with self.time.spent():
            threshold = calibrate(Player.of(self.model), self.loops, ROUGH_SAMPLES)
            timing = Timing(self.loops.tempo, self.loops.metre)
            export_live(Player.of(self.model, threshold, timing), self.folder)
