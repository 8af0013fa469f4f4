"""Errors that a user can fix."""

import re

# Control characters, which terminals execute, and characters that change the writing direction.
_UNPRINTABLE = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]')


class UserError(Exception):
    """An error that the user can fix, as one sentence that names the file or flag and what to do.

    Programs print the sentence without a traceback and exit with `exit_status`.
    """

    exit_status = 1


def make_printable(text: str) -> str:
    """Replaces undecodable bytes and control characters, such as in a file name, by U+FFFD."""
    decoded = text.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
    return _UNPRINTABLE.sub('\N{REPLACEMENT CHARACTER}', decoded)
