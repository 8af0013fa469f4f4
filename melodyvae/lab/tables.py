"""The tables of comparisons and searches, as Markdown and CSV."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from melodyvae.config.settings import FEATURES, Config
from melodyvae.evaluation.metrics import METRICS, find_metric
from melodyvae.lab.results import Comparison, Summary
from melodyvae.system.atomic import new_file
from melodyvae.training.schedules import DECAY, DECAY_EPOCHS

NONE = '-'  # a figure that a config does not have


def _format_weights(config: Config) -> str:
    return ' / '.join(
        str(getattr(config.loss, name)) if name in config.features else NONE for name in FEATURES
    )


def _format_kl_weight(config: Config) -> str:
    training = config.training
    beta, warm_up = f'{training.beta:g}', training.kl_annealing_epochs
    return f'min({beta}, epoch / {warm_up})' if warm_up else beta


def _format_decay(config: Config) -> str:
    training = config.training
    words = {
        'none': 'none',
        'step': f'x{DECAY} every {DECAY_EPOCHS} epochs',
        'plateau': f'x{DECAY} after {DECAY_EPOCHS} epochs on a plateau',
        'cosine': 'half a cosine wave',
    }
    return words[training.decay]


def _format_dropout(config: Config) -> str:
    if not config.model.dropout:
        return 'none'
    where = '' if config.model.decoder_dropout else ', encoder only'
    return f'{config.model.dropout}{where}'


def _format_first_blocks(config: Config) -> str:
    model = config.model
    blocks = f'{model.decoder_depth} x ' if model.decoder_depth > 1 else ''
    spread = f', spread {model.z_spread:g}' if model.z_spread else ''
    return f'{blocks}{model.decoder_hidden}{spread}'


def _format_patience(config: Config) -> str:
    epochs = config.training.early_stopping_patience
    return f'patience {epochs}' if epochs else 'none'


def _format_transpositions(config: Config) -> str:
    shifts = config.data.transpositions
    if len(shifts) > 2 and shifts == tuple(range(shifts[0], shifts[-1] + 1)):
        return f'{shifts[0]} to {shifts[-1]}'
    return ', '.join(map(str, shifts)) or 'none'


# The rows of the comparison document, then other settings in which systems differ.
SETTINGS: dict[str, Callable[[Config], str]] = {
    'batch size / validation batch': lambda c: (
        f'{c.training.batch_size} / {c.training.validation_batch_size}'
    ),
    'features': lambda c: str(len(c.features)),
    'epochs': lambda c: str(c.training.epochs),
    'learning rate': lambda c: str(c.training.learning_rate),
    'learning rate decay': _format_decay,
    'KL weight': _format_kl_weight,
    'dropout': _format_dropout,
    'early stopping': _format_patience,
    'onset / velocity / duration / timeshift loss weight': _format_weights,
    "decoder's first blocks": _format_first_blocks,
    "encoder's first blocks": lambda c: 'one' if c.model.one_encoder_branch else 'one per feature',
    'own loops with a place on the pad': lambda c: (
        f'up to {c.model.anchors}' if c.model.anchors else 'none'
    ),
    'batch normalization': lambda c: 'yes' if c.model.normalization else 'no',
    'variance of initial kernels over Glorot': lambda c: f'{c.model.kernel_scale:g}',
    'timeshifts at the start': lambda c: '0' if c.model.timeshift_from_zero else 'random',
    'duration activation': lambda c: c.model.duration_activation,
    'minimum steps per epoch': lambda c: str(c.training.least_steps or 'none'),
    'weights of': lambda c: 'the best epoch' if c.training.keep_best else 'the last epoch',
    'recombined loops': lambda c: f'{c.data.recombination:.0%}' if c.data.recombination else 'none',
    'transpositions': _format_transpositions,
    'pitch balance': lambda c: (
        f'{c.training.pitch_balance:g} logits' if c.training.pitch_balance else 'none'
    ),
    'errors are squared': lambda c: (
        f'up to {c.loss.huber_delta:g}' if c.loss.huber_delta else 'always'
    ),
    'squared errors count': lambda c: 'at onsets' if c.loss.only_at_onsets else 'everywhere',
}


PLATEAU = 'shared_negative_elbo'
REACHED = ('reached_epoch', 'reached_seconds')


# The rows of figures, after those of settings. All figures are in results.csv.
FIGURES = (
    PLATEAU,
    'gap',
    'onset_bce',
    'velocity_mae',
    'duration_mae_beats',
    'timeshift_mae_ms',
    'kl',
    'device_onset_f1',
    'training_device_onset_f1',
    'active_units',
    'pad_share',
    'notes_per_tenth',
    'usable_points',
    'bits',
    'real_bits',
    'bits_without_nearest',
    'real_bits_without_nearest',
    'judge_auc',
    'real_judge_auc',
    'octave_leaps',
    'repeated_notes',
    'commonest_pitch',
    'distinct_pitches',
    'exact_copies',
    'bar_copies',
    'near_copies',
    'distinct_outputs',
    'visited_loops',
    'pitch_class_distance',
    'drum_class_distance',
    'note_length_distance',
    'inter_onset_interval_distance',
    'velocity_distance',
    'threshold',
    'epochs',
    'steps',
    'seconds',
)


LEGEND = """\
Medians over the seeds, minimum and maximum in brackets. Held-out loops are of files that no config
was trained on, the same for all configs and seeds. Losses are in nats per loop. The negative ELBO
has no loss weights, beta is 1, and velocity, duration and timeshift errors count at onsets; it is
taken at the epoch whose weights the run keeps, over the features that all configs on the same loops
have. The other figures are for z = z_mean; F1, distances and usable points are of what the device
plays, at a threshold that is calibrated for each run. Absolute errors are means over notes. Seconds
are CPU time of one core in training and validation. Convergence is the first epoch at which the
held-out negative ELBO reaches the best value of the reference, the median of its seeds; "-" if half
of the runs never reach it. All figures of all runs: results.csv, results.json."""


def format_comparison(found: Comparison) -> str:
    """Formats the tables as Markdown, with the library and an explanation of the figures."""
    everyone = found.candidates
    systems = [candidate for candidate in everyone if not candidate.base]
    bases = {candidate.base for candidate in everyone} - {''}
    parts = [
        '# Comparison',
        _describe_library(found),
        '## Systems',
        format_systems(systems, everyone),
    ]
    if bases:
        varied = [c for c in everyone if c.base or c.name in bases]
        parts += ['## One change at a time', format_changes(varied, everyone)]
    failed = [run for run in found.runs if run.failed]
    if failed:
        rows = [[run.name, str(run.seed), run.failed] for run in failed]
        parts += ['## Runs that failed', format_table(['config', 'seed', 'what happened'], rows)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def format_systems(systems: Sequence[Summary], everyone: Sequence[Summary]) -> str:
    """Formats the table of systems: one row per setting and figure."""
    configs = [Config.from_dict(system.config) for system in systems]
    rows = [[label, *map(setting, configs)] for label, setting in SETTINGS.items()]
    rows.append(['convergence: reference', *(system.reference for system in systems)])
    for key in REACHED:
        reached = (_format_reached(system, everyone, key) for system in systems)
        rows.append([METRICS[key].label, *reached])
    rows.append(['consistency: standard deviation over seeds', *map(_format_deviation, systems)])
    for key in FIGURES:
        if any(key in system.figures for system in systems):
            figures = (_format_figure(system, key) for system in systems)
            rows.append([find_metric(key).label_with_unit, *figures])
    return format_table(['parameter', *(system.name for system in systems)], rows)


def format_changes(varied: Sequence[Summary], everyone: Sequence[Summary]) -> str:
    """Formats one row per variant: how its change affects the plateau of its system."""
    by_name = {candidate.name: candidate for candidate in everyone}
    names = [
        name
        for name in (
            'gap',
            'onset_bce',
            'velocity_mae',
            'duration_mae_beats',
            'timeshift_mae_ms',
            'kl',
        )
        if any(name in candidate.figures for candidate in varied)
    ]
    rows = [
        [
            candidate.name,
            _format_figure(candidate, PLATEAU),
            _format_difference(candidate, by_name.get(candidate.base), PLATEAU),
            _format_reached(candidate, everyone, 'reached_epoch'),
            *(_format_figure(candidate, name, spread=False) for name in names),
            _format_figure(candidate, 'epochs', spread=False),
            _format_figure(candidate, 'seconds', spread=False),
        ]
        for candidate in varied
    ]
    plateau, reached, *labels = (
        METRICS[key].label_with_unit
        for key in (PLATEAU, 'reached_epoch', *names, 'epochs', 'seconds')
    )
    return format_table(['config', plateau, 'against its system', reached, *labels], rows)


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Formats a Markdown table."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(cell.replace("|", "/") for cell in line)} |' for line in lines)


def write_text(text: str, path: Path) -> None:
    """Writes a file, replacing an older one."""
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(text, encoding='utf-8')


def write_csv(header: Sequence[str], rows: Iterable[Sequence], path: Path) -> None:
    """Writes a CSV file, replacing an older one."""
    with new_file(path, overwrite=True) as temporary, temporary.open('w', newline='') as file:
        csv.writer(file).writerows([header, *rows])


def format_number(value: float | None) -> str:
    """Formats a number with four significant digits; whole numbers as they are."""
    if value is None:
        return NONE
    return f'{value:,.0f}' if value == int(value) or abs(value) >= 1000 else f'{value:.4g}'


def _describe_library(found: Comparison) -> str:
    words = ', '.join(found.library.midi) or 'the embedded folk tunes'
    lines = [f'Library: {words}. Seeds: {found.seeds}.']
    datasets = {c.data.dataset: c.data for c in found.candidates}
    lines += [
        f'{data.loops:,} loops of {data.files:,} files on a grid of {data.grid}; '
        f'{data.held_out_loops:,} loops of {data.held_out_files:,} files held out.'
        for data in datasets.values()
    ]
    return '\n'.join(lines)


def _format_figure(candidate: Summary, name: str, *, spread: bool = True) -> str:
    figure = candidate.figures.get(name)
    if figure is None:
        return NONE
    median = format_number(figure.median)
    if not spread or figure.low == figure.high:
        return median
    return f'{median} ({format_number(figure.low)} to {format_number(figure.high)})'


def _format_deviation(candidate: Summary) -> str:
    figure = candidate.figures.get(PLATEAU)
    return format_number(figure.deviation) if figure and figure.runs > 1 else NONE


def _format_reached(candidate: Summary, everyone: Sequence[Summary], name: str) -> str:
    """Formats when the reference's best was reached, and the difference from the reference."""
    ours = candidate.median(name)
    theirs = next(c for c in everyone if c.name == candidate.reference).median(name)
    if ours is None:
        return NONE
    if candidate.name == candidate.reference or not theirs:
        return format_number(ours)
    return f'{format_number(ours)} ({100 * (ours / theirs - 1):+.0f}%)'


def _format_difference(candidate: Summary, base: Summary | None, name: str) -> str:
    ours, theirs = candidate.median(name), base.median(name) if base else None
    return NONE if ours is None or theirs is None else f'{ours - theirs:+.3g}'
