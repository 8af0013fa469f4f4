"""A library read on Apache Beam, for those that lie in buckets, or keep one machine too long.

The files are listed and numbered, and every so many of them in a row are a shard, which is what a
worker reads at a time: so shards are in order, what is in one does not depend on who reads it, and
a shard that is read again is written over with the same bytes. Merged one after another they are,
byte for byte, the dataset that `prepare.prepare_midi` makes of the same files.

On one machine the built-in readers are faster. Apache Beam is needed by this module and those that
it alone imports: `beam_runner`, `buckets` and `shards`.
"""

import secrets
import tempfile
from collections.abc import Iterator, Sequence

import apache_beam as beam
from apache_beam.metrics import Metrics, MetricsFilter
from apache_beam.pvalue import TaggedOutput

from melodyvae.config.settings import GridConfig
from melodyvae.ingest.batch import join_batches
from melodyvae.ingest.beam_runner import run_pipeline
from melodyvae.ingest.buckets import (
    explain,
    fetch,
    is_url,
    list_files,
    new_distant_folder,
    refuse_existing_url,
)
from melodyvae.ingest.file_report import FileReport, sum_reports
from melodyvae.ingest.find import Source
from melodyvae.ingest.ingest import explain_no_loops
from melodyvae.ingest.prepare import name_full_disk
from melodyvae.ingest.reader import Reader, make_chunks
from melodyvae.ingest.shards import (
    merge,
    read_list,
    remove,
    write_lists,
    write_loops,
    write_reports,
)
from melodyvae.ingest.sources_csv import write_report_csv
from melodyvae.loops.loops import Loops
from melodyvae.system.atomic import new_folder, refuse_existing

REPORTS = 'reports'  # the tag of the output that has them


class ReadShard(beam.DoFn):
    """Reads the files of a shard, given its number, in a process of its own.

    That is the `Reader` of the built-in program: a file that ends it is reported as unreadable and
    costs no other. Yields
    the number of the shard and its loops, and as the output `REPORTS` the number, the sources and
    their reports.

    Args:
      folder: of the shards' lists.
      grid: the cells.
    """

    def __init__(self, folder: str, grid: GridConfig):
        self._folder = folder
        self._grid = grid

    def setup(self) -> None:
        self._reader = Reader(self._grid)

    def teardown(self) -> None:
        self._reader.end()

    def process(self, number: int) -> Iterator:
        listed = read_list(self._folder, number)
        with tempfile.TemporaryDirectory() as copies:
            chunks = [chunk for chunk, _ in make_chunks(fetch(listed, copies))]
            batch = join_batches([self._reader.read(chunk) for chunk in chunks], self._grid)
        for name, count in sum_reports(batch.reports).items():
            Metrics.counter('melodyvae', name).inc(count)
        yield number, batch.loops
        sources = [source for chunk in chunks for source in chunk]
        yield TaggedOutput(REPORTS, (number, sources, batch.reports))


class WriteLoops(beam.DoFn):
    """Writes the loops of each shard: two arrays, one after the other, without pickling."""

    def __init__(self, folder: str):
        self._folder = folder

    def process(self, shard: tuple[int, Loops]) -> None:
        write_loops(self._folder, *shard)


class WriteReports(beam.DoFn):
    """Writes the reports of each shard as its part of `sources.csv`."""

    def __init__(self, folder: str):
        self._folder = folder

    def process(self, reports: tuple[int, list[Source], list[FileReport]]) -> None:
        write_reports(self._folder, *reports)


def prepare_on_beam(
    names: Sequence[str],
    grid: GridConfig,
    output: str,
    runner: str,
    options: Sequence[str] = (),
    *,
    overwrite: bool = False,
) -> tuple[list[FileReport], dict[str, int]]:
    """Writes the loops of a library as a dataset, the same as `prepare.prepare_midi`.

    Args:
      names: files and folders; or buckets and patterns.
      grid: the cells.
      output: folder of the dataset, which all workers must be able to write to; or a URL, where
        what comes last is `dataset.json`.
      runner: 'direct', or the name of another of Beam's.
      options: Beam's pipeline options, as on a command line.
      overwrite: replace what is there.

    Returns:
      The report, and Beam's counters of the same.

    Raises:
      UserError: if there is nothing to read, no loop to keep, the output exists or cannot be
        written, there is no such runner or option, or Beam fails.
    """
    distant = is_url(output)
    if distant:
        refuse_existing_url(output, overwrite=overwrite)
    else:
        refuse_existing(output, overwrite=overwrite)
    files = list_files(names)
    new = new_distant_folder(output) if distant else new_folder(output, overwrite=overwrite)
    guard = explain(output) if distant else name_full_disk(output)
    with guard, new as temporary:
        place = f'{output}.{secrets.token_hex(8)}' if distant else temporary
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
    """Reads and writes all shards; returns the counters."""

    def build(pipeline: beam.Pipeline) -> None:
        read = (
            pipeline
            | 'number' >> beam.Create(range(count))
            | 'spread' >> beam.Reshuffle()
            | 'read' >> beam.ParDo(ReadShard(folder, grid)).with_outputs(REPORTS, main='loops')
        )
        read.loops | 'write loops' >> beam.ParDo(WriteLoops(folder))
        read[REPORTS] | 'write reports' >> beam.ParDo(WriteReports(folder))

    result = run_pipeline(build, runner, options)
    found = result.metrics().query(MetricsFilter().with_namespace('melodyvae'))
    return {counter.key.metric.name: counter.result for counter in found['counters']}
