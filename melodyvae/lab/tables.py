"""The tables of a comparison as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from melodyvae.config.settings import FEATURES, Config

NONE = '-'  # a figure that a config does not have


def _weights(config: Config) -> str:
    return ' / '.join(
        str(getattr(config.loss, name)) if name in config.features else NONE for name in FEATURES
    )


def _kl_weight(config: Config) -> str:
    training = config.training
    beta, warm_up = f'{training.beta:g}', training.kl_annealing_epochs
    again = f', again every {training.kl_cycle_epochs}' if training.kl_cycle_epochs else ''
    return f'min({beta}, epoch / {warm_up}){again}' if warm_up else beta


def _decay(config: Config) -> str:
    training = config.training
    words = {
        'none': 'none',
        'step': f'x{training.decay_factor} every {training.decay_epochs} epochs',
        'plateau': f'x{training.decay_factor} after {training.decay_epochs} epochs on a plateau',
        'cosine': 'half a cosine wave',
    }
    return words[training.decay]


def _dropout(config: Config) -> str:
    if not config.model.dropout:
        return 'none'
    where = '' if config.model.decoder_dropout else ', encoder only'
    return f'{config.model.dropout}{where}'


def _first_blocks(config: Config) -> str:
    model = config.model
    blocks = f'{model.decoder_depth} x ' if model.decoder_depth > 1 else ''
    spread = f', spread {model.z_spread:g}' if model.z_spread else ''
    return f'{blocks}{model.decoder_hidden}{spread}'


def _patience(config: Config) -> str:
    epochs = config.training.early_stopping_patience
    return f'patience {epochs}' if epochs else 'none'


def _transpositions(config: Config) -> str:
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
    'learning rate decay': _decay,
    'KL weight': _kl_weight,
    'dropout': _dropout,
    'early stopping': _patience,
    'onset / velocity / duration / timeshift loss weight': _weights,
    "decoder's first blocks": _first_blocks,
    "encoder's first blocks": lambda c: 'one' if c.model.one_encoder_branch else 'one a feature',
    'batch normalisation': lambda c: 'yes' if c.model.normalisation else 'no',
    'variance of initial kernels over Glorot': lambda c: f'{c.model.kernel_scale:g}',
    'timeshifts at the start': lambda c: '0' if c.model.timeshift_from_zero else 'random',
    'duration activation': lambda c: c.model.duration_activation,
    'least steps of an epoch': lambda c: str(c.training.least_steps or 'none'),
    'weights of': lambda c: 'the best epoch' if c.training.keep_best else 'the last epoch',
    'recombined loops': lambda c: f'{c.data.recombination:.0%}' if c.data.recombination else 'none',
    'transpositions': _transpositions,
    'pitch balance': lambda c: (
        f'{c.training.pitch_balance:g} logits' if c.training.pitch_balance else 'none'
    ),
    'errors are squared': lambda c: (
        f'up to {c.loss.huber_delta:g}' if c.loss.huber_delta else 'always'
    ),
    'squared errors count': lambda c: 'at onsets' if c.loss.only_at_onsets else 'everywhere',
}


# How a figure is called in a table. Those that are not named here are in results.csv.
FIGURES = {
    'held_out': 'plateau: held-out negative ELBO',
    'gap': 'overfitting: held-out less training',
    'onset_bce': 'onset BCE',
    'velocity_mae': 'velocity MAE',
    'duration_mae': 'duration MAE (half notes)',
    'timeshift_mae': 'timeshift MAE (half steps)',
    'kl': 'KL',
    'onset_f1': 'onset F1',
    'training_onset_f1': 'onset F1, training loops',
    'active_units': 'active units',
    'pad_share': 'share of loops on the pad',
    'notes_per_tenth': 'notes that change per 0.1 of z',
    'playable_points': 'playable points of 25',
    'pitch_class_distance': 'pitch-class distance',
    'note_length_distance': 'note-length distance',
    'inter_onset_interval_distance': 'inter-onset distance',
    'velocity_distance': 'velocity distance',
    'threshold': 'calibrated threshold',
    'epochs': 'epochs until the end',
    'steps': 'steps',
    'seconds': 'CPU seconds of training',
}


REACHED = {
    'convergence: epochs to its best': 'reached_epoch',
    'convergence: CPU seconds to its best': 'reached_seconds',
}


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


def markdown(found: Mapping[str, Any]) -> str:
    """The tables of `compare_results.results`, with the library and what the figures mean."""
    everyone = found['contenders']
    systems = [contender for contender in everyone if not contender['base']]
    bases = {contender['base'] for contender in everyone} - {''}
    parts = ['# Comparison', _library(found), '## Systems', systems_table(systems, everyone)]
    if bases:
        varied = [c for c in everyone if c['base'] or c['name'] in bases]
        parts += ['## One change at a time', changes_table(varied, everyone)]
    if found['library']['performed']:
        parts += ['## What came out of the playing that was put in', playing_table(everyone)]
    failed = [run for run in found['runs'] if run['failed']]
    if failed:
        rows = [[run['name'], str(run['seed']), run['failed']] for run in failed]
        parts += ['## Runs that failed', table(['config', 'seed', 'what happened'], rows)]
    return '\n\n'.join([*parts, LEGEND]) + '\n'


def systems_table(
    systems: Sequence[Mapping[str, Any]], everyone: Sequence[Mapping[str, Any]]
) -> str:
    """A row a setting or figure, a column a system: the comparison document's table, measured."""
    configs = [Config.from_dict(system['config']) for system in systems]
    rows = [[label, *map(setting, configs)] for label, setting in SETTINGS.items()]
    rows.append(['convergence: reference', *(system['reference'] for system in systems)])
    for label, name in REACHED.items():
        rows.append([label, *(_reached(system, everyone, name) for system in systems)])
    rows.append(['consistency: standard deviation over seeds', *map(_deviation, systems)])
    for name, label in FIGURES.items():
        if any(name in system['figures'] for system in systems):
            rows.append([label, *(_figure(system, name) for system in systems)])
    return table(['parameter', *(system['name'] for system in systems)], rows)


