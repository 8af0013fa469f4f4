"""Several configs, each with several seeds, on the same split: what is different, as figures."""

import csv
import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from melodyvae.config import read_config
from melodyvae.lab.contenders import Contender
from melodyvae.lab.data import ComparisonFolder, Job, Library, summarise_data
from melodyvae.lab.plots import write_plots
from melodyvae.lab.results import Comparison, Run, summarise
from melodyvae.lab.tables import format_comparison
from melodyvae.lab.workers import run_all
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError


def compare(contenders: Sequence[Contender], seeds: int, library: Library, out: Path) -> Comparison:
    """Makes every run that is missing in `out`, and writes what all come to.

    Args:
      contenders: at least one.
      seeds: runs of each, with the seeds from 0.
      library: what they are trained on and held out from.
      out: a new folder, or one of a comparison on the same library that is to be gone on with.

    Returns:
      What `results.json` holds too; `results.csv` has a line a run, `results.md` the tables, and
      `plots.write_plots` says which pictures there are.

    Raises:
      UserError: if the folder holds something else, a run of the same name had another config, or
        a library is missing or too small.
    """
    folder = ComparisonFolder(out)
    folder.refuse_others(library)
    datasets = {c.name: folder.dataset(c.config, library) for c in contenders}
    data = {c.name: summarise_data(datasets[c.name], c.config) for c in contenders}
    jobs = [
        Job(
            contender.name,
            contender.with_seed(seed),
            datasets[contender.name],
            library.performed,
            folder.runs / contender.run_name(seed),
        )
        for seed in range(seeds)  # all configs before the next seed: an early look has them all
        for contender in contenders
    ]
    runs = _collect_runs(jobs, folder)
    found = summarise(contenders, runs, data, library, seeds)
    write_results(found, out)
    return found


def _collect_runs(jobs: Sequence[Job], folder: ComparisonFolder) -> list[Run]:
    """Makes the runs that are missing; gives those of all jobs."""
    for leftover in folder.runs.glob('.*'):  # of a comparison that was killed
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:  # a lock
            leftover.unlink()
    missing = [job for job in jobs if not _is_made(job)]
    errors = _run_missing(missing, len(jobs), folder) if missing else {}
    runs = []
    for job in jobs:
        reason = f'{errors.get(job.folder)}. Give the same command to try again.'
        failed = Run(name=job.name, seed=job.config.training.seed, failed=reason)
        runs.append(Run.read(job.folder) or failed)
    return runs


def _is_made(job: Job) -> bool:
    """Whether a run has been made; a UserError if it was made with another config."""
    if not job.folder.exists():
        return False
    if read_config(job.folder / 'config.json') != job.config:
        raise UserError(
            f'{job.folder} is a run of another config or other --epochs: name a new folder with '
            f'--out, or delete that one.'
        )
    return True


def _run_missing(jobs: Sequence[Job], total: int, folder: ComparisonFolder) -> dict[Path, str]:
    """Makes runs; returns what went wrong, by their folder."""
    errors: dict[Path, str] = {}
    planned = [job.config.training.epochs for job in jobs]
    done = [0] * len(jobs)
    runs = total - len(jobs)
    with (
        tqdm(total=sum(planned), unit='epoch', disable=not sys.stderr.isatty()) as bar,
        closing(run_all(jobs, folder.log)) as progresses,
    ):
        bar.set_description(f'{runs}/{total} runs')
        for progress in progresses:
            job = jobs[progress.job]
            # A run that ends early has the rest of its epochs behind it.
            now = planned[progress.job] if progress.ended else progress.epochs
            bar.update(now - done[progress.job])
            done[progress.job] = now
            if not progress.ended:
                continue
            runs += 1
            bar.set_description(f'{runs}/{total} runs')
            if progress.error:
                errors[job.folder] = progress.error
            tqdm.write(_describe(job, progress.error, f'{runs}/{total}'), file=sys.stderr)
    return errors


def _describe(job: Job, error: str, count: str) -> str:
    """Says what a run has come to, in a line."""
    run = Run.read(job.folder)
    if run and not run.failed:
        words = (
            f'onset BCE {run.yardsticks["onset_bce"]:.2f}, {run.epochs} epochs, {run.seconds:.0f} s'
        )
    else:
        words = f'failed: {run.failed if run else error}'
    return f'{count}  {job.name} seed {job.config.training.seed}: {words}'


def write_results(found: Comparison, out: Path) -> None:
    """Writes the results in all their forms."""
    with new_file(out / 'results.json', overwrite=True) as temporary:
        temporary.write_text(found.to_json())
    columns = list(dict.fromkeys(name for run in found.runs for name in run.figures))
    with (
        new_file(out / 'results.csv', overwrite=True) as temporary,
        temporary.open('w', newline='') as file,
    ):
        writer = csv.writer(file)
        writer.writerow(['config', 'seed', 'failed', *columns])
        for run in found.runs:
            values = [run.figures.get(name, '') for name in columns]
            writer.writerow([run.name, run.seed, run.failed, *values])
    with new_file(out / 'results.md', overwrite=True) as temporary:
        temporary.write_text(format_comparison(found), encoding='utf-8')
    write_plots(found, out)
