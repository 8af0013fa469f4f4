"""The errors of this package. Each message is one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager


class ModelFormatError(ValueError):
    """The model or its files are invalid; the message says where and why."""


class UnsupportedLayerError(ModelFormatError):
    """The model uses a layer that not all tested TF.js versions compute like Keras."""


class VerifyError(RuntimeError):
    """The check in Node could not run."""


class NodeMissingError(VerifyError):
    """Node is not installed, or not on the PATH."""


class TfjsMissingError(VerifyError):
    """The requested version of TF.js is not installed beside this package."""


@contextmanager
def locate_errors(where: str) -> Iterator[None]:
    """Prefixes the message of a ModelFormatError, or of a MemoryError, with ``where``."""
    try:
        yield
    except ModelFormatError as error:
        raise type(error)(f'{where}: {error}') from None
    except MemoryError:
        raise ModelFormatError(f'{where}: it needs more memory than is available') from None
