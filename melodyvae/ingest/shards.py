"""Writes the shards of a library for `ingest.beam`, and merges them.

A shard has a list of its files, its loops as two arrays, and its part of `sources.csv`.
"""

import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from apache_beam.io.filesystems import FileSystems

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import Batch
from melodyvae.ingest.buckets import is_url, open_url
from melodyvae.ingest.file_report import FileReport, describe_files, median_tempo
from melodyvae.ingest.find import Source
from melodyvae.ingest.sources_csv import ENCODING, ERRORS, SOURCES, read_sources, write_sources
from melodyvae.loops.stored import join_arrays, make_index
from melodyvae.loops.writer import LoopsWriter

FILES_PER_SHARD = 512  # 1 to 10 s of work


def write_lists(files: Sequence[Source], folder: str) -> int:
    """Writes the list of files of each shard, and returns the number of shards.

    The pipeline holds only numbers, since names would make it too large for most runners.
    """
    starts = range(0, len(files), FILES_PER_SHARD)
    for number, start in enumerate(starts):
        with open_url(_name(folder, 'list', number), 'w') as file:
            file.write(json.dumps(files[start : start + FILES_PER_SHARD]).encode())
    return len(starts)


def read_list(folder: str, number: int) -> list[Source]:
    """Returns the files of a shard."""
    with open_url(_name(folder, 'list', number)) as file:
        return [Source(*fields) for fields in json.load(file)]


def write_shard(folder: str, number: int, sources: Sequence[Source], batch: Batch) -> None:
    """Writes the loops and reports of a shard."""
    with open_url(_name(folder, 'loops', number), 'w') as file:
        np.save(file, make_index(batch.loops))
        np.save(file, batch.loops.cells)
    with (
        open_url(_name(folder, 'reports', number), 'w') as file,
        io.TextIOWrapper(file, ENCODING, ERRORS, newline='') as sources_csv,
    ):
        write_sources(sources_csv, sources, batch.reports)


def merge(count: int, shards: str, grid: GridConfig, folder: Path) -> list[FileReport]:
    """Writes the dataset of all shards, with one of them in memory at a time."""
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
            writer.append(join_arrays(index, cells, describe_files(some), grid))
            reports += some
        writer.tempo = median_tempo(reports)
    return reports


def remove(folder: str) -> None:
    """Removes a folder on any of Beam's file systems."""
    if not is_url(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    (found,) = FileSystems.match([f'{folder}/*'])
    FileSystems.delete([file.path for file in found.metadata_list])


def _name(folder: str, kind: str, number: int) -> str:
    return f'{folder}/{kind}-{number:06d}'
