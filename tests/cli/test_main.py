"""`melodyvae`, which stands for all programs."""

import importlib.metadata

import pytest

from melodyvae.cli.main import PROGRAMS
from melodyvae.version import __version__

import programs


@pytest.mark.parametrize('arguments', [[], ['--help']])
def test_it_says_what_to_type(arguments):
    done = programs.run('main', *arguments)
    assert 'melodyvae train --run_dir=runs/first' in done.stdout
    assert all(f'  {program} ' in done.stdout for program in PROGRAMS)


def test_it_knows_every_program_that_is_installed():
    scripts = importlib.metadata.distribution('melodyvae').entry_points
    names = {script.name.removeprefix('melodyvae_') for script in scripts}
    assert names - {'melodyvae'} == set(PROGRAMS)


def test_it_says_its_version():
    assert programs.run('main', '--version').stdout == f'{__version__}\n'


def test_it_runs_a_program_with_its_arguments(tmp_path):
    done = programs.run('main', 'prepare', programs.GOLDEN_MIDI, f'--output={tmp_path / "loops"}')
    assert (tmp_path / 'loops' / 'dataset.json').is_file()
    assert 'loops from' in done.stdout
    failed = programs.run('main', 'prepare', tmp_path / 'none', '--output=x', check=False)
    assert programs.sentence(failed).startswith('melodyvae_prepare: ')


def test_a_misspelt_program_is_told_with_the_right_one():
    done = programs.run('main', 'trian', check=False)
    sentence = programs.sentence(done, status=2)
    assert sentence == 'melodyvae: trian is no program (did you mean train?). See melodyvae --help.'
