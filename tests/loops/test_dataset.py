"""Loops on disk."""

import dataclasses
import re
import shutil

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.loops.dataset import check_grid, load_loops, read_fingerprint, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.loops.writer import LoopsWriter
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.errors import UserError


def take_file(loops, number):
    """The loops of one file, without the names of the others."""
    taken = loops.take(np.flatnonzero(loops.file == number))
    files = loops.files[number : number + 1]
    return dataclasses.replace(taken, file=np.zeros_like(taken.file), files=files)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_saved_loops_come_back_bit_for_bit(golden_loops, tmp_path):
    folder = str(tmp_path / 'tunes')
    save_loops(golden_loops, folder)
    loaded = load_loops(folder)
    for name in ('offsets', 'file', 'voice', 'position'):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(golden_loops, name))
    for name in ('row', 'step', 'duration', 'timeshift'):
        assert loaded.cells[name].tobytes() == golden_loops.cells[name].tobytes()
        assert loaded.cells[:][name].tobytes() == golden_loops.cells[name].tobytes()
    # The device's own velocities were written down with seven digits.
    np.testing.assert_allclose(loaded.cells['velocity'], golden_loops.cells['velocity'], rtol=2e-7)
    assert (loaded.files, loaded.grid) == (golden_loops.files, golden_loops.grid)
    assert loaded[-1].tobytes() == loaded[len(loaded) - 1].tobytes()
    assert loaded[3:9] == loaded.take(np.arange(3, 9))
    assert loaded == loaded[:] == load_loops(tmp_path / 'tunes')
    with pytest.raises(UserError, match='tunes2 is not a dataset'):
        load_loops(f'{folder}2')
    with pytest.raises(UserError, match='exists already'):
        save_loops(golden_loops, folder)


def test_every_midi_velocity_comes_back_bit_for_bit(tmp_path):
    pattern = np.zeros(128, NOTE)
    pattern['row'], pattern['step'] = np.divmod(np.arange(128), 32)
    pattern['velocity'] = np.arange(128).astype(np.float32) / 127
    save_loops(Loops.from_files([('a', [(0, pattern)])], GridConfig()), tmp_path / 'tunes')
    assert load_loops(tmp_path / 'tunes')[0].tobytes() == pattern.tobytes()


def test_a_folder_that_was_written_piece_by_piece_has_the_same_bytes(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'at once')
    (tmp_path / 'pieces').mkdir()
    with LoopsWriter(f'{tmp_path}/pieces', golden_loops.grid) as writer:
        for number in range(len(golden_loops.files)):
            writer.append(take_file(golden_loops, number))
            writer.flush()
    assert contents(tmp_path / 'pieces') == contents(tmp_path / 'at once')


def test_what_was_flushed_outlives_a_killed_writer(golden_loops, tmp_path):
    first, second = (take_file(golden_loops, number) for number in (0, 1))
    working, killed = tmp_path / 'working', tmp_path / 'killed'
    working.mkdir()
    with LoopsWriter(working, golden_loops.grid) as writer:
        assert len(load_loops(working)) == 0
        writer.append(first)
        writer.flush()
        writer.append(second)
        shutil.copytree(working, killed)
    for name in ('cells.npy', 'loops.npy'):
        with (killed / name).open('ab') as file:
            file.write(b'half a record')
    left = load_loops(killed)
    assert left.files == golden_loops.files[:1]
    places = [loop[['row', 'step']].tolist() for loop in left]
    assert places == [loop[['row', 'step']].tolist() for loop in first]
    assert len(load_loops(working)) == len(first) + len(second)


