"""How good a model is, on loops that it was not trained on.

`reconstruction.reconstruction` says how well loops come back; `resemblance.resemblance` says what
the model's own patterns look like beside the data. Their docstrings define every number.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from melodyvae.errors import UserError
from melodyvae.generate import Player, play, z_random
from melodyvae.loops import Loops
from melodyvae.model import MelodyVAE
from melodyvae.reconstruction import reconstruction
from melodyvae.resemblance import resemblance
from melodyvae.run import RunFolder
from melodyvae.split import Examples, chosen_loops, split

MOST_GENERATED = 1000
MOST_TRAINING, MOST_HELD_OUT = 200_000, 20_000  # examples
WIDTH = 24  # of the first column of a table


def evaluate(
    model: MelodyVAE,
    loops: Loops,
    *,
    seed: int = 0,
    threshold: float | None = None,
    training_loops: Loops | None = None,
) -> dict[str, Any]:
    """All that is measured of a model.

    Args:
      model: trained.
      loops: held out, at least one, cut for the model's grid.
      seed: of the sampled z and of what is generated.
      threshold: least onset probability of a note; the device's start value if not given.
      training_loops: what the model was trained on, transposed copies included. Without them
        nothing is said of copies.

    Returns:
      As plain JSON values: `loops`, `notes`, `seed` and `threshold`; the entries of
      `reconstruction.reconstruction`; and as `generated` those of `resemblance.resemblance`, of as
      many generated patterns as there are loops, at most 1000.
    """
    if threshold is None:
        threshold = model.config.device.threshold_min
    player = Player(model.config, model.decoder, model.encoder, threshold)
    generated = generated_loops(player, min(len(loops), MOST_GENERATED), seed=seed)
    return {
        'loops': len(loops),
        'notes': int(loops.offsets[-1]),
        'seed': seed,
        'threshold': threshold,
        **reconstruction(player, loops, seed=seed),
        'generated': resemblance(generated, loops, model.config.features, training_loops),
    }


def generated_loops(player: Player, count: int, *, seed: int) -> Loops:
    """`count` patterns from z ~ N(0, I), with the notes that the device would play."""
    z = z_random(count, latent=player.config.model.latent, seed=seed)
    patterns = enumerate(play(player, z))
    return Loops.from_files([('generated', list(patterns))], player.config.grid)


def measured_sides(loops: Loops, training: Examples, held_out: Examples) -> tuple[Loops, Loops]:
    """Both sides of a split, as loops of their own.

    Of more than 200,000 training and 20,000 held-out examples, as many, evenly chosen: memory stays
    bounded, and no figure changes by what could be seen.
    """
    return (
        chosen_loops(loops, training.at_most(MOST_TRAINING)),
        chosen_loops(loops, held_out.at_most(MOST_HELD_OUT)),
    )


def loops_to_measure(run: RunFolder, midi: Sequence[Path]) -> tuple[Loops, Loops | None, list[str]]:
    """What a run is measured with.

    Args:
      run: trained.
      midi: held-out files and folders; empty for the loops that the run itself held out.

    Returns:
      The held-out loops; the training loops, transposed copies included, or None where the run's
      dataset is gone and not needed (both as `measured_sides` gives them); a sentence for each
      thing that was left out.

    Raises:
      UserError: if no held-out loop is found.
    """
    config = run.config
    remarks: list[str] = []
    try:
        loops = run.loops()
        training, held_out = measured_sides(loops, *split(loops, config))
    except UserError as error:
        if not midi:
            raise
        remarks.append(f'{error} Nothing is said of copies of training loops.')
        training = None
    if midi:
        from melodyvae.ingest import ingest

        held_out, reports = ingest(list(midi), config.grid)
        remarks += [f'{report.path}: {report.reason}' for report in reports if report.reason]
    return held_out, training, remarks


def table(metrics: Mapping[str, Any]) -> str:
    """What `evaluate` returned, but for the histograms, as lines to read."""
    generated = metrics['generated']
    lines = [
        f'{metrics["loops"]:,} loops, {metrics["notes"]:,} notes; threshold '
        f'{metrics["threshold"]:.3g}',
        '',
        f'{"average a loop":{WIDTH}}{"z mean":>11}{"z sampled":>11}',
        *(_row(name, metrics[name], value) for name, value in metrics['sampled'].items()),
        '',
        f'{"onsets":{WIDTH}}{"precision":>11}{"recall":>11}{"F1":>11}',
    ]
    for title, name in (('probability over 0.5', 'onset'), ('as played', 'device_onset')):
        scores = [metrics[f'{name}_{score}'] for score in ('precision', 'recall', 'f1')]
        lines.append(_row(title, *scores))
    errors = ('velocity_mae', 'duration_mae_beats', 'timeshift_mae_ms')
    lines += ['', 'mean absolute error at true onsets']
    lines += [_row(name, metrics[name]) for name in errors if name in metrics]
    lines += ['', 'latent space']
    lines += [_row(name, metrics[name]) for name in ('active_units', 'pad_share')]
    lines += [
        '',
        f'{generated["patterns"]:,} generated patterns, {generated["empty"]:.1%} of them empty',
        f'{"means":{WIDTH}}{"generated":>11}{"data":>11}{"overlap":>11}',
    ]
    for name, feature in generated.items():
        if isinstance(feature, dict) and 'overlap' in feature:
            means = (feature.get('mean'), feature.get('data_mean'))
            lines.append(_row(name, *means, feature['overlap']))
    if 'nearest_training_loop' in generated:
        nearest = generated['nearest_training_loop']
        lines.append('nearest training loop')
        for name in ('mean_distance', 'copies'):
            lines.append(_row(f'  {name}', nearest[name], nearest[f'data_{name}']))
    return '\n'.join(lines)


def _row(title: str, *values: float | None) -> str:
    shown = (' ' * 11 if value is None else f'{value:11.4g}' for value in values)
    return f'{title:{WIDTH}}{"".join(shown)}'.rstrip()
