"""A library on Apache Beam becomes the dataset that it becomes without."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from apache_beam.io.localfilesystem import LocalFileSystem

import melodyvae.ingest.beam
from melodyvae.config.presets import preset
from melodyvae.ingest.beam import prepare_on_beam
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.loops.dataset import load_loops
from melodyvae.system.errors import UserError

import golden_files
import midi_bytes
import programs

MIDI = golden_files.GOLDEN / 'midi'
MELODY = preset('melodyvae').grid


class Bucket(LocalFileSystem):
    """A file system of URLs: bucket:///folder is a folder of this machine."""

    @classmethod
    def scheme(cls):
        return 'bucket'

    def _list(self, dir_or_prefix):
        for file in super()._list(_path(dir_or_prefix)):
            yield _renamed(file)

    def _path_open(self, path, *arguments, **more):
        return super()._path_open(_path(path), *arguments, **more)

    def create(self, path, *arguments, **more):
        Path(_path(path)).parent.mkdir(parents=True, exist_ok=True)
        return self._path_open(path, 'wb', *arguments, **more)

    def exists(self, path):
        return super().exists(_path(path))

    def metadata(self, path):
        return _renamed(super().metadata(_path(path)))

    def delete(self, paths):
        for path in paths:
            Path(_path(path)).unlink()


def _path(url):
    return url.removeprefix('bucket://')


def _renamed(file):
    return type(file)(f'bucket://{file.path}', file.size_in_bytes, file.last_updated_in_seconds)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """The golden files, some in folders and some twice, in shards of four."""
    monkeypatch.setattr(melodyvae.ingest.beam, 'FILES_PER_SHARD', 4)
    library = shutil.copytree(MIDI, tmp_path / 'library')
    for number, folder in enumerate(('zoo', 'air s', 'air/s', 'air')):
        (library / folder).mkdir(parents=True, exist_ok=True)
        for name in names_in(MIDI)[number::9]:
            shutil.copy(MIDI / name, library / folder)
    (library / 'notes.txt').touch()
    (library / '._chords.mid').write_text('of a Mac')
    (library / 'text.mid').write_text('Dear diary, "quoted", \nand on')
    for path in library.rglob('*.mid'):
        os.utime(path, (1.5e9, 1.5e9))
    return library


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def digests(folder):
    return {
        name: hashlib.sha256(data).hexdigest()
        for name, data in programs.read_folder(folder).items()
    }


def prepared_without(paths, folder):
    prepare_midi(paths, MELODY, folder)
    return digests(folder)


def test_folders_become_the_same_dataset_in_memory(library, tmp_path):
    paths = [library / 'zoo', library / 'air', library / 'chords.mid']
    expected = prepared_without(paths, tmp_path / 'expected')
    reports, counters = prepare_on_beam(
        list(map(str, paths)), MELODY, str(tmp_path / 'out'), 'direct'
    )
    assert digests(tmp_path / 'out') == expected
    kept = sum(report.kept for report in reports)
    assert len(load_loops(tmp_path / 'out')) == kept > 30
    assert counters == {
        'files': len(reports),
        'files_used': sum(report.kept > 0 for report in reports),
        'loops': kept,
        'too_few_onsets': sum(report.too_few_onsets for report in reports),
    }
    assert names_in(tmp_path) == ['expected', 'library', 'out']


def test_two_processes_make_the_same_dataset(library, tmp_path, monkeypatch):
    expected = prepared_without([library], tmp_path / 'expected')
    options = ['--direct_num_workers=2', '--direct_running_mode=multi_processing']
    # Workers find what pytest has put on the path.
    monkeypatch.setenv(
        'PYTHONPATH', os.pathsep.join([str(Path.cwd()), os.getenv('PYTHONPATH', '')])
    )
    prepare_on_beam([str(library)], MELODY, str(tmp_path / 'out'), 'direct', options)
    assert digests(tmp_path / 'out') == expected


