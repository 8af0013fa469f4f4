"""Loops on disk."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import GridConfig
from melodyvae.errors import UserError
from melodyvae.loops.dataset import LoopsWriter, check_grid, load_loops, save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE


def entries_of(loops):
    return [
        (name, [(int(loops.position[i]), loops[i]) for i in np.flatnonzero(loops.file == number)])
        for number, name in enumerate(loops.files)
    ]


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def many_loops(loops, count):
    """As many loops, 20 a file, with the velocities that a MIDI file could have."""
    taken = loops.take(np.resize(np.arange(len(loops)), count))
    velocity = np.random.default_rng(0).integers(1, 128, len(taken.cells))
    taken.cells['velocity'] = velocity.astype(np.float32) / 127
    number, position = np.divmod(np.arange(count, dtype=np.int32), 20)
    files = tuple(f'folder/tune {i}.mid' for i in range(number[-1] + 1))
    return dataclasses.replace(taken, file=number, position=position, files=files)


def test_saved_loops_come_back_bit_for_bit(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    loaded = load_loops(tmp_path / 'tunes')
    for name in ('offsets', 'file', 'position'):
        assert getattr(loaded, name).tobytes() == getattr(golden_loops, name).tobytes()
    for name in ('row', 'step', 'duration', 'timeshift'):
        assert loaded.cells[name].tobytes() == golden_loops.cells[name].tobytes()
        assert loaded.cells[:][name].tobytes() == golden_loops.cells[name].tobytes()
    # The device's own velocities were written down with seven digits.
    np.testing.assert_allclose(loaded.cells['velocity'], golden_loops.cells['velocity'], rtol=2e-7)
    assert (loaded.files, loaded.grid) == (golden_loops.files, golden_loops.grid)


def test_a_folder_may_be_text(golden_loops, tmp_path):
    folder = str(tmp_path / 'tunes')
    save_loops(golden_loops[:2], folder)
    with LoopsWriter(folder, golden_loops.grid) as writer:
        writer.add('one more', [(0, golden_loops[2])])
    assert len(load_loops(folder)) == 3
    with pytest.raises(UserError, match=r'tunes2 is not a dataset'):
        load_loops(f'{folder}2')


def test_every_midi_velocity_comes_back_bit_for_bit(tmp_path):
    pattern = np.zeros(128, NOTE)
    pattern['row'], pattern['step'] = np.divmod(np.arange(128), 32)
    pattern['velocity'] = np.arange(128).astype(np.float32) / 127
    save_loops(Loops.from_files([('a', [(0, pattern)])], GridConfig()), tmp_path / 'tunes')
    assert load_loops(tmp_path / 'tunes')[0].tobytes() == pattern.tobytes()


def test_a_folder_that_was_written_piece_by_piece_has_the_same_bytes(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'at once')
    (tmp_path / 'pieces').mkdir()
    entries = entries_of(golden_loops)
    with LoopsWriter(tmp_path / 'pieces', golden_loops.grid) as writer:
        for name, loops in entries[:3]:
            writer.add(name, loops)
    with LoopsWriter(tmp_path / 'pieces', golden_loops.grid) as writer:
        assert writer.files == [name for name, _ in entries[:3]]
        for name, loops in entries[3:]:
            writer.add(name, loops)
            writer.flush()
    assert contents(tmp_path / 'pieces') == contents(tmp_path / 'at once')


def test_what_was_flushed_outlives_a_killed_writer(golden_loops, tmp_path):
    entries = entries_of(golden_loops)[:2]
    working, killed = tmp_path / 'working', tmp_path / 'killed'
    working.mkdir()
    with LoopsWriter(working, golden_loops.grid) as writer:
        assert len(load_loops(working)) == 0
        writer.add(*entries[0])
        writer.flush()
        writer.add(*entries[1])
        shutil.copytree(working, killed)
    for name in ('cells.npy', 'loops.npy'):
        with (killed / name).open('ab') as file:
            file.write(b'half a record')
    assert load_loops(killed).files == (entries[0][0],)
    with LoopsWriter(killed, golden_loops.grid) as writer:
        assert writer.files == [entries[0][0]]
        writer.add(*entries[1])
    assert contents(killed) == contents(working)
    assert len(load_loops(working)) == len(entries[0][1]) + len(entries[1][1])


def test_a_writer_goes_on_on_the_same_grid_only(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    before = contents(tmp_path / 'tunes')
    with pytest.raises(UserError, match=r'grid\.rows=24, and the config has 9'):
        LoopsWriter(tmp_path / 'tunes', preset('rhythmvae').grid)
    assert contents(tmp_path / 'tunes') == before


def test_cells_on_disk_are_sparse(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    size = sum(path.stat().st_size for path in (tmp_path / 'tunes').glob('*.npy'))
    assert size <= len(golden_loops.cells) * 11 + len(golden_loops) * 16 + 2 * 192  # of headers


def test_a_large_library_is_small_on_disk_and_gives_the_same_loops(golden_loops, tmp_path):
    loops = many_loops(golden_loops, 50_000)
    save_loops(loops, tmp_path / 'large')
    size = sum(path.stat().st_size for path in (tmp_path / 'large').iterdir())
    assert size < 250 * len(loops)
    loaded = load_loops(tmp_path / 'large')
    assert len(loaded) == 50_000 and len(loaded.files) == 2500
    some = np.random.default_rng(1).integers(len(loops), size=64)
    for name, grids in loops.dense(some).items():
        np.testing.assert_array_equal(loaded.dense(some)[name], grids)
    for found, expected in zip(loaded.row_range(), loops.row_range(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_existing_dataset_is_not_overwritten(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    before = (tmp_path / 'tunes' / 'cells.npy').read_bytes()
    with pytest.raises(UserError, match='exists already'):
        save_loops(golden_loops.take(np.arange(2)), tmp_path / 'tunes')
    assert (tmp_path / 'tunes' / 'cells.npy').read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ['tunes']


def test_another_grid_is_refused_by_name(golden_loops, tmp_path):
    with pytest.raises(UserError, match=r'grid\.rows=24, and the config has 9'):
        check_grid(golden_loops, preset('rhythmvae').grid, tmp_path)
    check_grid(golden_loops, GridConfig(), tmp_path)


@pytest.mark.parametrize(
    'damage',
    [
        lambda folder: (folder / 'cells.npy').unlink(),
        lambda folder: (folder / 'cells.npy').write_bytes(b'\x93NUMPY'),
        lambda folder: (folder / 'dataset.json').write_text('{'),
        lambda folder: (folder / 'dataset.json').write_text('[]'),
        lambda folder: np.save(folder / 'loops.npy', np.zeros(3)),
        lambda folder: np.save(folder / 'cells.npy', np.zeros(3)),
    ],
)
def test_damaged_dataset_is_one_sentence(golden_loops, tmp_path, damage):
    save_loops(golden_loops, tmp_path / 'tunes')
    damage(tmp_path / 'tunes')
    with pytest.raises(UserError, match='tunes'):
        load_loops(tmp_path / 'tunes')


def test_another_version_says_so(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    header = json.loads((tmp_path / 'tunes' / 'dataset.json').read_text())
    (tmp_path / 'tunes' / 'dataset.json').write_text(json.dumps(header | {'version': 99}))
    with pytest.raises(UserError, match='version 99'):
        load_loops(tmp_path / 'tunes')
