"""What all programs share."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from melodyvae.cli.main import PROGRAMS
from melodyvae.pages.starters import find_starter
from melodyvae.pages.unpack import unpack_page
from melodyvae.system.version import __version__

import programs

HEAVY = ('tensorflow', 'keras', 'note_seq', 'symusic', 'matplotlib', 'numpy', 'tqdm')


@pytest.mark.parametrize('program', PROGRAMS)
def test_help_gives_an_example_and_the_flags_and_imports_nothing_heavy(program):
    loaded = programs.run_python(
        f'import sys; sys.argv = ["{program}", "--help"]\n'
        f'from melodyvae.cli.main import run\n'
        f'try: run()\n'
        f'except SystemExit as end: assert end.code == 0\n'
        f'print([m for m in {HEAVY} if m in sys.modules])'
    )
    assert 'Example' in loaded.stdout and f'melodyvae_{program}' in loaded.stdout
    assert '--' in loaded.stdout.partition('Flags:')[2]
    assert loaded.stdout.splitlines()[-1] == '[]' and loaded.stderr == ''


@pytest.mark.parametrize('program', PROGRAMS)
def test_each_says_its_version_and_refuses_unknown_flags(program):
    assert programs.run_here(program, '--version').stdout == f'{__version__}\n'
    refused = programs.run_here(program, '--no_such_flag=1')
    assert 'no_such_flag' in programs.sentence(refused, status=2)


@pytest.mark.parametrize(
    ('program', 'arguments', 'said'),
    [
        ('train', [], '--run_dir=runs/first trains on folk tunes'),
        ('train', ['--run_dir='], '--run_dir=runs/first trains on folk tunes'),
        ('train', ['--run_dir=/dev/null/x'], '/dev/null is a file: name another --run_dir'),
        ('train', ['--run_dir=x', '--dataset=none'], 'none is not a dataset'),
        ('prepare', ['.', '--output=/dev/null/x'], '/dev/null is a file: name another --output'),
        ('generate', ['none', '--output=x'], 'none does not exist'),
        ('encode', ['none', 'x.mid'], 'none does not exist'),
        ('evaluate', ['none'], 'none is not a run folder'),
        ('export', ['none', '--output=x'], 'none is not a run folder'),
        ('compare', ['--out=/dev/null/x'], '/dev/null is a file: name another --out'),
    ],
)
def test_a_mistake_is_told_before_tensorflow_starts(program, arguments, said):
    done = programs.run_cold(program, *arguments)
    assert said in programs.sentence(done)
    assert done.stdout == '' and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ('program', 'argument', 'said'),
    [
        ('train', 'rundir=x', 'rundir=x is not a file: did you mean --run_dir=x?'),
        ('generate', 'runs/mine', '--output is missing: folder for the MIDI files'),
    ],
)
def test_a_flag_that_is_not_there_is_asked_for(program, argument, said):
    sentence = programs.sentence(programs.run_here(program, argument), status=2)
    assert sentence.startswith(f'melodyvae_{program}: {said}')


@pytest.mark.parametrize('program', ('train', 'prepare', 'encode', 'evaluate'))
def test_an_empty_name_of_a_file_is_refused(program, tmp_path):
    arguments = {
        'train': ['--midi=', f'--run_dir={tmp_path / "run"}'],
        'prepare': ['', f'--output={tmp_path / "loops"}'],
        'encode': [tmp_path, ''],
        'evaluate': [tmp_path, '--midi='],
    }
    done = programs.run_here(program, *arguments[program])
    assert 'An empty argument is not a file' in programs.sentence(done)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_standard_output_cannot_write_is_spelled_out(tmp_path):
    (tmp_path / 'music').mkdir()
    shutil.copy(programs.GOLDEN_MIDI / 'swing_120.mid', tmp_path / 'music')
    (tmp_path / 'music' / '\u6625\u306e\u6d77.mid').write_bytes(b'not MIDI')
    done = subprocess.run(
        programs.command('prepare', tmp_path / 'music', f'--output={tmp_path / "loops"}'),
        env={**os.environ, 'PYTHONIOENCODING': 'cp1252', 'PYTHONUTF8': '0'},
        capture_output=True,
        encoding='cp1252',
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert '\\u6625\\u306e\\u6d77.mid' in done.stdout


def test_help_may_be_cut_off():
    command = ' '.join(map(shlex.quote, programs.command('train', '--helpfull')))
    done = subprocess.run(f'{command} | true', shell=True, capture_output=True, text=True)
    assert done.stderr == ''


@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize(('program', 'argument'), [('train', '--help'), ('card', '.')])
def test_output_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path, program, argument, unbuffered
):
    unpack_page(find_starter('folk').read_text(), tmp_path)
    with Path('/dev/full').open('w') as full:
        done = subprocess.run(
            programs.command(program, argument),
            env={**os.environ, 'PYTHONUNBUFFERED': unbuffered},
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert 'No space left on device' in programs.sentence(done)


def test_a_file_that_is_named_like_a_flag_is_a_file(tmp_path):
    for name in ('--flagfile=x.mid', '-output=y.mid'):
        shutil.copy(programs.GOLDEN_MIDI / 'chords.mid', tmp_path / name)
    (tmp_path / 'x.mid').write_text('--output=stolen\n')
    done = subprocess.run(
        f'{shlex.join(programs.command("prepare"))} *.mid --output=out',
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert 'from 2 of 3 files' in done.stdout
    assert '--flagfile=x.mid' in (tmp_path / 'out' / 'report.csv').read_text()
    assert not (tmp_path / 'stolen').exists()


def test_names_do_not_reach_the_terminal_as_commands(tmp_path):
    library = tmp_path / 'library'
    library.mkdir()
    shutil.copy(programs.GOLDEN_MIDI / 'chords.mid', library / 'a\x1b[31mred\n.mid')
    for path in (library, library / 'b\x1b[31mred\n.mid'):
        done = programs.run_here('prepare', path, f'--output={tmp_path / path.name}.out')
        assert 'red' in done.stdout + done.stderr
        assert '\x1b' not in done.stdout + done.stderr


def run_tool(folder, action, *, at_end=False):
    """Runs a program whose `main` takes an action; `at_end` has Ctrl-C pressed when it exits."""
    (folder / 'tool.py').write_text(
        '"""Example: tool"""\n'
        'import atexit, signal\n'
        'from melodyvae.cli import program\n'
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        'def press(): signal.raise_signal(signal.SIGINT)\n'
        f'if {at_end}: atexit.register(press)\n'
        f'def main(arguments):\n    {action}\n'
        'program.run(main)\n'
    )
    command = [sys.executable, folder / 'tool.py']
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    'action',
    [
        'press()',
        'try: press()\n    except KeyboardInterrupt: raise ImportError("numpy")',
        'try: press()\n    finally: press()',
        'atexit.register(press); press()',
        'raise KeyboardInterrupt  # of a handler of its own',
    ],
    ids=['once', 'in an import', 'twice', 'at the end', 'handled'],
)
def test_ctrl_c_is_one_line_whenever_it_comes(tmp_path, action):
    assert run_tool(tmp_path, action) == (130, '', 'melodyvae_tool: interrupted.\n')


def test_ctrl_c_after_the_end_prints_nothing(tmp_path):
    assert run_tool(tmp_path, 'print("done")', at_end=True) == (0, 'done\n', '')
