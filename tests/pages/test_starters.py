"""The models that come with the package: small, playable, and free to use."""

import json
import re
from pathlib import Path

import pytest

from melodyvae.evaluation.playability import measure_playability
from melodyvae.pages.starters import STARTERS, find_starter
from melodyvae.pages.unpack import unpack_page
from melodyvae.playing.card import check_card
from melodyvae.playing.exported import load_exported

MAX_BYTES = 2_500_000
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize('name', STARTERS)
def test_a_model_to_start_with_plays_all_over_the_pad(name, tmp_path):
    page = find_starter(name).read_bytes()
    assert len(page) < MAX_BYTES
    assert unpack_page(page.decode(), tmp_path) == name
    player = load_exported(tmp_path)
    assert measure_playability(player, player.threshold).usable > 0.9


@pytest.mark.parametrize('name', STARTERS)
def test_its_card_says_that_it_may_be_used(name):
    page = find_starter(name).read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    card = check_card(data['parts'][0]['card'], name)
    assert card['license'] == 'cc0-1.0'
    assert all(source['license'].startswith('CC0') for source in card['sources'])
    readme = (ROOT / 'models' / f'{name}.md').read_text()
    assert readme.startswith('---\nlicense: "cc0-1.0"') and f'# {name}' in readme


@pytest.mark.parametrize('name', STARTERS)
def test_the_demo_serves_the_same_page(name):
    demo = ROOT / 'docs' / 'demo'
    assert (demo / f'{name}.html').read_bytes() == find_starter(name).read_bytes()
    assert f'href="{name}.html"' in (demo / 'index.html').read_text()
    assert (demo / 'demo.ogg').stat().st_size < 300_000


def test_the_demo_has_a_blind_listening_test():
    demo = ROOT / 'docs' / 'demo'
    assert 'href="listen.html"' in (demo / 'index.html').read_text()
    assert (demo / 'listen.html').read_text().count('<fieldset') == 40


def test_other_names_are_not_models():
    assert find_starter('../folk') is None and find_starter('') is None
