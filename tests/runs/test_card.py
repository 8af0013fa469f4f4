import json

import numpy as np
import pytest

from melodyvae.playing.card import About, check_card
from melodyvae.playing.player import Player
from melodyvae.runs.card import find_card, read_card, rename_card, write_about, write_card
from melodyvae.runs.export import export
from melodyvae.system.errors import UserError

import runs


@pytest.fixture
def run(tmp_path):
    return runs.make_run(tmp_path / 'run')


def write(run, golden_loops):
    about = About(author='Me', license='cc0-1.0', source_licenses={'': 'public domain'})
    write_about(run, about, 'My model')
    write_card(run, Player.of(run.load_model(), 0.2), golden_loops, np.zeros((3, 2)), 0.5)


def test_a_card_goes_with_the_run_and_its_exports(run, golden_loops, tmp_path):
    write(run, golden_loops)
    card = find_card(run.path)
    assert (card['name'], card['author'], card['license']) == ('My model', 'Me', 'cc0-1.0')
    assert card['copies'] == 0.5
    assert {source['license'] for source in card['sources']} == {'public domain'}
    export(run, tmp_path)
    model = tmp_path / 'melodyvae_improved.model'
    assert find_card(model) == card
    assert '# My model' in (model / 'README.md').read_text()
    export(run, tmp_path, overwrite=True)  # the card does not stand in the way
    encoder = tmp_path / 'encoder' / 'melodyvae_improved.encoder' / 'model.json'
    assert 'card' not in json.loads(encoder.read_text())['userDefinedMetadata']


def test_a_run_is_renamed_in_its_cards_unless_the_author_chose_the_name(run, golden_loops):
    write(run, golden_loops)
    export(run, run.path)
    for old, new, expected in (('run', 'other', 'My model'), ('My model', 'new', 'new')):
        rename_card(run, old, new)
        assert read_card(run)['name'] == expected
        assert find_card(run.own_export)['name'] == expected  # its checksums are right
        assert f'# {expected}' in (run.own_export / 'README.md').read_text()
    run.card.unlink()
    assert read_card(run)['name'] == 'new'


def test_a_run_with_a_damaged_model_is_not_renamed(run):
    write_about(run, About(), 'run')
    export(run, run.path)
    model = run.own_export / 'model.json'
    for text in ('', '{', '[]', '[' * 100_000, '\udcff', None):
        model.unlink()
        if text is not None:
            model.write_text(text, errors='surrogateescape')
        with pytest.raises(UserError, match=r'model\.json') as caught:
            rename_card(run, 'run', 'new')
        assert '\n' not in str(caught.value)
    assert json.loads(run.about.read_text())['name'] == 'run'


def test_a_run_without_a_card_gets_one_of_what_is_known(run):
    card = check_card(read_card(run), 'x')
    assert (card['name'], card['sources'], card['copies']) == ('run', [], None)
    assert card['threshold'] == runs.THRESHOLD


@pytest.mark.parametrize('name', ['card', 'about'])
@pytest.mark.parametrize('text', ['', '{', '{}', '[]', '[[1]]', '{"author": 1}', '\udcff'])
def test_a_damaged_card_is_one_sentence(run, name, text):
    (run.path / f'{name}.json').write_text(text, errors='surrogateescape')
    with pytest.raises(UserError, match=name) as caught:
        read_card(run)
    assert '\n' not in str(caught.value)


def test_a_model_of_a_device_has_no_card(tmp_path):
    runs.lay_made_weights('rhythmvae.tfjs-4.22.model.json', tmp_path / 'device')
    with pytest.raises(UserError, match='has no card'):
        find_card(tmp_path / 'device')
