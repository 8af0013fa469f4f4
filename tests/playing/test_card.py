"""Model cards: valid by the schema, as JSON and as the README.md of a model hub."""

import base64
import json

import jsonschema
import mido
import numpy as np
import pytest
import yaml

from melodyvae.loops.loops import Loops
from melodyvae.playing.card import (
    MAX_TEXT,
    SCHEMA,
    About,
    check_card,
    count_sources,
    make_card,
    make_examples,
    render_readme,
    write_readme,
)
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player
from melodyvae.system.errors import UserError

import runs

HOSTILE = '</script><b>|`x`[a](b)\n# head\x00\u202e'


@pytest.fixture(scope='module')
def player():
    return Player.of(runs.made_model(runs.small_config()), 0.01)  # some notes everywhere


@pytest.fixture(scope='module')
def card(player):
    about = About('Mine', HOSTILE, HOSTILE, HOSTILE, ('folk', HOSTILE), {})
    config = player.config
    config.data.path = '/home/me/secret'
    source = {'name': HOSTILE, 'files': 1, 'loops': 2, 'license': HOSTILE}
    return make_card(
        config,
        0.25,
        about,
        sources=[source],
        copies=0.125,
        examples=make_examples(player, z_random(64)),
    )


def test_a_card_is_valid_by_the_schema(card):
    values = json.loads(json.dumps(card))
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(values, schema)
    assert check_card(values, 'x') == values
    assert set(schema['properties']) == set(schema['required'])
    assert values['settings']['data']['path'] == '', 'folders of the author are private'


@pytest.mark.parametrize(
    'place, value',
    [
        (('author',), 3),
        (('threshold',), True),
        (('copies',), 'many'),
        (('grid', 'rows'), 1.5),
        (('grid', 'more'), 1),
        (('dials', 0, 'reason'), None),
        (('sources',), {}),
        (('examples', 1, 'z', 0), '0'),
    ],
)
def test_our_checks_agree_with_the_schema(card, place, value):
    values = json.loads(json.dumps(card))
    at = values
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, json.loads(SCHEMA.read_text()))
    with pytest.raises(UserError, match=r'^mine holds no card: card\.'):
        check_card(values, 'mine')


def test_examples_are_clips_that_sound(player, card):
    assert len(card['examples']) == 3
    for example in card['examples']:
        file = base64.b64decode(example['midi'])
        assert file[:4] == b'MThd' and example['notes'] > 0
        assert np.abs(example['z']).max() < 5


def test_sources_are_counted_by_top_folder(golden_loops):
    names = [f'{"ab"[n % 2]}/x/{n}' if n else 'lone' for n in range(len(golden_loops.files))]
    loops = Loops.from_files(
        [(name, [(0, golden_loops[0])] * (1 + (name[0] == 'b'))) for name in names],
        golden_loops.grid,
    )
    found = count_sources(loops, {'a': 'cc0', '': 'mine'})
    assert [entry['name'] for entry in found] == ['b', 'a', '']
    assert [entry['license'] for entry in found] == ['mine', 'cc0', 'mine']
    assert sum(entry['files'] for entry in found) == len(names)
    assert sum(entry['loops'] for entry in found) == len(loops)


def test_the_readme_is_for_a_model_hub_and_keeps_markup_out(card, tmp_path):
    _, front, body = render_readme(card).split('---\n', 2)
    values = yaml.safe_load(front)
    assert values['license'] == HOSTILE and values['library_name'] == 'melodyvae'
    assert values['tags'][-1] == HOSTILE and 'midi' in values['tags']
    shown = body.partition('## Settings')[0]
    assert '<b>' not in shown and '\x00' not in shown and '[a](b)' not in shown
    assert '\n# head' not in shown
    assert '12% of its loops' in shown
    write_readme(card, tmp_path)
    for number in (1, 2, 3):
        assert f'(example-{number}.mid)' in shown
        assert mido.MidiFile(tmp_path / f'example-{number}.mid').length > 1


def test_a_long_text_is_refused():
    with pytest.raises(UserError, match='about is longer than 4,000 characters'):
        About(about='x' * (MAX_TEXT + 1))
