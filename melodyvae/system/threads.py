"""How many threads of TensorFlow share a matrix product."""

import os

from melodyvae.system.cores import count_cores


def set_threads() -> None:
    """Lets TensorFlow work as it is quickest with these small models; call it before TensorFlow.

    With few cores a step is shorter when each works on a matrix product of its own than when they
    share each one, see docs/performance.md. TensorFlow reads the environment variable at its first
    operation; one that is set already stays as it is.
    """
    if count_cores() <= 2:
        os.environ.setdefault('TF_NUM_INTRAOP_THREADS', '1')
