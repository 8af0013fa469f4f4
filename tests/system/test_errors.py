"""Errors that a person can act on."""

import pytest

from melodyvae.system.errors import make_printable


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        ('Ünïcode 夢\u3000♫.mid', 'Ünïcode 夢\u3000♫.mid'),
        ('\x1b]0;title\x07\x1b[2Jx.mid', '\ufffd]0;title\ufffd\ufffd[2Jx.mid'),
        ('two\nlines\r.mid', 'two\ufffdlines\ufffd.mid'),
        ('\x9b31mred', '\ufffd31mred'),
        ('\u202edim.exe', '\ufffddim.exe'),
        ('caf\udce9.mid', 'caf\ufffd.mid'),
    ],
)
def test_no_control_character_reaches_a_terminal(text, shown):
    assert make_printable(text) == shown
