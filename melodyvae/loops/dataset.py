"""Datasets: the loops of a library on disk.

A dataset folder has `dataset.json` (version, grid, counts, checksums), two NumPy arrays, and the
names of the files, `files.jsonl`. Opening it checks them once, which takes a second per few million
loops, and maps them, so that memory hardly grows with the library.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops import stored
from melodyvae.loops.loops import Loops
from melodyvae.loops.remote import download, is_url, locate_copy, read_remote_header
from melodyvae.loops.writer import LoopsWriter
from melodyvae.system.atomic import new_folder
from melodyvae.system.checked_json import read_checked
from melodyvae.system.errors import UserError

CELL_SETTINGS = (
    'rows',
    'steps',
    'steps_per_quarter',
    'lowest_pitch',
    'octaves',
    'voices',
    'bars',
    'rows_from_pitch_0',
    'drum_map',
)
CHUNK_BYTES = 2**20  # checked at a time


def save_loops(loops: Loops, folder: str | Path) -> None:
    """Writes a dataset folder atomically.

    Raises:
      UserError: if the folder exists.
    """
    with new_folder(Path(folder)) as temporary:
        write_loops(loops, temporary)


def write_loops(loops: Loops, folder: str | Path) -> None:
    """Writes a dataset into an existing folder without one."""
    with LoopsWriter(folder, loops.grid) as writer:
        writer.append(loops)
        writer.tempo = loops.tempo


def load_loops(folder: str | Path) -> Loops:
    """Opens what `save_loops` wrote; the cells stay on disk until they are used.

    Args:
      folder: a dataset; or its URL, such as `s3://bucket/loops`, which is copied to the cache
        folder of the user first, unless its copy is there already.

    Raises:
      UserError: if the folder is not a dataset, is damaged or is of another version, or the URL
        cannot be read.
    """
    if not is_url(folder):
        return _open_folder(Path(folder), str(folder))
    url = str(folder)
    header = read_remote_header(url)
    copy = locate_copy(header)
    if not copy.exists():
        with new_folder(copy) as temporary:
            download(url, header, temporary)
            _open_folder(temporary, url)  # a damaged dataset leaves no copy
    return _open_folder(copy, f'{copy}, the copy of {url},')


def _open_folder(folder: Path, name: str) -> Loops:
    """Opens a dataset on disk, which messages call `name`."""
    try:
        header = _read_header(folder)
        grid = GridConfig.from_dict(header['grid'])
        index = _map_array(folder, 'loops', stored.LOOP, header)
        cells = _map_array(folder, 'cells', stored.CELL, header)
        end = 0
        for some in _read_array(folder, 'loops', stored.LOOP, header):
            end = stored.check_index(some, header, end)
        if end != header['cells']:
            raise ValueError('its arrays do not belong together')
        for some in _read_array(folder, 'cells', stored.CELL, header):
            stored.check_cells(some, grid)
        files = _read_names(folder / stored.NAMES, header)
        return stored.join_arrays(index, stored.StoredCells(cells), header | {'files': files}, grid)
    except FileNotFoundError as error:
        raise UserError(
            f'{name} is not a dataset: it has no {Path(error.filename).name}. '
            f'Make one with melodyvae_prepare.'
        ) from error
    except UserError:
        raise
    except Exception as error:  # a damaged header makes NumPy raise anything
        raise UserError(
            f'{name} cannot be read as a dataset: {error}. Prepare it again.'
        ) from error


def locate_dataset(name: str, run_dir: Path) -> Path | str:
    """Returns the dataset that a run's config names: a URL, or a folder, maybe within the run."""
    return name if is_url(name) else run_dir / name


def read_fingerprint(folder: str | Path) -> str:
    """Returns the checksum of everything in a dataset.

    Raises:
      UserError: if `folder` is not a dataset.
    """
    if is_url(folder):
        return read_remote_header(str(folder))['checksum']
    try:
        return _read_header(Path(folder))['checksum']
    except (OSError, ValueError) as error:
        raise UserError(f'{folder} cannot be read as a dataset: {error}.') from error


def _read_header(folder: Path) -> dict[str, Any]:
    header = read_checked(folder / 'dataset.json')
    if header['version'] not in stored.READABLE:
        raise UserError(
            f'{folder} is a dataset of version {header["version"]}, but this program needs version '
            f'{stored.VERSION}: prepare it again.'
        )
    return header


def _map_array(folder: Path, name: str, dtype: np.dtype, header: dict[str, Any]) -> np.ndarray:
    """Maps an array on disk, without what a killed writer may have left after it."""
    values = np.load(folder / f'{name}.npy', mmap_mode='r')
    if values.dtype != dtype or values.ndim != 1 or len(values) < header[name]:
        raise ValueError(f'{name}.npy is damaged or not of a dataset')
    return np.asarray(values[: header[name]])


def _read_array(
    folder: Path, name: str, dtype: np.dtype, header: dict[str, Any]
) -> Iterator[np.ndarray]:
    """Reads an array on disk part by part, since a mapped one would fill the memory."""
    path, checksum = folder / f'{name}.npy', header[f'{name}_checksum']
    size, start = dtype.itemsize, len(stored.make_header(0, dtype))
    part = CHUNK_BYTES // size * size
    for data in _read_pieces(path, start, header[name] * size, part, checksum):
        yield np.frombuffer(data, dtype)


def _read_pieces(path: Path, start: int, count: int, piece: int, checksum: str) -> Iterator[bytes]:
    """Reads `count` bytes of a file; at the end, raises a ValueError if the checksum is wrong."""
    found = hashlib.sha256()
    with path.open('rb') as file:
        file.seek(start)
        for done in range(0, count, piece):
            data = file.read(min(piece, count - done))
            found.update(data)
            yield data
    if found.hexdigest() != checksum:
        raise ValueError(f'the checksum of {path.name} is wrong')


def _read_names(path: Path, header: dict[str, Any]) -> Sequence[str]:
    """Returns the names of the files, mapped; of a dataset of version 4, those of its header."""
    if not isinstance(header['files'], int):
        return tuple(header['files'])
    size, start = header['names'], 0
    ends = [np.zeros(0, np.int64)]
    for data in _read_pieces(path, 0, size, CHUNK_BYTES, header['names_checksum']):
        ends.append(start + stored.find_lines(data))
        start += len(data)
    lines = np.memmap(path, np.uint8, 'r', shape=(size,)) if size else np.zeros(0, np.uint8)
    return stored.FileNames(lines, np.concatenate(ends))


def check_grid(loops: Loops, grid: GridConfig, folder: str | Path) -> None:
    """Refuses loops that were cut for another grid.

    Settings that only select files and loops, such as `minimum_onsets`, may differ.

    Raises:
      UserError: names the first setting that differs.
    """
    theirs, ours = loops.grid.to_dict(), grid.to_dict()
    for name in CELL_SETTINGS:
        if theirs[name] != ours[name]:
            raise UserError(
                f'{folder} was prepared with grid.{name}={theirs[name]}, and the config has '
                f'{ours[name]}: prepare it again with this config.'
            )