@pytest.mark.parametrize(
    ('pattern', 'folder'),
    [('bucket://{}/**.mid', ''), ('{}/zoo/*.mid', 'zoo')],  # the second of this machine
)
def test_buckets_and_patterns_become_the_same_dataset(library, tmp_path, pattern, folder):
    expected = prepared_without([library / folder], tmp_path / 'expected')
    prepare_on_beam([pattern.format(library)], MELODY, str(tmp_path / 'out'), 'direct')
    assert digests(tmp_path / 'out') == expected


def test_a_dataset_goes_into_a_bucket_whole(library, tmp_path):
    names = [f'bucket://{library}/{folder}' for folder in ('zoo', 'air')]
    expected = prepared_without([library / 'zoo', library / 'air'], tmp_path / 'expected')
    output = f'bucket://{tmp_path}/out'
    prepare_on_beam(names, MELODY, output, 'direct')
    assert digests(tmp_path / 'out') == expected
    assert list(tmp_path.rglob('shards/*')) == []
    with pytest.raises(UserError, match='out exists already: name another output'):
        prepare_on_beam(names, MELODY, output, 'direct')
    prepare_on_beam(names[:1], MELODY, output, 'direct', overwrite=True)
    assert digests(tmp_path / 'out') == prepared_without([library / 'zoo'], tmp_path / 'zoo')


def test_a_file_that_ends_its_reader_costs_no_other(tmp_path, symusic):
    library = tmp_path / 'library'
    library.mkdir()
    for number, title in enumerate(('good', 'crash', 'good', 'hang', 'good')):
        midi_bytes.write_titled(library / f'{number}.mid', title)
    reports, counters = prepare_on_beam([str(library)], MELODY, str(tmp_path / 'out'), 'direct')
    unreadable = [report for report in reports if report.reason.startswith('unreadable')]
    assert [(report.path, report.reason) for report in unreadable] == [
        ('1.mid', 'unreadable (its reader crashed)'),
        ('3.mid', 'unreadable (it takes more than 2 s)'),
    ]
    assert counters['files_used'] == 3
    assert load_loops(tmp_path / 'out').files == ('0.mid', '2.mid', '4.mid')


def test_a_failure_leaves_nothing_behind(library, tmp_path):
    (tmp_path / 'empty').mkdir()
    shutil.copy(MIDI / 'empty.mid', tmp_path / 'empty')
    before = names_in(tmp_path)
    for names, runner, options, sentence in (
        ([tmp_path / 'empty'], 'direct', [], 'No loop of at least'),
        (
            [library],
            'direct',
            ['--direct_num_wrkers=2'],
            '--direct_num_wrkers is not an option of Beam',
        ),
        ([library], 'direct', ['--direct_num_workers=x'], 'invalid int value'),
        ([library], 'direct', ['stray'], 'stray is not an option of Beam'),
        ([library], 'nope', [], '--runner=nope is not a runner of Beam'),
        ([library], 'no.such.Runner', [], '--runner=no.such.Runner cannot be loaded'),
        ([tmp_path / 'nowhere'], 'direct', [], 'nowhere does not exist'),
        ([f'{tmp_path}/*.mid'], 'direct', [], 'matches no file whose name ends in'),
        ([f'{tmp_path}/*.mid', library], 'direct', [], 'name either buckets and patterns'),
        (['nobody://music'], 'direct', [], 'nobody://music cannot be used'),
    ):
        with pytest.raises(UserError) as error:
            prepare_on_beam(list(map(str, names)), MELODY, str(tmp_path / 'out'), runner, options)
        assert sentence in str(error.value)
        assert '\n' not in str(error.value)
        assert names_in(tmp_path) == before


@pytest.mark.parametrize(
    ('error', 'expected', 'words'),
    [
        (OSError(28, 'No space left on device'), UserError, '=direct: .*No space left on device'),
        (KeyboardInterrupt(), KeyboardInterrupt, None),
    ],
)
def test_a_worker_that_fails_leaves_nothing_behind(
    library, tmp_path, monkeypatch, error, expected, words
):
    def fail(*_):
        raise error

    monkeypatch.setattr('melodyvae.ingest.beam.write_shard', fail)
    with pytest.raises(expected, match=words):
        prepare_on_beam([str(library)], MELODY, str(tmp_path / 'out'), 'direct')
    assert names_in(tmp_path) == ['library']
