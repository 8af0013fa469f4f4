"""Writes losses, the latent map and piano rolls for TensorBoard."""

from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from melodyvae.loops.loops import Loops
from melodyvae.pages import plots
from melodyvae.pages.rolls import draw_piano_rolls
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, encode, play
from melodyvae.playing.threshold import ROUGH_SAMPLES, calibrate
from melodyvae.training.monitors import TimeShare

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MAX_MAPPED = 1000  # loops
PATTERNS = 8
DOTS_PER_INCH = 80
DRAWING_SHARE = 0.005  # of the training time, at most


class TensorBoardLosses(keras.callbacks.TensorBoard):
    """Keras's TensorBoard with one event per epoch.

    Keras prepares an event of every loss at every step, even if it writes none of them.
    """

    def on_train_batch_end(self, batch, logs=None):
        pass


class TensorBoardPictures(keras.callbacks.Callback):
    """Writes the latent map and the patterns of a few fixed z, from time to time.

    It takes only a small share of the time. Like those of `TensorBoardLosses`, its steps are
    epochs. It uses no random generator of TensorFlow or Keras and does not change the model, so
    that results are the same bits without it.

    Args:
      folder: of the events; this callback writes to `pictures` in it.
      loops: to map, at least one; at most 1000 are used, evenly chosen.
    """

    def __init__(self, folder: Path, loops: Loops):
        super().__init__()
        self.folder = folder
        self.time = TimeShare(DRAWING_SHARE)
        self.loops = loops.take_at_most(MAX_MAPPED)
        self.epoch = -1
        self.written = -1

    def on_train_begin(self, logs=None):
        self.writer = tf.summary.create_file_writer(str(self.folder / 'pictures'))

    def on_epoch_end(self, epoch, logs=None):
        self.epoch = epoch
        if self.time.allows():
            with self.time.spent():
                self.write()

    def on_train_end(self, logs=None):
        if self.epoch > self.written:
            self.write()
        self.writer.close()

    def write(self):
        """Draws the current model."""
        player = Player.of(self.model)
        config = player.config
        z_mean, _ = encode(player, self.loops)
        pages = {
            'latent map': plots.draw_latent_map(z_mean, self.loops, config.device.pad),
            'the same z each time': draw_piano_rolls(self._play(player), config.grid),
        }
        with self.writer.as_default(step=self.epoch):
            for name, figure in pages.items():
                tf.summary.image(name, _pixels(figure)[None])
        self.writer.flush()
        self.written = self.epoch

    def _play(self, player: Player) -> list[np.ndarray]:
        """Returns what the device would play at the current threshold of the model."""
        z = z_random(PATTERNS, latent=player.config.model.latent)
        threshold = calibrate(player, self.loops, ROUGH_SAMPLES)
        return list(play(player, z, threshold_min=threshold))


def _pixels(figure: 'Figure') -> np.ndarray:
    """Renders a figure as `[height, width, 3]` uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # deferred: it takes long

    figure.set_dpi(DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
