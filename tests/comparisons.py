"""Results of a comparison that was never made, for tests of what comes after it."""

import dataclasses

from melodyvae.lab.candidates import Candidate, choose_candidates
from melodyvae.lab.data import DataSummary, Library
from melodyvae.lab.results import Comparison, Run, summarize

MELODY = DataSummary(
    dataset='24x32-4-48',
    grid='24 rows x 32 steps',
    files=9,
    loops=40,
    training_loops=33,
    held_out_loops=7,
    held_out_files=2,
)
DRUMS = dataclasses.replace(MELODY, dataset='9x96-12-48-strict', grid='9 rows x 96 steps')


def made_run(name: str, seed: int, onset: list[float], *, shipped: int = 0, **more) -> Run:
    """A run as `job.run_job` leaves it, of constant values but for the onset's curve."""
    ones = [1.0] * len(onset)
    curve = {
        'onset_bce_at_sample': onset,
        'velocity_sse_at_sample': ones,
        'duration_sse_at_sample': ones,
        'kl': ones,
        'timeshift_sse_at_sample': ones,
        'seconds': [2.0 * (epoch + 1) for epoch in range(len(onset))],
    }
    if name.endswith('original:js'):
        del curve['timeshift_sse_at_sample']
    return Run(
        name=name,
        seed=seed,
        epochs=len(onset),
        shipped_epoch=shipped or len(onset),
        steps=3 * len(onset),
        seconds=2.0 * len(onset),
        training_examples=50,
        threshold=0.25,
        yardsticks={
            'onset_bce': min(onset),
            'velocity_mae': 0.5 + seed / 100,
            'duration_mae_beats': 0.25,
        },
        curve=curve,
        **more,
    )


def found(chosen: list[Candidate], runs: list[Run], **data) -> Comparison:
    every = {c.name: data.get(c.name, MELODY) for c in chosen}
    return summarize(chosen, runs, every, Library(), 2)


def made_systems() -> Comparison:
    """Original and Improved, two seeds; one run of the Improved has failed."""
    chosen = choose_candidates(['melodyvae_original', 'melodyvae_improved'])
    runs = [
        made_run('melodyvae_original', 0, [30, 20, 12, 11]),
        made_run('melodyvae_original', 1, [30, 20, 14, 13]),
        made_run('melodyvae_improved', 0, [25, 12, 10, 15], shipped=3),
        Run(name='melodyvae_improved', seed=1, failed='The loss is no number | at step 3.'),
    ]
    return found(chosen, runs)
