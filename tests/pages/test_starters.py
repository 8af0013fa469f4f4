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

ROOT = Path(__file__).parents[2]
DEMO = ROOT / 'docs' / 'demo'


@pytest.mark.parametrize('name', STARTERS)
def test_a_model_to_start_with_plays_all_over_the_pad_and_may_be_used(name, tmp_path):
    content = find_starter(name).read_bytes()
    assert len(content) < 2_500_000
    page = content.decode()
    assert unpack_page(page, tmp_path) == name
    player = load_exported(tmp_path)
    assert measure_playability(player, player.threshold).usable > 0.9
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    card = check_card(data['parts'][0]['card'], name)
    assert card['license'] == 'cc0-1.0'
    assert all(source['license'].startswith('CC0') for source in card['sources'])
    readme = (ROOT / 'models' / f'{name}.md').read_text()
    assert readme.startswith('---\nlicense: "cc0-1.0"') and f'# {name}' in readme
    assert (DEMO / f'{name}.html').read_bytes() == content


def test_the_demo_has_these_models_and_a_blind_listening_test():
    index = (DEMO / 'index.html').read_text()
    assert all(f'href="{name}.html"' in index for name in (*STARTERS, 'listen'))
    assert (DEMO / 'demo.ogg').stat().st_size < 300_000
    assert (DEMO / 'listen.html').read_text().count('<fieldset') == 40


def test_other_names_are_not_models():
    assert find_starter('../folk') is None and find_starter('') is None
