"""The JSON file of a search's space."""

import json
from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from melodyvae.config.presets import preset
from melodyvae.lab.space import is_of_second_stage, read_space
from melodyvae.system.errors import UserError

DOCUMENTED = Path(__file__).parents[2] / 'docs' / 'melodyvae.search.json'


def read(declared, tmp_path):
    path = tmp_path / 'space.json'
    path.write_text(declared if isinstance(declared, str) else json.dumps(declared))
    return read_space(path, preset('melodyvae'))


def test_numbers_have_ranges_and_anything_has_choices(tmp_path):
    declared = {
        'pad.rhythm': {'low': 1, 'high': 2},
        'training.learning_rate': {'low': 1e-4, 'high': 1e-2, 'log': True},
        'model.anchors': {'low': 100, 'high': 1000},
        'training.decay': ['none', 'cosine'],
        'training.keep_best': [False, True],
    }
    assert read(declared, tmp_path) == {
        'pad.rhythm': FloatDistribution(1.0, 2.0),
        'training.learning_rate': FloatDistribution(1e-4, 1e-2, log=True),
        'model.anchors': IntDistribution(100, 1000),
        'training.decay': CategoricalDistribution(['none', 'cosine']),
        'training.keep_best': CategoricalDistribution([False, True]),
    }


def test_the_space_of_the_documents_is_of_the_second_stage(tmp_path):
    space = read_space(DOCUMENTED, preset('melodyvae'))
    assert 'pad.rhythm' in space and is_of_second_stage(space)
    assert not is_of_second_stage(read({'model.hidden': [256, 512]}, tmp_path))


@pytest.mark.parametrize(
    ('declared', 'words'),
    [
        ('{', 'cannot be read as a space'),
        ('[]', 'declares no settings'),
        ('{}', 'declares no settings'),
        ({'pad.rythm': [1.4]}, r'pad\.rythm is not a setting \(did you mean pad\.rhythm\?\)'),
        ({'training.seed': [0, 1]}, r'training\.seed cannot be searched'),
        ({'grid.rows': [24, 12]}, r'grid\.rows cannot be searched'),
        ({'data.split': ['file', 'loop']}, r'data\.split cannot be searched'),
        ({'pad.rhythm': 1.4}, r'pad\.rhythm needs a list of choices, or low, high'),
        ({'pad.rhythm': {'low': 1}}, r'pad\.rhythm needs a list of choices, or low, high'),
        ({'pad.rhythm': {'low': 1, 'high': 2, 'step': 1}}, 'low, high and optionally log, not'),
        ({'pad.rhythm': {'low': 1, 'high': 90}}, r'pad\.rhythm cannot be 90: it must be a finite'),
        ({'pad.rhythm': {'low': '1', 'high': 2}}, r"pad\.rhythm cannot be '1'"),
        ({'pad.rhythm': {'low': 2, 'high': 3}}, "range around the config's own value, 1.0"),
        ({'pad.rhythm': {'low': 2, 'high': 1}}, "range around the config's own value, 1.0"),
        ({'pad.guide': {'low': 0, 'high': 1, 'log': True}}, 'a low over 0'),
        ({'pad.guide': {'low': 0, 'high': 1, 'log': 1}}, 'true or false for log'),
        ({'training.decay': {'low': 0, 'high': 1}}, r'training\.decay is not a number'),
        ({'training.decay': ['cosine', 'sine']}, "cannot be 'sine': it must be one of"),
        ({'model.hidden': [256, 1024]}, "the config's own value, 512, among its choices"),
    ],
)
def test_what_cannot_be_searched_is_one_sentence(declared, words, tmp_path):
    with pytest.raises(UserError, match=words) as error:
        read(declared, tmp_path)
    assert str(tmp_path / 'space.json') in str(error.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(UserError, match=r'none\.json does not exist'):
        read_space(tmp_path / 'none.json', preset('melodyvae'))
