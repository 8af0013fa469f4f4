"""Quoted arguments and tables."""

import io
import shlex
from pathlib import Path

import pytest

from melodyvae.system.terminal import print_lines, print_table, quote

ROWS = [['a.mid', '12', ''], ['b [red] c.mid', '0', 'no notes']]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize('path', ['runs/mine', 'my runs/a "b"', "it's $HOME", ''])
def test_a_shell_takes_it_for_one_argument(path):
    assert shlex.split(f'command {quote(path)} --flag') == ['command', path, '--flag']


def test_windows_quotes_with_double_quotes(monkeypatch):
    monkeypatch.setattr('os.name', 'nt')
    assert quote('C:\\my runs\\a') == '"C:\\my runs\\a"'
    assert quote('C:\\runs') == 'C:\\runs'


def test_a_table_is_plain_text_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setenv('COLUMNS', '10')
    file = io.StringIO()
    print_table(['file', 'loops', 'left out'], ROWS, texts=['file', 'left out'], file=file)
    assert file.getvalue().splitlines() == [
        'file           loops  left out',
        'a.mid             12',
        'b [red] c.mid      0  no notes',
    ]


def test_long_words_are_not_cut_off_where_there_is_no_terminal():
    file = io.StringIO()
    print_table(['file'], [['long' * 500]], texts=['file'], file=file)
    assert 'long' * 500 in file.getvalue().splitlines()


def test_a_terminal_is_not_overrun(monkeypatch):
    monkeypatch.setenv('COLUMNS', '40')
    monkeypatch.setenv('TERM', 'xterm')
    file = Terminal()
    print_table(['file', 'n'], [['long' * 20, '7']], texts=['file'], caption='Files', file=file)
    first, header, *lines = file.getvalue().splitlines()
    assert first == 'Files' and '\x1b[1m' in header
    assert all(len(line) <= 40 for line in lines)
    assert ''.join(line.split()[0] for line in lines if line.strip()) == 'long' * 20


def test_control_characters_are_not_printed(capsys):
    print_lines(Path('a\x1b[31mb\nc'), 'whole')
    print_table(['file'], [['a\x1b[31mb\u202ec']], texts=['file'])
    assert capsys.readouterr().out == ('a\ufffd[31mb\ufffdc\nwhole\nfile\na\ufffd[31mb\ufffdc\n')
