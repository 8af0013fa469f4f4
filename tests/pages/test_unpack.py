"""The model of a page as a model folder again, from pages of ours, damaged and hostile ones."""

import base64
import gzip
import json
import re

import numpy as np
import pytest

from melodyvae.pages import unpack
from melodyvae.pages.unpack import unpack_page
from melodyvae.playing.exported import load_exported
from melodyvae.playing.latent import z_grid
from melodyvae.playing.player import decode
from melodyvae.runs.export import export
from melodyvae.runs.play_page import write_page
from melodyvae.system.errors import UserError

from runs import make_run


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp('runs') / 'run')
    return next(iter(export(run, run.path)))


@pytest.fixture(scope='module')
def page(model, tmp_path_factory):
    path = tmp_path_factory.mktemp('page') / 'play.html'
    write_page([model], path)
    return path.read_text()


def change(page, edit):
    """A page whose part is changed."""
    found = re.search(r'id="data">(.*?)</script>', page)
    data = json.loads(found[1])
    edit(data['parts'][0])
    return page.replace(found[1], json.dumps(data))


def test_the_model_of_a_page_plays_as_the_page_does(model, page, tmp_path):
    assert unpack_page(page, tmp_path) == model.stem
    ours, theirs = load_exported(tmp_path), load_exported(model)
    assert (ours.config, ours.threshold) == (theirs.config, theirs.threshold)
    z = z_grid(3, 2)
    for name, values in decode(ours, z).items():
        np.testing.assert_allclose(values, decode(theirs, z)[name], atol=0.02)
    document = json.loads((tmp_path / 'model.json').read_text())
    manifest = document['weightsManifest'][0]['weights']
    assert not any('quantization' in spec for spec in manifest), 'all devices can read it'


def test_a_file_that_is_no_page_is_refused(page, tmp_path):
    with pytest.raises(UserError, match='holds no model'):
        unpack_page('<html></html>', tmp_path)
    with pytest.raises(UserError, match='is damaged'):
        unpack_page(page.replace('"topology"', '"topologie"'), tmp_path)


@pytest.mark.parametrize(
    'edit',
    [
        lambda part: part.update(model=3),
        lambda part: part.update(metadata=[1]),
        lambda part: part['model'].update(weights='?'),
        lambda part: part['model'].update(weights=part['model']['weights'][:-40]),
        lambda part: part['model'].update(weights=base64.b64encode(b'no gzip').decode()),
        lambda part: part['model'].update(weightSpecs=[]),
        lambda part: part['model'].update(topology={'class_name': 'Lambda'}),
    ],
)
def test_a_damaged_page_is_one_sentence(page, tmp_path, edit):
    with pytest.raises(UserError) as caught:
        unpack_page(change(page, edit), tmp_path)
    assert '\n' not in str(caught.value)


def test_a_page_of_two_models_is_refused(model, tmp_path):
    write_page([model, model], tmp_path / 'both.html')
    with pytest.raises(UserError, match='holds 2 models'):
        unpack_page((tmp_path / 'both.html').read_text(), tmp_path)


def test_a_bomb_is_refused(page, tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, 'MAX_WEIGHTS', 1000)
    bomb = base64.b64encode(gzip.compress(bytes(100_000))).decode()
    with pytest.raises(UserError, match='cut off or too large'):
        unpack_page(change(page, lambda part: part['model'].update(weights=bomb)), tmp_path)
