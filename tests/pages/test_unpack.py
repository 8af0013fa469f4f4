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

BOMB = base64.b64encode(gzip.compress(bytes(100_000))).decode()


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp('runs') / 'run')
    return next(iter(export(run, run.path)))


@pytest.fixture(scope='module')
def page(model, tmp_path_factory):
    path = tmp_path_factory.mktemp('page') / 'play.html'
    write_page([model], path)
    return path.read_text()


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


@pytest.mark.parametrize(
    ('edit', 'sentence'),
    [
        (lambda data: data.clear(), 'is damaged'),
        (lambda data: data.update(parts=2 * data['parts']), 'holds 2 models'),
        (lambda data: data['parts'][0].update(model=3), 'is damaged'),
        (lambda data: data['parts'][0].update(metadata=[1]), 'is damaged'),
        (lambda data: data['parts'][0]['model'].update(weights='?'), 'is damaged'),
        (lambda data: data['parts'][0]['model'].update(weights='A' * 80), 'is damaged'),
        (lambda data: data['parts'][0]['model'].update(weights=BOMB), 'cut off or too large'),
        (lambda data: data['parts'][0]['model'].update(weightSpecs=[]), 'cannot be read'),
        (lambda data: data['parts'][0]['model'].update(topology={'class_name': 'X'}), 'cannot be'),
    ],
)
def test_a_damaged_page_is_one_sentence(page, tmp_path, monkeypatch, edit, sentence):
    monkeypatch.setattr(unpack, 'MAX_WEIGHTS', 90_000)
    text = re.search(r'id="data">(.*?)</script>', page)[1]
    data = json.loads(text)
    edit(data)
    with pytest.raises(UserError, match=sentence) as caught:
        unpack_page(page.replace(text, json.dumps(data)), tmp_path)
    assert '\n' not in str(caught.value)


def test_a_file_that_is_no_page_is_refused(tmp_path):
    with pytest.raises(UserError, match='holds no model'):
        unpack_page('<html></html>', tmp_path)