def changes_table(
    varied: Sequence[Mapping[str, Any]], everyone: Sequence[Mapping[str, Any]]
) -> str:
    """A row a config: each variant with what its change does to the plateau of its system."""
    by_name = {contender['name']: contender for contender in everyone}
    names = [
        name
        for name in ('gap', 'onset_bce', 'velocity_mae', 'duration_mae', 'timeshift_mae', 'kl')
        if any(name in contender['figures'] for contender in varied)
    ]
    rows = [
        [
            contender['name'],
            _figure(contender, 'held_out'),
            _difference(contender, by_name.get(contender['base']), 'held_out'),
            _reached(contender, everyone, 'reached_epoch'),
            *(_figure(contender, name, spread=False) for name in names),
            _figure(contender, 'epochs', spread=False),
            _figure(contender, 'seconds', spread=False),
        ]
        for contender in varied
    ]
    header = ['config', 'held-out negative ELBO', 'against its system', 'convergence, epochs']
    labels = [FIGURES[name] for name in (*names, 'epochs', 'seconds')]
    return table([*header, *labels], rows)


def playing_table(everyone: Sequence[Mapping[str, Any]]) -> str:
    """A row a measure of the playing, columns what the data has and what each config learned."""
    names = list(
        dict.fromkeys(
            name.removeprefix('data_')
            for contender in everyone
            for name in contender['figures']
            if name.startswith('data_')
        )
    )
    rows = []
    for name in names:
        cells = [name.replace('_', ' '), _first(everyone, f'data_{name}')]
        for contender in everyone:
            pair = (f'learned_{name}', f'generated_{name}')
            cells.append(' / '.join(_figure(contender, figure, spread=False) for figure in pair))
        rows.append(cells)
    header = ['held-out loops / generated', 'data', *(c['name'] for c in everyone)]
    return table(header, rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ['---'] * len(header), *rows]
    return '\n'.join(f'| {" | ".join(cell.replace("|", "/") for cell in line)} |' for line in lines)


def number(value: float | None) -> str:
    """Four digits that matter; whole numbers as they are."""
    if value is None:
        return NONE
    return f'{value:,.0f}' if value == int(value) or abs(value) >= 1000 else f'{value:.4g}'


def _library(found: Mapping[str, Any]) -> str:
    library = found['library']
    words = ', '.join(library['midi']) or 'the embedded folk tunes'
    if library['performed']:
        words += ', played by the performance model'
    lines = [f'Library: {words}. Seeds: {found["seeds"]}.']
    datasets = {c['data']['dataset']: c['data'] for c in found['contenders']}
    lines += [
        f'{data["loops"]:,} loops of {data["files"]:,} files on a grid of {data["grid"]}; '
        f'{data["held_out_loops"]:,} loops of {data["held_out_files"]:,} files held out.'
        for data in datasets.values()
    ]
    return '\n'.join(lines)


def _figure(contender: Mapping[str, Any], name: str, *, spread: bool = True) -> str:
    figure = contender['figures'].get(name)
    if figure is None:
        return NONE
    median = number(figure['median'])
    if not spread or figure['low'] == figure['high']:
        return median
    return f'{median} ({number(figure["low"])} to {number(figure["high"])})'


def _first(everyone: Sequence[Mapping[str, Any]], name: str) -> str:
    """A figure that is the same for all who have it."""
    return next((_figure(c, name, spread=False) for c in everyone if name in c['figures']), NONE)


def _deviation(contender: Mapping[str, Any]) -> str:
    figure = contender['figures'].get('held_out')
    return number(figure['deviation']) if figure and figure['runs'] > 1 else NONE


def _median(contender: Mapping[str, Any] | None, name: str) -> float | None:
    figure = contender['figures'].get(name) if contender else None
    return figure['median'] if figure else None


def _reached(contender: Mapping[str, Any], everyone: Sequence[Mapping[str, Any]], name: str) -> str:
    """When the reference's best was reached, and how much sooner or later than by itself."""
    ours = _median(contender, name)
    theirs = _median(next(c for c in everyone if c['name'] == contender['reference']), name)
    if ours is None:
        return NONE
    if contender['name'] == contender['reference'] or not theirs:
        return number(ours)
    return f'{number(ours)} ({100 * (ours / theirs - 1):+.0f}%)'


def _difference(contender: Mapping[str, Any], base: Mapping[str, Any] | None, name: str) -> str:
    ours, theirs = _median(contender, name), _median(base, name)
    return NONE if ours is None or theirs is None else f'{ours - theirs:+.3g}'