def test_cells_on_disk_are_sparse(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    size = sum(path.stat().st_size for path in (tmp_path / 'tunes').glob('*.npy'))
    assert size <= len(golden_loops.cells) * 11 + len(golden_loops) * 20 + 2 * 192  # of headers


def test_another_grid_is_refused_by_name(golden_loops, tmp_path):
    with pytest.raises(UserError, match=r'grid\.rows=24, and the config has 9'):
        check_grid(golden_loops, preset('rhythmvae').grid, tmp_path)
    check_grid(golden_loops, GridConfig(), tmp_path)


@pytest.mark.parametrize(
    ('damage', 'reason'),
    [
        (lambda folder: (folder / 'cells.npy').unlink(), 'it has no cells.npy'),
        (lambda folder: (folder / 'files.jsonl').unlink(), 'it has no files.jsonl'),
        (lambda folder: (folder / 'cells.npy').write_bytes(b'\x93NUMPY'), 'Prepare it again'),
        (lambda folder: (folder / 'dataset.json').write_text('{'), 'dataset.json is damaged'),
        (lambda folder: (folder / 'dataset.json').write_text('[]'), 'not hold a JSON object'),
        (lambda folder: np.save(folder / 'loops.npy', np.zeros(3)), 'loops.npy is damaged or not'),
        (lambda folder: np.save(folder / 'cells.npy', np.zeros(3)), 'cells.npy is damaged or not'),
        (
            lambda folder: write_checked({'version': 3}, folder / 'dataset.json'),
            'of version 3',
        ),
    ],
)
def test_a_damaged_or_an_old_dataset_is_one_sentence(golden_loops, tmp_path, damage, reason):
    save_loops(golden_loops, tmp_path / 'tunes')
    damage(tmp_path / 'tunes')
    with pytest.raises(UserError, match=f'tunes .*{re.escape(reason)}'):
        load_loops(tmp_path / 'tunes')


def test_a_dataset_of_version_4_still_opens(golden_loops, tmp_path, monkeypatch):
    save_loops(golden_loops, tmp_path / 'tunes')
    header = read_checked(tmp_path / 'tunes' / 'dataset.json')
    old = {
        name: value
        for name, value in header.items()
        if name.partition('_')[0] not in ('names', 'checksum')
    }
    old |= {'version': 4, 'files': list(golden_loops.files)}
    write_checked(old, tmp_path / 'tunes' / 'dataset.json')
    (tmp_path / 'tunes' / 'files.jsonl').unlink()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    assert load_loops(tmp_path / 'tunes') == load_loops(f'file://{tmp_path}/tunes')
    assert load_loops(tmp_path / 'tunes').files == golden_loops.files


def test_any_file_name_comes_back(golden_loops, tmp_path):
    names = ('a\nb.mid', '\u266b \\ ".mid', 'latin \udce9.mid')  # the last is not valid Unicode
    loops = golden_loops.take(np.arange(3))
    save_loops(dataclasses.replace(loops, files=names), tmp_path / 'tunes')
    files = load_loops(tmp_path / 'tunes').files
    assert files == names and tuple(reversed(files)) == names[::-1]
    assert (files[-1], files[1:], files[:0]) == (names[-1], names[1:], ())


@pytest.mark.parametrize('name', ['cells.npy', 'loops.npy', 'files.jsonl', 'dataset.json'])
def test_a_flipped_bit_is_told_or_changes_nothing(golden_loops, tmp_path, name):
    save_loops(golden_loops, tmp_path / 'tunes')
    expected = load_loops(tmp_path / 'tunes')[:]
    file = tmp_path / 'tunes' / name
    whole = file.read_bytes()
    random = np.random.default_rng(0)
    told = 0
    for bit in random.integers(0, 8 * len(whole), 60).tolist():
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        try:
            assert load_loops(tmp_path / 'tunes') == expected
        except UserError as error:
            assert str(error).count(str(tmp_path / 'tunes')) == 1
            told += 1
    assert told > 40


@pytest.mark.parametrize(
    ('field', 'value', 'reason'),
    [
        ('row', 24, 'cells.npy has a row of 24 or more'),
        ('step', 32, 'cells.npy has a step of 32 or more'),
        ('velocity', 2, 'cells.npy has a velocity of 128 or more'),  # 254 of 127
        ('duration', np.nan, 'cells.npy has a value that is not a number'),
        ('file', 99, 'loops.npy has a file that does not exist'),
        ('file', -1, 'loops.npy has a file that does not exist'),
        ('position', -1, 'loops.npy has a position that does not exist'),
    ],
)
def test_impossible_values_are_refused(golden_loops, tmp_path, field, value, reason):
    loops = golden_loops.take(np.arange(3))
    (loops.cells[field] if field in NOTE.names else getattr(loops, field))[1] = value
    save_loops(loops, tmp_path / 'tunes')
    with pytest.raises(UserError, match=f'cannot be read as a dataset: {re.escape(reason)}'):
        load_loops(tmp_path / 'tunes')


def test_datasets_that_differ_have_other_fingerprints(golden_loops, tmp_path):
    changed = golden_loops.take(np.arange(len(golden_loops)))
    changed.cells['velocity'][0] = 1 - changed.cells['velocity'][0]
    for name, loops in (('a', golden_loops), ('b', golden_loops), ('c', changed)):
        save_loops(loops, tmp_path / name)
    first, same, other = (read_fingerprint(tmp_path / name) for name in 'abc')
    assert first == same != other
    with pytest.raises(UserError, match='none cannot be read'):
        read_fingerprint(tmp_path / 'none')
