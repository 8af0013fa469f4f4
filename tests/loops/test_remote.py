"""Datasets at a URL, which are copied to a cache folder."""

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from melodyvae.config.presets import preset
from melodyvae.loops.dataset import load_loops, read_fingerprint, save_loops
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.runs.train import train
from melodyvae.system.errors import UserError

import runs

URL = 'memory://bucket/loops'


@pytest.fixture(autouse=True)
def storage(few_loops, tmp_path, monkeypatch):
    """The file system that has some loops at `URL`."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
    save_loops(few_loops, tmp_path / 'loops')
    system = fsspec.filesystem('memory')
    system.put(str(tmp_path / 'loops'), '/bucket/loops', recursive=True)
    yield system
    system.rm('/bucket', recursive=True)


def fail(*_, **__):
    raise ConnectionError('the line is cut')


def find_copies(tmp_path):
    return [path.name for path in (tmp_path / 'cache').glob('melodyvae/datasets/*')]


def test_remote_loops_are_those_on_disk(tmp_path):
    local = load_loops(tmp_path / 'loops')
    for url in (URL, f'file://{tmp_path}/loops'):
        assert load_loops(url) == local
        assert read_fingerprint(url) == read_fingerprint(tmp_path / 'loops')


def test_a_dataset_is_copied_once_unless_it_changes(storage, golden_loops, tmp_path, monkeypatch):
    load_loops(URL)
    assert find_copies(tmp_path) == [read_fingerprint(URL)]
    with monkeypatch.context() as context:
        context.setattr(MemoryFileSystem, 'get_file', fail)
        load_loops(URL)
    save_loops(golden_loops[:9], tmp_path / 'others')
    storage.rm('/bucket', recursive=True)
    storage.put(str(tmp_path / 'others'), '/bucket/loops', recursive=True)
    assert len(load_loops(URL)) == 9
    assert len(find_copies(tmp_path)) == 2


def test_a_download_that_breaks_leaves_no_copy(tmp_path, monkeypatch):
    with monkeypatch.context() as context:
        context.setattr(MemoryFileSystem, 'get_file', fail)
        with pytest.raises(UserError, match=rf'^{URL} cannot be read: the line is cut\. Check'):
            load_loops(URL)
    assert find_copies(tmp_path) == []
    assert len(load_loops(URL))


@pytest.mark.parametrize(
    ('url', 'reason'),
    [
        ('memory://bucket/none', 'is not a dataset, or does not exist: dataset.json is missing'),
        ('nowhere://bucket/loops', 'loops cannot be read: Protocol not known: nowhere'),
        ('shelf://bucket/loops', r'needs another package: Install shelfs \(pip install\)'),
    ],
)
def test_what_cannot_be_opened_is_one_sentence(url, reason):
    missing = 'no_such_package.Files'
    fsspec.register_implementation('shelf', missing, errtxt='Install shelfs', clobber=True)
    for use in (load_loops, read_fingerprint):
        with pytest.raises(UserError, match=rf'^{url.split("/")[0]}.*{reason}'):
            use(url)


@pytest.mark.parametrize(
    ('name', 'damage', 'reason'),
    [
        ('dataset.json', lambda data: b'{', r'dataset\.json is damaged'),
        ('loops.npy', lambda data: data[:-1] + b'\x01', r'the checksum of loops\.npy is wrong'),
        ('loops.npy', lambda data: data[:200], 'Prepare it again'),
        ('cells.npy', lambda data: data[:-1], 'Prepare it again'),
    ],
)
def test_a_damaged_dataset_is_one_sentence_and_leaves_no_copy(
    storage, tmp_path, name, damage, reason
):
    path = f'/bucket/loops/{name}'
    storage.pipe_file(path, damage(storage.cat_file(path)))
    with pytest.raises(UserError, match=rf'^{URL} cannot be read.*{reason}'):
        load_loops(URL)
    assert find_copies(tmp_path) == []


def test_the_program_leaves_a_url_as_it_is(tmp_path):
    config = preset('melodyvae_improved')
    config.grid = load_loops(URL).grid
    assert find_or_prepare(config, tmp_path / 'run', [], URL, quiet=True) == URL
    with pytest.raises(UserError, match=rf'{URL} was prepared with grid\.rows=24'):
        find_or_prepare(preset('rhythmvae'), tmp_path / 'run', [], URL, quiet=True)


def test_a_run_trains_and_is_measured_from_a_url(tmp_path):
    config = runs.small_config()
    config.grid = load_loops(URL).grid
    config.training.epochs, config.data.path = 1, URL
    run = train(config, tmp_path / 'run', quiet=True)
    assert run.finished and not run.data.exists()
    assert run.config.data.path == URL
    training, held_out = run.split(run.loops())
    assert len(training) == run.summary['training_loops']
    assert len(held_out) == run.summary['validation_loops']
    assert f'The dataset is remote: see {URL}/report.csv' in (run.path / 'report.html').read_text()
