"""Loops on disk and in memory."""

import json

import numpy as np
import pytest

from melodyvae.config import GridConfig, preset
from melodyvae.dataset import check_grid, load_loops, save_loops
from melodyvae.errors import UserError
from melodyvae.pattern import dense_pattern


def test_saved_loops_come_back_bit_for_bit(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    loaded = load_loops(tmp_path / 'tunes')
    for name in ('cells', 'offsets', 'file', 'position'):
        assert getattr(loaded, name).tobytes() == getattr(golden_loops, name).tobytes()
    assert (loaded.files, loaded.grid) == (golden_loops.files, golden_loops.grid)
    assert isinstance(loaded.cells, np.memmap)


def test_cells_on_disk_are_sparse(golden_loops, tmp_path):
    save_loops(golden_loops, tmp_path / 'tunes')
    size = sum(path.stat().st_size for path in (tmp_path / 'tunes').glob('*.npy'))
    assert size < len(golden_loops.cells) * 14 + len(golden_loops) * 16 + 1000


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


def test_dense_grids_are_those_of_the_single_patterns(golden_loops):
    which = np.array([5, 0, 5, 17])
    grids = golden_loops.dense(which)
    for place, loop in enumerate(which):
        for name, values in dense_pattern(golden_loops[loop], golden_loops.grid).items():
            np.testing.assert_array_equal(grids[name][place], values)


def test_dense_grids_are_transposed(golden_loops):
    lowest, highest = golden_loops.row_range()
    loop = int(np.flatnonzero(highest < 17)[0])
    plain = golden_loops.dense(np.array([loop]))
    moved = golden_loops.dense(np.array([loop]), np.array([7], np.int8))
    for name, values in plain.items():
        np.testing.assert_array_equal(moved[name][0, 7:], values[0, :-7])
    assert lowest[loop] == golden_loops[loop]['row'].min()


def test_taken_loops_keep_their_names(golden_loops):
    taken = golden_loops.take(np.array([30, 3]))
    assert len(taken) == 2
    assert taken[0].tobytes() == golden_loops[30].tobytes()
    assert taken.files[taken.file[1]] == golden_loops.files[golden_loops.file[3]]
