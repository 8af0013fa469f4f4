"""Commands to be copied into a shell."""

import shlex

import pytest

from melodyvae.system.shell import quote


@pytest.mark.parametrize('path', ['runs/mine', 'my runs/a "b"', "it's $HOME", ''])
def test_a_shell_takes_it_for_one_argument(path):
    assert shlex.split(f'command {quote(path)} --flag') == ['command', path, '--flag']


def test_windows_quotes_with_double_quotes(monkeypatch):
    monkeypatch.setattr('os.name', 'nt')
    assert quote('C:\\my runs\\a') == '"C:\\my runs\\a"'
    assert quote('C:\\runs') == 'C:\\runs'
