"""What each process of `readers` does; it starts in a fraction of a second, so imports are few."""

import contextlib
import gc
import os
import pickle

from melodyvae.read_files import read_batch


def serve() -> None:
    """Files in on standard input, batches out on the output."""
    gc.freeze()  # what has been imported stays: no need to look through it again and again
    with (
        contextlib.suppress(EOFError, BrokenPipeError),  # nobody asks any more
        os.fdopen(os.dup(0), 'rb') as requests,
        os.fdopen(os.dup(1), 'wb') as replies,
    ):
        os.dup2(2, 1)  # what libraries print goes elsewhere
        grid = pickle.load(requests)
        pickle.dump('ready', replies)
        replies.flush()
        while True:
            pickle.dump(read_batch(pickle.load(requests), grid), replies)
            replies.flush()
