"""Ends programs with one line and no traceback: on Ctrl-C, or if they cannot print."""

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn, Self

STATUS = 128 + signal.SIGINT


class Interrupts:
    """Ends the program with one line if Ctrl-C was pressed in the block.

    A library that is being imported may turn the KeyboardInterrupt into an ImportError or another
    error, so the signal handler records that Ctrl-C was pressed.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.came = False  # whether Ctrl-C was pressed

    def __enter__(self) -> Self:
        handler = signal.getsignal(signal.SIGINT)
        ours = getattr(handler, '__func__', None) is Interrupts._interrupt  # of an outer block
        if ours or handler is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, (Exception, KeyboardInterrupt)):
            self.came |= issubclass(kind, KeyboardInterrupt)  # raised by another handler
            if self.came:
                self._leave()

    def _interrupt(self, number: int, frame: FrameType | None) -> NoReturn:
        self.came = True
        raise KeyboardInterrupt

    def _leave(self) -> NoReturn:
        """Exits at once, without exit handlers: an interrupted library may be in a broken state."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with contextlib.suppress(OSError):  # the reader has closed the pipe
            sys.stdout.flush()
        print(f'{self.name}: interrupted.', file=sys.stderr, flush=True)
        os._exit(STATUS)


def leave(status: int) -> NoReturn:
    """Exits, and ignores Ctrl-C meanwhile, for which Python would print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)


def print_and_leave(name: str, text: str) -> NoReturn:
    """Prints all that the program `name` has to say, and exits."""
    try:
        print(text, flush=True)
    except OSError as error:
        leave_unprinted(name, error)
    leave(0)


def leave_unprinted(name: str, error: OSError) -> NoReturn:
    """Exits the program `name`, whose standard output cannot be written.

    It says so, unless the reader, such as `head`, has closed the pipe.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes it at exit
    if not isinstance(error, BrokenPipeError):
        print(f'{name}: the output cannot be written: {error.strerror}.', file=sys.stderr)
    leave(1)
