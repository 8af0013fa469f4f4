"""Python's search for garbage, where it only costs time."""

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def keep_imports() -> Iterator[None]:
    """What is made in the block stays, and is not looked through for garbage, then or later.

    A quarter of TensorFlow's import is that search, and a tenth of a short training after it.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
