"""Compares configs: trains each with several seeds on the same split, and writes the results."""

from collections.abc import Sequence
from pathlib import Path

from melodyvae.config import read_config
from melodyvae.lab.candidates import Candidate
from melodyvae.lab.data import ComparisonFolder, Job, Library, summarize_data
from melodyvae.lab.plots import write_plots
from melodyvae.lab.results import Comparison, Run, summarize
from melodyvae.lab.tables import format_comparison, write_csv, write_text
from melodyvae.lab.workers import run_all, say
from melodyvae.system.errors import UserError


def compare(candidates: Sequence[Candidate], seeds: int, library: Library, out: Path) -> Comparison:
    """Trains every run that is missing in `out`, and writes the results of all.

    Args:
      candidates: at least one.
      seeds: number of runs per candidate, with the seeds from 0.
      library: the loops.
      out: a new folder, or the folder of a comparison on the same library, to continue it.

    Returns:
      The content of `results.json`. `results.csv` has one row per run, `results.md` the tables;
      `plots.write_plots` writes the pictures.

    Raises:
      UserError: if the folder holds something else, a run of the same name had another config, or
        the library is missing or too small.
    """
    folder = ComparisonFolder(out)
    folder.refuse_others(library)
    datasets = {c.name: folder.dataset(c.config, library) for c in candidates}
    data = {c.name: summarize_data(datasets[c.name], c.config) for c in candidates}
    jobs = [
        Job(
            candidate.name,
            candidate.with_seed(seed),
            datasets[candidate.name],
            folder.runs / candidate.run_name(seed),
        )
        for seed in range(seeds)  # all configs before the next seed: early results have them all
        for candidate in candidates
    ]
    runs = _train_missing(jobs, folder)
    found = summarize(candidates, runs, data, library, seeds)
    write_results(found, out)
    return found


def _train_missing(jobs: Sequence[Job], folder: ComparisonFolder) -> list[Run]:
    """Trains the runs that are missing, and returns the runs of all jobs."""
    folder.remove_leftovers()
    found = {job.folder: Run.read(job.folder) for job in jobs if _is_trained(job)}
    missing = [job for job in jobs if job.folder not in found]
    ends = run_all(missing, folder.log, sum(job.config.training.epochs for job in missing))
    for job, error in ends if missing else ():
        seed, reason = job.config.training.seed, f'{error}. Repeat the command to try again.'
        ended = Run.read(job.folder) or Run(name=job.name, seed=seed, failed=reason)
        found[job.folder] = ended
        say(f'{len(found)}/{len(jobs)}  {job.name} seed {seed}: {_describe(ended)}')
    return [run for job in jobs if (run := found[job.folder])]


def _is_trained(job: Job) -> bool:
    """Returns whether a run exists; raises a UserError if it has another config."""
    if not job.folder.exists():
        return False
    if read_config(job.folder / 'config.json') != job.config:
        raise UserError(
            f'{job.folder} is a run of another config or other --epochs. Name a new folder with '
            f'--out, or delete this run.'
        )
    return True


def _describe(run: Run) -> str:
    if run.failed:
        return f'failed: {run.failed}'
    bce = run.yardsticks['onset_bce']
    return f'onset BCE {bce:.2f}, {run.epochs} epochs, {run.seconds:.0f} s'


def write_results(found: Comparison, out: Path) -> None:
    """Writes the results as JSON, CSV, Markdown and pictures."""
    write_text(found.to_json(), out / 'results.json')
    columns = list(dict.fromkeys(name for run in found.runs for name in run.figures))
    write_csv(
        ['config', 'seed', 'failed', *columns],
        (
            [run.name, run.seed, run.failed, *(run.figures.get(name, '') for name in columns)]
            for run in found.runs
        ),
        out / 'results.csv',
    )
    write_text(format_comparison(found), out / 'results.md')
    write_plots(found, out)
