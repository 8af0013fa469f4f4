"""Callbacks with a state that is saved and restored when a run is resumed."""

from typing import Any, ClassVar

import keras


class Resumable:
    """A callback with a state; put it before Keras's class among the bases.

    Attributes:
      remembers: names of the attributes that are the state; their values are JSON values.
    """

    remembers: ClassVar[tuple[str, ...]] = ()

    def get_state(self) -> dict[str, Any]:
        """Returns the state as JSON values."""
        return {name: getattr(self, name) for name in self.remembers}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores a state that `get_state` returned, in this process or an earlier one."""
        for name in self.remembers:
            if name in state:
                setattr(self, name, state[name])


class EarlyStopping(Resumable, keras.callbacks.EarlyStopping):
    """Keras's, which also remembers its best value and how long it has waited."""

    remembers = ('best', 'wait')
