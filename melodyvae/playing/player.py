"""Decodes z to patterns and encodes patterns to z, with a run or a TF.js model."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.cutting.cut import cut_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import to_dense
from melodyvae.midi.piece import Piece
from melodyvae.playing.device import select
from melodyvae.playing.timing import UNKNOWN, Timing
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    import keras

    from melodyvae.model.vae import MelodyVAE
    from tfjs_export import NumpyModel


BATCH = 256  # patterns that are encoded or played at a time


@dataclasses.dataclass(frozen=True, slots=True)
class Player:
    """A model that is ready to play.

    Attributes:
      config: the system: features, grid, how the device chooses notes.
      decoder: maps z `[batch, latent]` to one `[batch, rows * steps]` per feature; a Keras model,
        or for a TF.js model one of NumPy, which does not need TensorFlow.
      encoder: maps patterns to z_mean and z_log_var; None if only a decoder was saved, as by the
        devices.
      threshold: default minimum onset probability of a note.
      timing: tempos and time signatures of the library.
    """

    config: Config
    decoder: 'keras.Model | NumpyModel'
    encoder: 'keras.Model | NumpyModel | None'
    threshold: float
    timing: Timing = UNKNOWN

    @classmethod
    def of(
        cls, model: 'MelodyVAE', threshold: float | None = None, timing: Timing = UNKNOWN
    ) -> Self:
        """Returns the player of a model in memory; the default threshold is that of the device."""
        if threshold is None:
            threshold = model.config.device.threshold_as_loaded
        return cls(model.config, model.decoder, model.encoder, threshold, timing)


@dataclasses.dataclass(frozen=True, slots=True)
class Encoded:
    """A batch of patterns with their places in the latent space.

    Attributes:
      first: the number of its first pattern.
      grids: feature name -> `[batch, rows, steps]` float32, as in `pattern.to_dense`.
      z_mean, z_log_var: `[batch, latent]` float32, of q(z|x).
    """

    first: int
    grids: dict[str, np.ndarray]
    z_mean: np.ndarray
    z_log_var: np.ndarray


def decode(player: Player, z: np.ndarray) -> dict[str, np.ndarray]:
    """Decodes points of the latent space.

    Args:
      player: the model.
      z: `[n, latent]` floats.

    Returns:
      Feature name -> `[n, rows, steps]` float32: onset and velocity in [0, 1], duration in half
      notes, timeshift in half steps in [-1, 1].

    Raises:
      UserError: if values are not finite, as with a broken or bent model.
    """
    shape = (-1, player.config.grid.rows, player.config.grid.steps)
    outputs = player.decoder(np.asarray(z, np.float32))
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    decoded = {
        name: np.asarray(output).reshape(shape)
        for name, output in zip(player.config.features, outputs, strict=True)
    }
    if not all(np.isfinite(grid).all() for grid in decoded.values()):
        raise UserError('The model decodes to values that are not numbers: its weights are broken.')
    return decoded


def encode(player: Player, patterns: Sequence[np.ndarray] | Loops) -> tuple[np.ndarray, np.ndarray]:
    """Encodes patterns to points of the latent space.

    Durations are in half notes, as in training. (The device's own encoder input doubles them.)

    Args:
      player: the model; it needs an encoder.
      patterns: n `Loops`, or n arrays `[cells]` of `pattern.NOTE`; at least one.

    Returns:
      z_mean and z_log_var, `[n, latent]` float32 each.

    Raises:
      UserError: if the model has no encoder, there are no patterns, or their grid is not the
        model's.
    """
    batches = [(batch.z_mean, batch.z_log_var) for batch in encode_batches(player, patterns)]
    z_mean, z_log_var = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return z_mean, z_log_var


def encode_batches(player: Player, patterns: Sequence[np.ndarray] | Loops) -> Iterator[Encoded]:
    """Does what `encode` does in batches of 256, in order, and also yields the grids."""
    if player.encoder is None:
        raise UserError(
            'This model has no encoder, as the devices save none: use its run folder, or put its '
            'encoder/NAME.encoder beside its NAME.model.'
        )
    if not len(patterns):
        raise UserError('There is no loop to encode: give at least one.')
    if isinstance(patterns, Loops):
        own, theirs = ((grid.rows, grid.steps) for grid in (player.config.grid, patterns.grid))
        if own != theirs:
            raise UserError(
                f'The loops have {theirs[0]} rows and {theirs[1]} steps, the model has {own[0]} and'
                f' {own[1]}: read them with the config of the model.'
            )
    for first in range(0, len(patterns), BATCH):
        batch = [patterns[index] for index in range(first, min(first + BATCH, len(patterns)))]
        owner = np.repeat(np.arange(len(batch)), [len(pattern) for pattern in batch])
        grids = to_dense(np.concatenate(batch), owner, len(batch), player.config.grid)
        flat = [grids[name].reshape(len(batch), -1) for name in player.config.features]
        z_mean, z_log_var = player.encoder(flat)
        yield Encoded(first, grids, np.asarray(z_mean), np.asarray(z_log_var))


def play(
    player: Player,
    z: np.ndarray,
    *,
    threshold_min: float | None = None,
    threshold_max: float = 1.0,
    grid_offset: float = 1.0,
    polyphonic: bool = False,
) -> Iterator[np.ndarray]:
    """Yields the pattern that the device would play at each z.

    Args:
      player: the model.
      z: `[n, latent]` floats.
      threshold_min: minimum onset probability of a note; that of the player by default.
      threshold_max: maximum onset probability.
      grid_offset: factor of the timeshifts; 0 plays on the grid.
      polyphonic: play every cell inside the thresholds, not the device's choice.

    Yields:
      n arrays `[cells]` of `pattern.NOTE`; empty if no cell is inside the thresholds.
    """
    for start in range(0, len(z), BATCH):
        decoded = decode(player, z[start : start + BATCH])
        for index in range(len(decoded['onset'])):
            yield select(
                {name: values[index] for name, values in decoded.items()},
                player.config,
                threshold_min=player.threshold if threshold_min is None else threshold_min,
                threshold_max=threshold_max,
                grid_offset=grid_offset,
                polyphonic=polyphonic,
            )


def encode_pieces(player: Player, pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Encodes the loops of a file that have notes, and plays them again.

    Args:
      player: the model; it needs an encoder.
      pieces: of the file; all tracks are used, whichever were trained on.

    Returns:
      For each loop that has notes: its number in the file from 0, as `loop`; `z_mean` and
      `z_spread`, the standard deviation of the posterior, lists of `latent` floats; the number of
      notes `played` from z_mean at the player's threshold; `device_onset_f1` of the played cells,
      1 for the same notes, which a device of one note per step cannot reach on chords; and
      `onset_bce`, the binary cross entropy of the onsets, summed over the grid, in nats.
    """
    from melodyvae.model.losses import onset_loss  # deferred: it imports Keras

    loops = cut_clip(player.config, pieces)
    encoded: list[dict[str, Any]] = []
    for batch in encode_batches(player, [pattern for _, pattern in loops]) if loops else ():
        true = batch.grids['onset']
        decoded = decode(player, batch.z_mean)['onset']
        bce = onset_loss(true.reshape(len(true), -1), decoded.reshape(len(true), -1))
        for index, played in enumerate(play(player, batch.z_mean)):
            number, pattern = loops[batch.first + index]
            shared = true[index][played['row'], played['step']].sum()
            encoded.append(
                {
                    'loop': number,
                    'z_mean': batch.z_mean[index].tolist(),
                    'z_spread': np.exp(batch.z_log_var[index] / 2).tolist(),
                    'played': len(played),
                    'device_onset_f1': float(2 * shared / (len(pattern) + len(played))),
                    'onset_bce': float(bce[index]),
                }
            )
    return encoded


def cut_clip(config: Config, pieces: Sequence[Piece]) -> list[tuple[int, np.ndarray]]:
    """Returns the loops of a file that have notes: the number of each, from 0, and its cells.

    Args:
      config: of the model.
      pieces: of the file; all tracks are used, whichever were trained on.
    """
    grid = dataclasses.replace(config.grid, tracks=())
    return [(i, x) for i, x in enumerate(cut_loops(pieces, grid)) if len(x)]
