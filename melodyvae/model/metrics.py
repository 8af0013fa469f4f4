"""Means of several values over an epoch."""

from collections.abc import Mapping, Sequence

import keras
from keras import ops


class MeanOfEach(keras.metrics.Metric):
    """Averages several values over all examples since the last reset.

    One metric object instead of one per name: a dozen small operations for each would add a few
    percent to a step.

    Args:
      names: of the values.
    """

    def __init__(self, names: Sequence[str]):
        super().__init__(name='means')
        self.names = tuple(names)
        self.total = self.add_variable((len(self.names),), 'zeros', name='total')
        self.count = self.add_variable((), 'zeros', name='count')

    def update_state(self, values: Mapping):
        """Adds a batch: `[batch]` float32 by name."""
        stacked = ops.stack([values[name] for name in self.names])
        self.total.assign_add(ops.sum(stacked, axis=1))
        self.count.assign_add(ops.cast(ops.shape(stacked)[1], 'float32'))

    def result(self):
        """Returns a dict of float32 scalars; 0 before the first batch."""
        means = ops.divide_no_nan(self.total, self.count)
        return dict(zip(self.names, ops.unstack(means, len(self.names)), strict=True))
