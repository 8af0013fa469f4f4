"""A library in parts, for workers that share a file system: lists, loops, reports; and the merge.

A list says what files a shard has. Its loops are two arrays one after the other, which nobody has
to unpickle; its reports are its part of `sources.csv`. Needs Apache Beam, as `ingest.beam` does.
"""

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from apache_beam.io.filesystems import FileSystems

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.buckets import Listed, is_url, open_url
from melodyvae.ingest.file_report import FileReport, median_tempo
from melodyvae.ingest.find import Source
from melodyvae.ingest.sources_csv import ENCODING, ERRORS, SOURCES, read_sources, write_sources
from melodyvae.loops.dataset import LoopsWriter
from melodyvae.loops.loops import Loops
from melodyvae.loops.stored import join_arrays, make_index

FILES_A_SHARD = 512  # a second of work, or ten


def write_lists(files: Sequence[Listed], folder: str) -> int:
    """Writes what files are in each shard, and returns how many shards there are.

    The pipeline holds only numbers: one that holds the names is too large for most runners.
    """
    starts = range(0, len(files), FILES_A_SHARD)
    for number, start in enumerate(starts):
        with open_url(_name(folder, 'list', number), 'w') as file:
            file.write(json.dumps(files[start : start + FILES_A_SHARD]).encode())
    return len(starts)


def read_list(folder: str, number: int) -> list[Listed]:
    """The files of a shard."""
    with open_url(_name(folder, 'list', number)) as file:
        return [Listed(*fields) for fields in json.load(file)]


def write_loops(folder: str, number: int, loops: Loops) -> None:
    """Writes the loops of a shard."""
    with open_url(_name(folder, 'loops', number), 'w') as file:
        np.save(file, make_index(loops))
        np.save(file, loops.cells)


def write_reports(
    folder: str, number: int, sources: Sequence[Source], reports: Sequence[FileReport]
) -> None:
    """Writes the reports of a shard."""
    with (
        open_url(_name(folder, 'reports', number), 'w') as file,
        io.TextIOWrapper(file, ENCODING, ERRORS, newline='') as sources_csv,
    ):
        write_sources(sources_csv, sources, reports)


def merge(count: int, shards: str, grid: GridConfig, folder: Path) -> list[FileReport]:
    """Writes the dataset of all shards, of which it holds one at a time."""
    reports: list[FileReport] = []
    with LoopsWriter(folder, grid) as writer, (folder / SOURCES).open('wb') as sources_csv:
        for number in range(count):
            with open_url(_name(shards, 'reports', number)) as file:
                rows = file.read()
            sources_csv.write(rows)
            lines = io.StringIO(rows.decode(ENCODING, ERRORS), newline='')
            some = [report for _, report in read_sources(lines)]
            with open_url(_name(shards, 'loops', number)) as file:
                index, cells = (np.lib.format.read_array(file) for _ in range(2))
            files = tuple(report.path for report in some if report.kept)
            writer.append(join_arrays(index, cells, files, grid))
            reports += some
        writer.tempo = median_tempo(reports)
    return reports


def remove(folder: str) -> None:
    """Removes what is in a folder of any file system, and the folder where there are such."""
    if not is_url(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    (found,) = FileSystems.match([f'{folder}/*'])
    FileSystems.delete([file.path for file in found.metadata_list])


def _name(folder: str, kind: str, number: int) -> str:
    return f'{folder}/{kind}-{number:06d}'
