"""Ctrl-C, whenever it comes and however often: one word, and no traceback."""

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

STATUS = 128 + signal.SIGINT


class Interrupts:
    """Takes Ctrl-C from here on, as Python does, and remembers that it came.

    Attributes:
      came: whether it has. Where it comes while a library is imported, that may make an ImportError
        of the KeyboardInterrupt, or an error that nobody has heard of.
    """

    def __init__(self) -> None:
        self.came = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        self.came = True
        raise KeyboardInterrupt


def leave(status: int) -> NoReturn:
    """Exits; Ctrl-C cannot disturb that any more, as Python would complain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)


def leave_interrupted(name: str) -> NoReturn:
    """Exits at once, without what libraries still want to do: it may be what was interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):  # nobody reads on
        sys.stdout.flush()
    print(f'{name}: interrupted.', file=sys.stderr, flush=True)
    os._exit(STATUS)
