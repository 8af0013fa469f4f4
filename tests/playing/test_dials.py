from pathlib import Path, PurePosixPath

import pytest

from melodyvae.config.presets import preset
from melodyvae.playing.dials import describe_loading, device_dials

MAX_GUIDE = Path(__file__).parents[2] / 'docs' / 'max.md'
MELODIES = ('melodyvae', 'melodyvae_original', 'melodyvae_improved', 'melodyvae_improved_25x32')


def settings(name, threshold):
    return {dial.name: dial.setting for dial in device_dials(preset(name), threshold)}


@pytest.mark.parametrize('name', MELODIES)
def test_melodies_need_no_turn_of_the_threshold(name):
    assert settings(name, 0.2) == {
        'threshold': 'leave it at 20',
        'duration': '4',
        'shuffle': '0',
        'pad': '-2 to 2',
    }


def test_a_model_that_was_left_as_it_is_needs_one():
    assert settings('melodyvae', 0.074)['threshold'] == '7'


def test_drums_have_no_threshold_to_turn():
    expected = {'grid offset': '0.67', 'shuffle': '0', 'pad': '-3 to 3'}
    assert settings('rhythmvae', 0.5) == expected
    assert settings('rhythmvae', 0.107) == {'threshold': 'no dial'} | expected


def test_loading_is_told_with_the_file_to_choose():
    told = describe_loading(PurePosixPath('max/mine.model'))
    assert told == 'Press "Load" in the row "Model" and choose max/mine.model/model.json.'


@pytest.mark.parametrize(('name', 'threshold'), [('melodyvae', 0.2), ('rhythmvae', 0.5)])
def test_the_guide_tells_them_too(name, threshold):
    text = ' '.join(MAX_GUIDE.read_text().split())
    for dial in device_dials(preset(name), threshold):
        assert f'| {dial.name} | {dial.setting} | {dial.reason} |' in text
