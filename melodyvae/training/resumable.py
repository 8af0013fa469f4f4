"""Callbacks that tell what they know, so that a run which goes on can give it back to them."""

from typing import Any, ClassVar

import keras


class Resumable:
    """A callback with a state besides its settings; goes before Keras's class among the bases.

    Attributes:
      remembers: names of the attributes that are the state; JSON values.
    """

    remembers: ClassVar[tuple[str, ...]] = ()

    def get_state(self) -> dict[str, Any]:
        """The state as JSON values."""
        return {name: getattr(self, name) for name in self.remembers}

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes up a state that `get_state` gave, in this process or in an earlier one."""
        for name in self.remembers:
            if name in state:
                setattr(self, name, state[name])


class EarlyStopping(Resumable, keras.callbacks.EarlyStopping):
    """Keras's, with its best value and how long it has waited."""

    remembers = ('best', 'wait')
