"""Starts TensorFlow for a program."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from melodyvae.system.process import keep_imports, set_threads

# Keras imports these if they are installed, and these models use none of them there.
UNUSED = ('IPython', 'matplotlib.pyplot', 'pandas', 'sklearn')


def start_tensorflow() -> None:
    """Imports Keras and TensorFlow with the settings that these models are trained with.

    Keras runs on TensorFlow in float32 here, whatever KERAS_BACKEND and ~/.keras/keras.json ask
    for. Hides what TensorFlow prints about its build, which ignores every log level.
    """
    os.environ['KERAS_BACKEND'] = 'tensorflow'
    set_threads()
    stderr = os.dup(2)
    with Path(os.devnull).open('w') as nowhere, keep_imports(), _without(UNUSED):
        os.dup2(nowhere.fileno(), 2)
        try:
            import keras
            import tensorflow as tf

            keras.config.set_floatx('float32')
            keras.config.set_dtype_policy('float32')
            tf.constant(0)  # TensorFlow looks for GPUs at its first operation
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def _without(modules: tuple[str, ...]) -> Iterator[None]:
    """Makes modules seem not to be installed within the block, unless they are imported already."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None stops an import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
