"""What `melodyvae_compare` refuses before it does anything."""

import sys

import pytest

import programs


@pytest.mark.parametrize(
    ('arguments', 'words', 'status'),
    [
        (['--configs=rhythmvae'], 'with --out', 1),
        (['--configs=rhythmvae', '--out=NEW'], 'have no drums', 1),
        (['--configs=rhythmvae', '--out=FULL'], 'is not empty', 1),
        (['--configs=rhythmvae', '--out=FULL/file'], 'is a file', 1),
        (['--configs=rhythmvae', '--midi=nowhere', '--out=NEW'], 'nowhere does not exist', 1),
        (['--configs=melodyvae_original', '--midi=MIDI', '--loops=2', '--out=NEW'], '--loops=2', 1),
        (['--search=x.json', '--out=NEW'], 'needs one config, such as --configs=melodyvae', 1),
        (['--search=x.json', '--configs=melodyvae', '--seeds=2', '--out=NEW'], 'leave out', 1),
        (['--search=x.json', '--configs=melodyvae', '--out=NEW'], 'x.json does not exist', 1),
        (['--search=x.json', '--configs=drums', '--out=NEW'], 'drums does not play melodies', 1),
        (['--configs=melodyvae_original', '--seeds=0', '--out=NEW'], 'seeds', 2),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, status, tmp_path):
    (tmp_path / 'FULL').mkdir()
    (tmp_path / 'FULL' / 'file').touch()
    places = {'FULL': tmp_path / 'FULL', 'NEW': tmp_path / 'NEW'}
    places['MIDI'] = programs.GOLDEN_MIDI / 'ryansMammoth_GoldenEagleHornpipe_1.mid'
    for name, place in places.items():
        arguments = [argument.replace(f'={name}', f'={place}') for argument in arguments]
    done = programs.run_here('compare', *arguments)
    assert words in programs.sentence(done, status)
    assert not (tmp_path / 'NEW').exists()


def test_a_search_without_optuna_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'optuna', None)
    monkeypatch.delitem(sys.modules, 'melodyvae.lab.search', raising=False)
    arguments = ['--search=x.json', '--configs=melodyvae', f'--out={tmp_path / "new"}']
    said = programs.sentence(programs.run_here('compare', *arguments))
    assert said.endswith("optuna is missing: pip install 'melodyvae[search]'.")
