"""Ctrl-C, whenever it comes and however often: one word, and no traceback."""

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn, Self

STATUS = 128 + signal.SIGINT


class Interrupts:
    """Takes Ctrl-C within a block as Python does, remembers that it came, and ends with one word.

    Where it comes while a library is imported, an ImportError may be made of the KeyboardInterrupt,
    or an error that nobody has heard of.

    Args:
      name: of the program.

    Attributes:
      came: whether it has.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.came = False

    def __enter__(self) -> Self:
        handler = signal.getsignal(signal.SIGINT)
        ours = getattr(handler, '__func__', None) is Interrupts._interrupt  # of a block around this
        if ours or handler is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, (Exception, KeyboardInterrupt)):
            self.came |= issubclass(kind, KeyboardInterrupt)  # of a handler of its own
            if self.came:
                self._leave()

    def _interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        self.came = True
        raise KeyboardInterrupt

    def _leave(self) -> NoReturn:
        """Exits at once, without what libraries still want to do: they may be in pieces."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(OSError):  # nobody reads on
            sys.stdout.flush()
        print(f'{self.name}: interrupted.', file=sys.stderr, flush=True)
        os._exit(STATUS)


def leave(status: int) -> NoReturn:
    """Exits; Ctrl-C cannot disturb that any more, as Python would complain."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)
