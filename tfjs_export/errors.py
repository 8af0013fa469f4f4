"""The errors of this package: each message is one sentence for the person who reads it."""

from collections.abc import Iterator
from contextlib import contextmanager


class ModelFormatError(ValueError):
    """The model or its files cannot be what they claim to be; the message says where and why."""


class UnsupportedLayerError(ModelFormatError):
    """The model has a layer, or a use of one, that not all tested TF.js versions compute alike."""


class VerifyError(RuntimeError):
    """The check in Node could not be carried out."""


class NodeMissingError(VerifyError):
    """Node is not installed, or not on the PATH."""


class TfjsMissingError(VerifyError):
    """The asked version of TF.js is not installed beside this package."""


@contextmanager
def locate_errors(where: str) -> Iterator[None]:
    """Puts ``where`` in front of the message of a ModelFormatError raised inside the block.

    A model that takes more memory than there is is one too.
    """
    try:
        yield
    except ModelFormatError as error:
        raise type(error)(f'{where}: {error}') from None
    except MemoryError:
        raise ModelFormatError(f'{where}: it takes more memory than there is') from None
