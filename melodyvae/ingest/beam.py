"""Reads a library on Apache Beam: for buckets, and for libraries too large for one machine.

A worker reads one shard at a time: consecutive files of the list. A shard has a list of its files,
its loops as two arrays, and its part of `sources.csv`. If it is read again, it is overwritten with
the same bytes. The shards, concatenated, are the dataset that `prepare.prepare_midi` makes of the
same files, byte for byte.

On one machine the built-in readers are faster. Only this module, `beam_runner` and `buckets` need
Apache Beam.
"""

import io
import json
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import apache_beam as beam
import numpy as np
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics, MetricsFilter

from melodyvae.config.settings import GridConfig
from melodyvae.ingest import buckets, file_report
from melodyvae.ingest.batch import Batch, join_batches
from melodyvae.ingest.beam_runner import run_pipeline
from melodyvae.ingest.file_report import SOURCES, FileReport
from melodyvae.ingest.find import Source
from melodyvae.ingest.ingest import explain_no_loops
from melodyvae.ingest.prepare import name_full_disk
from melodyvae.ingest.reader import Reader, make_chunks
from melodyvae.loops.stored import join_arrays, make_index
from melodyvae.loops.writer import LoopsWriter
from melodyvae.system.atomic import new_folder, refuse_existing

FILES_PER_SHARD = 512  # 1 to 10 s of work


class ReadShard(beam.DoFn):
    """Reads the files of shards in a `Reader` process, and writes their loops and reports."""

    def __init__(self, folder: str, grid: GridConfig):
        self._folder = folder
        self._grid = grid

    def setup(self) -> None:
        self._reader = Reader(self._grid)

    def teardown(self) -> None:
        self._reader.end()

    def process(self, number: int) -> None:
        listed = read_list(self._folder, number)
        with tempfile.TemporaryDirectory() as copies:
            chunks = [chunk for chunk, _ in make_chunks(buckets.fetch(listed, copies))]
            batch = join_batches([self._reader.read(chunk) for chunk in chunks], self._grid)
        sources = [source for chunk in chunks for source in chunk]
        write_shard(self._folder, number, sources, batch)
        for name, count in file_report.sum_reports(batch.reports).items():
            Metrics.counter('melodyvae', name).inc(count)


def prepare_on_beam(
    names: Sequence[str],
    grid: GridConfig,
    output: str,
    runner: str,
    options: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> tuple[list[FileReport], dict[str, int]]:
    """Writes the loops of a library as a dataset, like `prepare.prepare_midi`.

    Args:
      names: files and folders; or buckets and patterns.
      output: folder or URL of the dataset; all workers must be able to write to it.
      runner: 'direct', or the name of another runner of Beam.
      options: Beam's pipeline options, as on a command line.
      overwrite: replace an existing dataset.

    Returns:
      The report, and Beam's counters.

    Raises:
      UserError: if there is nothing to read or no loop to keep, the output exists or cannot be
        written, the runner or an option is unknown, or Beam fails.
    """
    remote = buckets.is_url(output)
    if remote:
        buckets.refuse_existing_url(output, overwrite=overwrite)
    else:
        refuse_existing(output, overwrite=overwrite)
    files = buckets.list_files(names)
    new = buckets.new_remote_folder(output) if remote else new_folder(output, overwrite=overwrite)
    guard = buckets.explain(output) if remote else name_full_disk(output)
    with guard, new as temporary:
        place = f'{output}.{secrets.token_hex(8)}' if remote else temporary
        shards = f'{place}/shards'
        try:
            count = write_lists(files, shards)
            counters = _read_shards(count, shards, grid, runner, options)
            reports = merge(count, shards, grid, temporary)
        finally:
            remove(shards)
        if not any(report.kept for report in reports):
            raise explain_no_loops(names, reports, grid)
        file_report.write_report_csv(reports, temporary)
    return reports, counters


def _read_shards(
    count: int, folder: str, grid: GridConfig, runner: str, options: Sequence[str]
) -> dict[str, int]:
    """Reads and writes all shards, and returns the counters."""

    def build(pipeline: beam.Pipeline) -> None:
        numbers = pipeline | 'number' >> beam.Create(range(count)) | 'spread' >> beam.Reshuffle()
        numbers | 'read' >> beam.ParDo(ReadShard(folder, grid))

    result = run_pipeline(build, runner, options)
    found = result.metrics().query(MetricsFilter().with_namespace('melodyvae'))
    return {counter.key.metric.name: counter.result for counter in found['counters']}


def write_lists(files: Sequence[Source], folder: str) -> int:
    """Writes the list of files of each shard, and returns the number of shards.

    The pipeline holds only numbers, since names would make it too large for most runners.
    """
    starts = range(0, len(files), FILES_PER_SHARD)
    for number, start in enumerate(starts):
        with buckets.open_url(_name(folder, 'list', number), 'w') as file:
            file.write(json.dumps(files[start : start + FILES_PER_SHARD]).encode())
    return len(starts)


def read_list(folder: str, number: int) -> list[Source]:
    """Returns the files of a shard."""
    with buckets.open_url(_name(folder, 'list', number)) as file:
        return [Source(*fields) for fields in json.load(file)]


def write_shard(folder: str, number: int, sources: Sequence[Source], batch: Batch) -> None:
    """Writes the loops and reports of a shard."""
    with buckets.open_url(_name(folder, 'loops', number), 'w') as file:
        np.save(file, make_index(batch.loops))
        np.save(file, batch.loops.cells)
    with (
        buckets.open_url(_name(folder, 'reports', number), 'w') as file,
        io.TextIOWrapper(file, file_report.ENCODING, file_report.ERRORS, newline='') as sources_csv,
    ):
        file_report.write_sources(sources_csv, sources, batch.reports)


def merge(count: int, shards: str, grid: GridConfig, folder: Path) -> list[FileReport]:
    """Writes the dataset of all shards, with one of them in memory at a time."""
    reports: list[FileReport] = []
    with (
        LoopsWriter(folder, grid) as writer,
        (folder / SOURCES).open('wb') as sources_csv,
    ):
        for number in range(count):
            with buckets.open_url(_name(shards, 'reports', number)) as file:
                rows = file.read()
            sources_csv.write(rows)
            lines = io.StringIO(rows.decode(file_report.ENCODING, file_report.ERRORS), newline='')
            some = [report for _, report in file_report.read_sources(lines)]
            with buckets.open_url(_name(shards, 'loops', number)) as file:
                index, cells = (np.lib.format.read_array(file) for _ in range(2))
            writer.append(join_arrays(index, cells, file_report.describe_files(some), grid))
            reports += some
        writer.tempo = file_report.median_tempo(reports)
    return reports


def remove(folder: str) -> None:
    """Removes a folder on any of Beam's file systems."""
    if not buckets.is_url(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    (found,) = FileSystems.match([f'{folder}/*'])
    FileSystems.delete([file.path for file in found.metadata_list])


def _name(folder: str, kind: str, number: int) -> str:
    return f'{folder}/{kind}-{number:06d}'
