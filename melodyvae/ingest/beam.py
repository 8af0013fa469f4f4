"""Reads a library on Apache Beam: for buckets, and for libraries too large for one machine.

A worker reads one shard at a time: consecutive files of the list. A shard that is read again is
overwritten with the same bytes. The shards, concatenated, are the dataset that
`prepare.prepare_midi` makes of the same files, byte for byte.

On one machine the built-in readers are faster. Only this module and those that it alone imports
need Apache Beam: `beam_runner`, `buckets` and `shards`.
"""

import secrets
import tempfile
from collections.abc import Sequence

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import join_batches
from melodyvae.ingest.beam_runner import run_pipeline
from melodyvae.ingest.buckets import (
    explain,
    fetch,
    is_url,
    list_files,
    new_remote_folder,
    refuse_existing_url,
)
from melodyvae.ingest.file_report import FileReport, sum_reports
from melodyvae.ingest.ingest import explain_no_loops
from melodyvae.ingest.prepare import name_full_disk
from melodyvae.ingest.reader import Reader, make_chunks
from melodyvae.ingest.shards import merge, read_list, remove, write_lists, write_shard
from melodyvae.ingest.sources_csv import write_report_csv
from melodyvae.system.atomic import new_folder, refuse_existing


class ReadShard(beam.DoFn):
    """Reads the files of a shard in a `Reader` process, and writes their loops and reports.

    Args:
      folder: with the lists of the shards; loops and reports are written to it.
      grid: the cells.
    """

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
            chunks = [chunk for chunk, _ in make_chunks(fetch(listed, copies))]
            batch = join_batches([self._reader.read(chunk) for chunk in chunks], self._grid)
        sources = [source for chunk in chunks for source in chunk]
        write_shard(self._folder, number, sources, batch)
        for name, count in sum_reports(batch.reports).items():
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
      grid: the cells.
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
    remote = is_url(output)
    if remote:
        refuse_existing_url(output, overwrite=overwrite)
    else:
        refuse_existing(output, overwrite=overwrite)
    files = list_files(names)
    new = new_remote_folder(output) if remote else new_folder(output, overwrite=overwrite)
    guard = explain(output) if remote else name_full_disk(output)
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
        write_report_csv(reports, temporary)
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
