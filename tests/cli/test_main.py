"""`melodyvae`, which stands for all programs."""

import subprocess
import sys

import pytest

from melodyvae.cli.main import PROGRAMS
from melodyvae.system.version import __version__

import programs


@pytest.mark.parametrize('arguments', [[], ['--help']])
def test_it_says_what_to_type_and_its_version(arguments):
    assert programs.run_here('main', '--version').stdout == f'{__version__}\n'
    done = programs.run_here('main', *arguments)
    assert 'melodyvae train --run_dir=runs/first' in done.stdout
    assert all(f'  {program} ' in done.stdout for program in PROGRAMS)


def test_it_runs_a_program_with_its_arguments(tmp_path):
    output = f'--output={tmp_path / "loops"}'
    done = programs.run_here('main', 'prepare', programs.GOLDEN_MIDI / 'chords.mid', output)
    assert '3 loops from 1 of 1 files' in done.stdout
    failed = programs.run_here('main', 'prepare', tmp_path / 'none', '--output=x')
    assert programs.sentence(failed).startswith('melodyvae_prepare: ')


def test_a_misspelt_program_is_told_with_the_right_one():
    said = programs.sentence(programs.run_here('main', 'trian'), status=2)
    assert said.startswith('melodyvae: trian is not a program (did you mean train?). See ')


def test_ctrl_c_while_a_program_is_imported_is_one_line():
    code = (
        'import signal, sys\n'
        'from melodyvae.cli.main import run\n'
        'class Finder:\n'
        '    def find_spec(self, name, *_):\n'
        '        if name == "melodyvae.cli.train":\n'
        '            signal.raise_signal(signal.SIGINT)\n'
        'signal.signal(signal.SIGINT, signal.default_int_handler)\n'
        'sys.meta_path.insert(0, Finder())\n'
        'sys.argv[0] = "melodyvae_train"\n'
        'run()\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, 'melodyvae_train: interrupted.\n')
