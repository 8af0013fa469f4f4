"""Errors that a person can act on."""


class UserError(Exception):
    """Something the user can mend: one sentence that names the file or flag and says what to do.

    Programs print the sentence and exit with `exit_status`; they show no traceback.
    """

    exit_status = 1
