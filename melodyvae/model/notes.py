"""The notes of a batch, which become grids where the model computes: on a GPU, if there is one."""

from collections.abc import Mapping

import tensorflow as tf

from melodyvae.config.settings import GridConfig

CELL = 'cell'  # which cell each note lies in; the other entries of a batch are its features


def lay_out(batch: Mapping[str, tf.Tensor], grid: GridConfig) -> dict[str, tf.Tensor]:
    """Returns the grids of a batch of notes.

    Args:
      batch: 'cell', `[batch, notes]` int32, `row * steps + step`; and by feature its values,
        `[batch, notes]` float32. Loops with fewer notes are padded with zeros.
      grid: of the cells.

    Returns:
      A dict of `[batch, rows, steps]` float32 by feature.
    """
    cells = grid.rows * grid.steps
    loops = tf.shape(batch[CELL])[0]
    places = (batch[CELL] + cells * tf.range(loops)[:, None])[..., None]
    return {
        name: tf.reshape(
            tf.scatter_nd(places, values, [loops * cells]), (-1, grid.rows, grid.steps)
        )
        for name, values in batch.items()
        if name != CELL
    }
