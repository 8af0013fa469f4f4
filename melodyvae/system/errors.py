"""Errors that a person can act on."""

import re

# Control characters, which terminals obey, and those that turn the direction of writing.
_UNPRINTABLE = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]')


class UserError(Exception):
    """Something the user can mend: one sentence that names the file or flag and says what to do.

    Programs print the sentence and exit with `exit_status`; they show no traceback.
    """

    exit_status = 1


def make_printable(text: str) -> str:
    """A text, such as a file's name, without what is no text in it and without control characters.

    Each is a question mark instead, as text has it: U+FFFD.
    """
    decoded = text.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
    return _UNPRINTABLE.sub('\N{REPLACEMENT CHARACTER}', decoded)
