"""`--config` and a flag for every setting, as a person types them."""

import json

import pytest

from melodyvae.config import list_settings, preset_names

import programs

SWING = programs.GOLDEN_MIDI / 'swing_120.mid'


def prepared_grid(folder, *arguments) -> dict:
    """The grid of the dataset that `melodyvae_prepare` makes with such flags."""
    programs.run_here('prepare', SWING, f'--output={folder}', *arguments)
    return json.loads((folder / 'dataset.json').read_text())['grid']


def refusal(*arguments, status=2) -> str:
    """What `melodyvae_prepare` says of wrong flags."""
    done = programs.run_here('prepare', SWING, '--output=never', *arguments)
    return programs.sentence(done, status)


@pytest.mark.parametrize('program', ('prepare', 'train'))
def test_help_names_the_presets_and_the_long_help_every_setting(program):
    short = programs.run_here(program, '--help').stdout
    assert ', '.join(preset_names()) in short and '--helpfull' in short
    assert '--config.grid.rows' not in short
    long = programs.run_here(program, '--helpfull').stdout
    assert long.startswith(short)
    for setting in list_settings():
        line = next(x for x in long.splitlines() if x.startswith(f'  {setting.flag}:'))
        assert setting.help in line and setting.allowed in line
    assert 'from 0 to 1. Default: 0.5.' in long  # recombination of the default preset


def test_settings_may_stand_before_and_behind_the_config(tmp_path):
    before = prepared_grid(tmp_path / 'a', '--config.grid.steps=48', '--config=rhythmvae')
    behind = prepared_grid(tmp_path / 'b', '--config', 'rhythmvae', '--config.grid.steps', '48')
    assert before == behind
    assert (before['rows'], before['steps'], before['drum_map']) == (9, 48, 'strict')


def test_every_kind_of_setting_can_be_given(tmp_path):
    grid = prepared_grid(
        tmp_path / 'loops',
        '--config=melodyvae_improved:js',
        '--config.grid.ignored_channels=(1, 2)',
        '--noconfig.grid.single_tempo',
        '--config.grid.rows=12',
        '--config.grid.rows=36',
        '--config.data.recombination=.25',
        '--config.data.transpositions=-5',
        '--config.data.transpositions=7',
        '--config.features=onset,velocity',
    )
    assert grid['ignored_channels'] == [1, 2]
    assert grid['single_tempo'] is False
    assert grid['rows'] == 36


@pytest.mark.parametrize(
    ('flag', 'allowed', 'status'),
    [
        ('training.epochs=abc', 'a whole number from 1', 2),
        ('training.epochs=2.5', 'a whole number from 1', 2),
        ('training.keep_best=perhaps', 'true or false', 2),
        ('model.dropout=much', 'a finite number from 0 to 0.99', 2),
        ('data.transpositions=abc', 'a tuple of whole numbers from -127 to 127', 2),
        ('training.epochs=0', 'a whole number from 1', 1),
        ('loss.onset=nan', 'a finite number from 0', 1),
        ('data.recombination=2.0', 'a finite number from 0 to 1', 1),
    ],
)
def test_what_is_no_value_is_one_sentence(flag, allowed, status):
    sentence = f'melodyvae_prepare: --config.{flag} cannot be used: it must be {allowed}.'
    assert refusal(f'--config.{flag}', status=status).startswith(sentence)


@pytest.mark.parametrize(
    ('flag', 'said'),
    [
        ('--config.training.epoch=3', 'is not a flag (did you mean --config.training.epochs?).'),
        ('--epochs=3', '--epochs is not a flag (did you mean --config.training.epochs?).'),
        ('--outptu=x', '--outptu is not a flag (did you mean --output?).'),
        ('--noconfig.training.keep_bset', '(did you mean --config.training.keep_best?).'),
        ('--config=rythmvae', "no preset 'rythmvae' (did you mean rhythmvae?)"),
        ('--config=rhythmvae:jss', "no fidelity 'jss'"),
        ('--config', 'Missing value for flag --config'),
        ('--noresume=1', '--noresume=1 does not take an argument'),
        ('--config.fidelity=js', 'use --config=NAME:js, such as --config=melodyvae:js.'),
    ],
)
def test_a_wrong_flag_is_refused_with_the_right_one(flag, said):
    assert said in refusal(flag)
