"""Commands that programs print, to be copied into the shell of the reader."""

import os
import shlex
import subprocess


def quote(argument: object) -> str:
    """One argument, such as a path with spaces, as the shell of this system takes it."""
    text = str(argument)
    return subprocess.list2cmdline([text]) if os.name == 'nt' else shlex.quote(text)
