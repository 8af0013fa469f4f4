"""Pages and models that are dropped on the studio become runs that play."""

import io
import json

import pytest
from play_pages import make_exported_run

from melodyvae.pages.play_page import read_run_data
from melodyvae.playing.card import About
from melodyvae.playing.exported import load_exported
from melodyvae.runs.card import read_card, write_about
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.play_page import write_page
from melodyvae.studio.describe import describe_run
from melodyvae.studio.models import add_models
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError

from runs import lay_made_weights, make_run
from studios import pack


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp('runs') / 'run')
    write_about(run, About(author='Me'), 'Airs & <b>reels')
    return next(iter(export(run, run.path)))


def drop(folder):
    return [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(folder.iterdir())]


def read_files(folder):
    """Content of each file, also in subfolders, by its path."""
    files = (path for path in folder.rglob('*') if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def drop_page(model, folder):
    page = folder / 'play.html'
    write_page([model], page, overwrite=True)
    return [(page.name, io.BytesIO(page.read_bytes()))]


@pytest.mark.parametrize('kind', ['model', 'page'])
def test_what_is_dropped_is_a_run_that_plays(model, tmp_path, kind):
    trainer = Trainer(tmp_path / 'studio')
    names = [
        add_models(drop(model) if kind == 'model' else drop_page(model, tmp_path), trainer.folder)
        for _ in range(2)
    ]
    assert names == [['Airs b reels'], ['Airs b reels 2']]
    for (name,) in names:
        described = describe_run(trainer, name)
        assert (described['state'], described['playable']) == ('finished', True), described
        assert not described['reported'] and not described['sentence']
        run = RunFolder(trainer.find(name).path)
        (shown,) = read_run_data(run, *trainer.find_model(name))['parts']
        assert shown['card']['author'] == read_card(run)['author'] == 'Me'
        assert shown['library'] is None


def test_run_folders_are_added_whole(golden_loops, tmp_path):
    run = make_exported_run(tmp_path / 'old' / 'Airs', golden_loops, 'melodyvae_improved')
    run.report.write_bytes(b'<title>Airs: report</title><h1>Airs</h1>\xff')
    files = {f'Airs/{name}': content for name, content in read_files(run.path).items()}
    folder = [(name, io.BytesIO(content)) for name, content in files.items()]
    trainer = Trainer(tmp_path / 'runs')
    for uploads, name in ((folder, 'Airs'), ([('a.zip', pack(files))], 'Airs 2')):
        assert add_models(uploads, trainer.folder) == [name]
        described = describe_run(trainer, name)
        assert (described['state'], described['playable']) == ('finished', True), described
        assert f'<h1>{name}</h1>'.encode() in RunFolder(trainer.folder / name).report.read_bytes()
        (shown,) = read_run_data(trainer.find(name), *trainer.find_model(name))['parts']
        assert shown['title'] == name and shown['library'], 'with the map of its loops'
    damaged = [(name, io.BytesIO(content[:-1])) for name, content in files.items()]
    with pytest.raises(UserError) as caught:
        add_models(damaged, trainer.folder)
    assert '/tmp' not in str(caught.value)
    assert trainer.list_names() == ['Airs', 'Airs 2']


def test_all_that_are_dropped_together_are_added_but_damaged_ones(model, tmp_path):
    page = drop_page(model, tmp_path)[0][1].read()
    folders = ('mine/a.model', 'mine/b.model', 'bad.model')
    content = {path.name: path.read_bytes() for path in model.iterdir()}
    files = {f'{folder}/{name}': content[name] for folder in folders for name in content}
    files |= {'pages/play.html': page, 'pages/index.html': b'<html>', 'mine/a.model/x.html': page}
    files |= {'bad.model/weights.bin': files['bad.model/weights.bin'][:-1]}
    with pytest.raises(UserError, match=r'bad\.model.* index\.html: This page holds no model'):
        add_models([('all.zip', pack(files))], tmp_path / 'runs')
    names = [f'Airs b reels{number}' for number in ('', ' 2', ' 3')]
    assert sorted(path.name for path in (tmp_path / 'runs').iterdir()) == names


def test_a_model_of_a_device_is_added_too(tmp_path):
    device, runs = tmp_path / 'device', tmp_path / 'runs'
    lay_made_weights('rhythmvae.tfjs-4.22.model.json', device)
    for uploads in (drop(device), drop_page(device, tmp_path)):
        (name,) = add_models(uploads, runs)
        assert RunFolder(runs / name).finished


def test_what_was_dropped_has_checksums(model, tmp_path):
    (name,) = add_models(drop_page(model, tmp_path), tmp_path)
    run = RunFolder(tmp_path / name)
    weights = run.own_export / 'weights.bin'
    content = bytearray(weights.read_bytes())
    content[0] ^= 1
    weights.write_bytes(content)
    with pytest.raises(UserError, match='is damaged'):
        load_exported(run.own_export)
    run.path.joinpath('config.json').write_text(json.dumps(run.config.to_dict()))
    with pytest.raises(UserError, match='has changed since'):
        run.config  # noqa: B018 - it is a property


def test_damaged_cards_of_runs_are_told(model, tmp_path):
    trainer = Trainer(tmp_path / 'runs')
    (name,) = add_models(drop_page(model, tmp_path), trainer.folder)
    run = trainer.folder / name
    files = read_files(run)
    for file, content, reason in (
        ('card.json', b'[' * 200_000, 'cannot be read'),
        ('card.json', b'[]', 'holds no card'),
        ('about.json', b'{"author": 5}', 'cannot be read'),
    ):
        damaged = files | {file: content}
        with pytest.raises(UserError, match=f'^mine/{file} {reason}'):
            add_models([(f'mine/{x}', io.BytesIO(damaged[x])) for x in damaged], trainer.folder)
    assert trainer.list_names() == [name]


def test_what_is_no_model_leaves_nothing(model, tmp_path):
    whole = dict(drop(model))
    damaged = b'\x01' + whole['weights.bin'].getvalue()[1:]
    for uploads, reason in (
        ([('model.json', whole['model.json'])], r'weights\.bin is missing'),
        (
            [('model.json', io.BytesIO(b'{}')), ('weights.bin', io.BytesIO(damaged))],
            'modelTopology is missing',
        ),
        ([('a.html', io.BytesIO(b'\xff'))], 'holds no model'),
        ([*drop(model)[:-1], ('weights.bin', io.BytesIO(damaged))], 'is damaged'),
    ):
        with pytest.raises(UserError, match=reason) as caught:
            add_models(uploads, tmp_path / 'runs')
        assert str(tmp_path) not in str(caught.value) and '/tmp' not in str(caught.value)
    assert not list(tmp_path.glob('runs/*'))


@pytest.mark.parametrize('name', ['', '..', '/etc/passwd', 'x' * 500, '\x00\u202e', '-- =', '.a'])
def test_a_name_is_never_a_path(model, tmp_path, name):
    page = drop_page(model, tmp_path)[0][1].read().decode()
    hostile = page.replace('"Airs \\u0026 \\u003cb\\u003ereels"', json.dumps(name))
    assert hostile != page
    (added,) = add_models([('play.html', io.BytesIO(hostile.encode()))], tmp_path / 'runs')
    assert [path.name for path in (tmp_path / 'runs').iterdir()] == [added]
