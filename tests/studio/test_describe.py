"""Run folders from somebody else: told as damaged, never followed, never waited for."""

import json
import os
import threading
from pathlib import Path

import pytest

from melodyvae.config.json_file import write_config
from melodyvae.config.presets import preset
from melodyvae.runs.folder import RunFolder
from melodyvae.studio.describe import MAX_METRICS, RunList, describe_run
from melodyvae.studio.logs import STARTING, find_stage
from melodyvae.studio.max_zip import zip_for_max
from melodyvae.studio.plain_files import read_plain
from melodyvae.studio.trainer import Trainer
from melodyvae.system.errors import UserError


@pytest.fixture
def trainer(tmp_path) -> Trainer:
    return Trainer(tmp_path / 'runs')


@pytest.fixture
def run(trainer) -> Path:
    path = trainer.folder / 'theirs'
    path.mkdir()
    write_config(preset('melodyvae'), path / 'config.json')
    (path / 'melodyvae.model').mkdir()
    (path / 'melodyvae.model' / 'model.json').write_text('{}')
    (path / 'metrics.csv').write_text('epoch,objective\n0,5.0\n1,4.0\n')
    return path


def _make_sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, 2**36)


def describe(trainer: Trainer, name: str = 'theirs') -> dict:
    """The description, which must be JSON and must not wait."""
    found: list[dict] = []
    thread = threading.Thread(target=lambda: found.append(describe_run(trainer, name)), daemon=True)
    thread.start()
    thread.join(20)
    assert found, 'it waits for something'
    json.dumps(found[0], allow_nan=False).encode()
    return found[0]


def test_a_finished_run_was_not_killed(trainer, run):
    (trainer.state / 'theirs.log').write_text(f'{STARTING}\nepoch 1/2\n')
    described = describe(trainer)
    assert (described['state'], described['sentence']) == ('finished', '')
    assert described['curves'] == {'objective': [5.0, 4.0]}


def test_a_run_is_described_again_when_it_has_changed(trainer, run):
    runs = RunList(trainer)
    (first,) = runs.describe()
    assert runs.describe()[0] is first
    rows = [f'{epoch},{1000.123456 - epoch},{2000 - epoch}' for epoch in range(1000)]
    (run / 'metrics.csv').write_text('\n'.join(['epoch,objective,val_objective', *rows]))
    os.utime(run / 'metrics.csv', (1, 1))
    (changed,) = runs.describe()
    assert (changed['done'], changed['best']) == (1000, 1001)
    curve = changed['curves']['objective']
    assert (len(curve), curve[0], curve[-1]) == (200, 1000, 1.123)


@pytest.mark.parametrize(
    ('lines', 'stage'),
    [
        ([STARTING, 'Skipped: 3 .wav.'], ('Starting', '')),
        (['Reading your music ...', '9 loops from 2 of 3 files.'], ('Reading', '')),
        (['Training on 9 loops, none held out.'], ('Learning', '')),
        (['epoch 1/9  loss 3.00  1:20 left'], ('Learning', '1:20')),
        (['epoch 9/9  loss 3.00  0:00 left', 'Training is done; ...'], ('Making the pad', '')),
        (['Making the pad ...', 'runs/a/play.html plays. Writing plots ...'], ('Writing', '')),
        (['epoch 1/9  loss 3.00  1:20 left', 'Stopping; writing ...'], ('Stopping', '')),
        (['Stopping; writing ...', STARTING], ('Starting', '')),
        ([], ('Starting', '')),
    ],
)
def test_a_stage_is_named_by_the_last_line_that_tells(lines, stage):
    assert find_stage(lines) == stage


@pytest.mark.parametrize('where', ['report.html', 'melodyvae.model/extra', 'play.html'])
@pytest.mark.parametrize('kind', ['link', 'fifo'])
def test_only_plain_files_are_served(trainer, run, tmp_path, where, kind):
    secret = tmp_path / 'secret'
    secret.write_text('secret')
    if kind == 'link':
        (run / where).symlink_to(secret)
    else:
        os.mkfifo(run / where)
    described = describe(trainer)
    assert described['state'] == 'failed'
    assert f'{where} in this run is not a plain file' in described['sentence']
    for use in (trainer.find, trainer.find_model, lambda name: zip_for_max(trainer.find(name))):
        with pytest.raises(UserError, match='is not a plain file'):
            use('theirs')
    with pytest.raises(FileNotFoundError):
        read_plain(run / where, 100)


@pytest.mark.parametrize('where', ['config.json', 'summary.json', 'melodyvae.model/model.json'])
def test_a_json_file_larger_than_memory_is_not_read(trainer, run, where):
    _make_sparse(run / where)
    described = describe(trainer)
    assert described['state'] == 'failed'
    assert f'{where} in this run is larger than 64 MB' in described['sentence']


def test_a_huge_model_is_not_packed(run):
    _make_sparse(run / 'melodyvae.model' / 'weights.bin')
    with pytest.raises(UserError, match=r'melodyvae\.model of this run is larger than 256 MB'):
        zip_for_max(RunFolder(run))


@pytest.mark.parametrize('kind', ['link', 'fifo', 'folder'])
def test_a_config_that_is_no_plain_file_is_no_run(trainer, tmp_path, kind):
    run = trainer.folder / 'theirs'
    run.mkdir()
    config = run / 'config.json'
    write_config(preset('melodyvae'), tmp_path / 'config.json')
    if kind == 'link':
        config.symlink_to(tmp_path / 'config.json')
    elif kind == 'fifo':
        os.mkfifo(config)
    else:
        config.mkdir()
    assert trainer.list_names() == []
    with pytest.raises(UserError, match='no such run'):
        trainer.find('theirs')


@pytest.mark.parametrize(
    'content',
    [
        b'epoch,objective\n0,nan\n1,inf\n2,-inf\n3,4.0\n',
        b'epoch,objective\n0,5.0\n1\n',
        bytes(range(256)) * 10,
        b'epoch,objective\n0,"' + b'x' * 2**18 + b'"\n',
        b'x' * (MAX_METRICS + 1),
        b'',
        None,
    ],
    ids=['not finite', 'short', 'binary', 'long field', 'long', 'empty', 'folder'],
)
def test_damaged_metrics_do_no_harm(trainer, run, content):
    (run / 'metrics.csv').unlink()
    assert describe(trainer)['state'] == 'finished', 'before the first epoch has ended'
    if content is None:
        (run / 'metrics.csv').mkdir()
    else:
        (run / 'metrics.csv').write_bytes(content)
    described = describe(trainer)
    assert described['state'] == 'finished'
    assert described['curves'] in ({}, {'objective': [4.0]})


@pytest.mark.parametrize(
    'config',
    ['[' * 200_000, '{"a":' * 100_000, '{', '[]', '\x00', '{"name": "../x"}', '{"name": NaN}'],
)
def test_a_damaged_config_is_told(trainer, run, config):
    (run / 'config.json').write_text(config)
    described = describe(trainer)
    assert described['state'] == 'failed' and 'config' in described['sentence']


def test_a_name_that_is_not_utf_8_is_told(trainer, run):
    name = os.fsdecode(b'caf\xe9')
    run.rename(run.with_name(name))
    described = describe(trainer, name)
    assert described['name'] == 'caf\ufffd'
    assert described['sentence'] == 'The name of this folder is not UTF-8: rename it.'
    for asked in (name, described['name']):
        with pytest.raises(UserError, match='no such run'):
            trainer.find(asked)
