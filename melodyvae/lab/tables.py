"""The tables of a comparison as Markdown."""

from collections.abc import Callable, Iterable, Sequence

from melodyvae.config.settings import FEATURES, Config
from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab.results import Comparison, Standing

NONE = '-'  # a figure that a config does not have


def _format_weights(config: Config) -> str:
    return ' / '.join(
        str(getattr(config.loss, name)) if name in config.features else NONE for name in FEATURES
    )


def _format_kl_weight(config: Config) -> str:
    training = config.training
    beta, warm_up = f'{training.beta:g}', training.kl_annealing_epochs
    again = f', again every {training.kl_cycle_epochs}' if training.kl_cycle_epochs else ''
    return f'min({beta}, epoch / {warm_up}){again}' if warm_up else beta


def _format_decay(config: Config) -> str:
    training = config.training
    words = {
        'none': 'none',
        'step': f'x{training.decay_factor} every {training.decay_epochs} epochs',
        'plateau': f'x{training.decay_factor} after {training.decay_epochs} epochs on a plateau',
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


# The rows of the comparison document, then what else sets the systems apart.
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
    "encoder's first blocks": lambda c: 'one' if c.model.one_encoder_branch else 'one a feature',
    'own loops with a place on the pad': lambda c: (
        f'up to {c.model.anchors}' if c.model.anchors else 'none'
    ),
    'batch normalisation': lambda c: 'yes' if c.model.normalisation else 'no',
    'variance of initial kernels over Glorot': lambda c: f'{c.model.kernel_scale:g}',
    'timeshifts at the start': lambda c: '0' if c.model.timeshift_from_zero else 'random',
    'duration activation': lambda c: c.model.duration_activation,
    'least steps of an epoch': lambda c: str(c.training.least_steps or 'none'),
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


# The rows of figures, after those of settings. The others are in results.csv.
FIGURES = (
    PLATEAU,
    'gap',
    'onset_bce',
    'velocity_mae',
    'duration_mae',
    'timeshift_mae',
    'kl',
    'device_onset_f1',
    'training_device_onset_f1',
    'library_active_units',
    'library_pad_share',
    'notes_per_tenth',
    'playable_points',
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
Medians over the seeds, lowest and highest in brackets. Held-out loops are of files that no config
trained on, the same for all configs and seeds. Losses are in nats a loop. The negative ELBO counts
no loss weights, beta is 1, and velocity, duration and timeshift errors count where a note starts;
it is taken at the epoch whose weights the run ends with, over the features that all configs on the
same loops have. The other figures are for z = z_mean; F1, distances and playable points for what
the device plays at a threshold that is calibrated for each run. Absolute errors are means over the
notes. Seconds are CPU time of one core in training and validation. Convergence is the
first epoch at which the held-out negative ELBO is as low as the reference's best, the median of its
seeds; "-" where half of the runs never got there. All figures of all runs: results.csv,
results.json."""


def format_comparison(found: Comparison) -> str:
    """Writes the tables in Markdown, with the library and what the figures mean."""
    everyone = found.contenders
    systems = [contender for contender in everyone if not contender.base]
    bases = {contender.base for contender in everyone} - {''}
    parts = [
        '# Comparison',
        _describe_library(found),
        '## Systems',
        format_systems(systems, everyone),
    ]
    if bases:
        varied = [c for c in everyone if c.base or c.name in bases]
        parts += ['## One change at a time', format_changes(varied, everyone)]
    if found.library.performed:
        parts += ['## What came out of the playing that was put in', format_playing(everyone)]
    failed = [run for run in found.runs if run.failed]
    if failed:
        rows = [[run.name, str(run.seed), run.failed] for run in failed]
        parts += ['## Runs that failed', format_table(['config', 'seed', 'what happened'], rows)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def format_systems(systems: Sequence[Standing], everyone: Sequence[Standing]) -> str:
    """Writes the comparison document's table, measured: a row a setting or figure."""
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
            rows.append([METRICS[key].label_with_unit, *figures])
    return format_table(['parameter', *(system.name for system in systems)], rows)


def format_changes(varied: Sequence[Standing], everyone: Sequence[Standing]) -> str:
    """Writes a row a variant: what its change does to the plateau of its system."""
    by_name = {contender.name: contender for contender in everyone}
    names = [
        name
        for name in ('gap', 'onset_bce', 'velocity_mae', 'duration_mae', 'timeshift_mae', 'kl')
        if any(name in contender.figures for contender in varied)
    ]
    rows = [
        [
            contender.name,
            _format_figure(contender, PLATEAU),
            _format_difference(contender, by_name.get(contender.base), PLATEAU),
            _format_reached(contender, everyone, 'reached_epoch'),
            *(_format_figure(contender, name, spread=False) for name in names),
            _format_figure(contender, 'epochs', spread=False),
            _format_figure(contender, 'seconds', spread=False),
        ]
        for contender in varied
    ]
    plateau, reached, *labels = (
        METRICS[key].label_with_unit
        for key in (PLATEAU, 'reached_epoch', *names, 'epochs', 'seconds')
    )
    return format_table(['config', plateau, 'against its system', reached, *labels], rows)


def format_playing(everyone: Sequence[Standing]) -> str:
    """Writes a row a measure of the playing: what the data has and what each config learned."""
    names = list(
        dict.fromkeys(
            name.removeprefix('data_')
            for contender in everyone
            for name in contender.figures
            if name.startswith('data_')
        )
    )
    rows = []
    for name in names:
        cells = [METRICS[name].label_with_unit, _format_first(everyone, f'data_{name}')]
        for contender in everyone:
            pair = (f'learned_{name}', f'generated_{name}')
            cells.append(
                ' / '.join(_format_figure(contender, figure, spread=False) for figure in pair)
            )
        rows.append(cells)
    header = ['held-out loops / generated', 'data', *(c.name for c in everyone)]
    return format_table(header, rows)


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Writes a Markdown table."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(cell.replace("|", "/") for cell in line)} |' for line in lines)


def format_number(value: float | None) -> str:
    """Writes four digits that matter; whole numbers as they are."""
    if value is None:
        return NONE
    return f'{value:,.0f}' if value == int(value) or abs(value) >= 1000 else f'{value:.4g}'


def _describe_library(found: Comparison) -> str:
    words = ', '.join(found.library.midi) or 'the embedded folk tunes'
    if found.library.performed:
        words += ', played by the performance model'
    lines = [f'Library: {words}. Seeds: {found.seeds}.']
    datasets = {c.data.dataset: c.data for c in found.contenders}
    lines += [
        f'{data.loops:,} loops of {data.files:,} files on a grid of {data.grid}; '
        f'{data.held_out_loops:,} loops of {data.held_out_files:,} files held out.'
        for data in datasets.values()
    ]
    return '\n'.join(lines)


def _format_figure(contender: Standing, name: str, *, spread: bool = True) -> str:
    figure = contender.figures.get(name)
    if figure is None:
        return NONE
    median = format_number(figure.median)
    if not spread or figure.low == figure.high:
        return median
    return f'{median} ({format_number(figure.low)} to {format_number(figure.high)})'


def _format_first(everyone: Sequence[Standing], name: str) -> str:
    """A figure that is the same for all who have it."""
    return next(
        (_format_figure(c, name, spread=False) for c in everyone if name in c.figures), NONE
    )


def _format_deviation(contender: Standing) -> str:
    figure = contender.figures.get(PLATEAU)
    return format_number(figure.deviation) if figure and figure.runs > 1 else NONE


def _format_reached(contender: Standing, everyone: Sequence[Standing], name: str) -> str:
    """When the reference's best was reached, and how much sooner or later than by itself."""
    ours = contender.median(name)
    theirs = next(c for c in everyone if c.name == contender.reference).median(name)
    if ours is None:
        return NONE
    if contender.name == contender.reference or not theirs:
        return format_number(ours)
    return f'{format_number(ours)} ({100 * (ours / theirs - 1):+.0f}%)'


def _format_difference(contender: Standing, base: Standing | None, name: str) -> str:
    ours, theirs = contender.median(name), base.median(name) if base else None
    return NONE if ours is None or theirs is None else f'{ours - theirs:+.3g}'
