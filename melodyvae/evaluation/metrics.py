"""Names every figure that is measured of a model or its training, once.

A key means the same everywhere: in `metrics.csv`, `evaluation.json`, `results.json` and
`results.csv` of a comparison, and in every table and picture. `METRICS` holds all of them.

Naming rules:
- `..._loss`, `loss` and `objective` count as the model's config counts, with one z per loop drawn
  from q(z|x); `..._at_mean` is for z = z_mean. They do not compare configs.
- `..._bce`, `..._sse` and `negative_elbo` count the same for every config: no weights, beta 1,
  errors of velocity, duration and timeshift at onsets only. `..._at_sample` and `negative_elbo` are
  for z drawn from q(z|x), `onset_bce` is for z = z_mean.
- `device_...` counts the notes that the device plays, at a threshold and by its own rule.
- `real_...` is the figure of the rest of the name, of held-out loops; see `find_metric`.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator
from typing import Literal

from melodyvae.config.settings import FEATURES

SHARE, MIDI_VELOCITY = '%', 'of 127'  # of values in [0, 1] that people read otherwise
REAL = 'real_'
NONE = '\N{EN DASH}'  # a figure without a value
ELBO_TERMS = {  # by feature: its term of the negative ELBO of a loop
    'onset': 'onset_bce_at_sample',
    **{name: f'{name}_sse_at_sample' for name in FEATURES[1:]},
}


@dataclasses.dataclass(frozen=True, slots=True)
class Metric:
    """A figure: its name, its definition, and which way is better.

    Attributes:
      key: its name in JSON, CSV and logs.
      label: its name for people, as written within a sentence.
      definition: for people, as the end of a sentence.
      unit: of the value as people read it; '' for a plain number. The values of `SHARE` and
        `MIDI_VELOCITY` are in [0, 1].
      better: '' if neither is better, or only together with another figure.
    """

    key: str
    label: str
    definition: str
    unit: str = ''
    better: Literal['', 'lower', 'higher'] = ''

    @property
    def title(self) -> str:
        """The label with a capital letter."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def label_with_unit(self) -> str:
        """The label, with the unit of the stored value."""
        plain = self.unit in ('', SHARE, MIDI_VELOCITY)
        return self.label if plain else f'{self.label} ({self.unit})'

    @property
    def meaning(self) -> str:
        """The definition, and which way is better."""
        return f'{self.definition}; {self.better} is better' if self.better else self.definition


def find_metric(key: str) -> Metric:
    """Returns the metric of a key of `METRICS`, with or without `REAL`; a KeyError for others."""
    if key in METRICS or not key.startswith(REAL):
        return METRICS[key]
    metric = METRICS[key.removeprefix(REAL)]
    return dataclasses.replace(
        metric,
        key=key,
        label=f'{metric.label}, real loops',
        definition=f'of held-out loops: {metric.definition}',
        better='',
    )


def _name_losses() -> Iterator[Metric]:
    """Names what training minimizes, and its parts, as the config counts them."""
    yield Metric(
        'loss',
        'loss',
        "training loss: the features' losses by their weights, and KL by the annealed beta",
        better='lower',
    )
    yield Metric('objective', 'loss at beta 1', 'the loss with the full KL', better='lower')
    yield Metric(
        'onset_loss', 'onset loss', 'binary cross entropy, summed over the grid', 'nats', 'lower'
    )
    for name in FEATURES[1:]:
        yield Metric(
            f'{name}_loss',
            f'{name} loss',
            "errors as the model's config counts them, summed over the cells that it counts",
            better='lower',
        )
    # D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, appendix B.
    yield Metric('kl', 'KL divergence', 'of q(z|x) from the prior N(0, I)', 'nats')
    yield Metric('beta', 'beta', 'weight of the KL divergence')
    yield Metric('learning_rate', 'learning rate', 'of the optimizer, at the end of the epoch')
    for name in ('objective', *(f'{name}_loss' for name in FEATURES[1:])):
        label = 'loss at beta 1' if name == 'objective' else name.replace('_', ' ')
        yield Metric(
            f'{name}_at_mean', f'{label}, z_mean', 'the same for z = z_mean', better='lower'
        )


def _name_elbo() -> Iterator[Metric]:
    """Names what compares configs: no setting changes how these are counted."""
    yield Metric(
        'onset_bce',
        'onset BCE',
        'binary cross entropy for z = z_mean, summed over the grid',
        'nats',
        'lower',
    )
    for key, name, unit in (
        ('velocity_mae', 'velocity', MIDI_VELOCITY),
        ('duration_mae_beats', 'duration', 'beats'),
        ('timeshift_mae_ms', 'timeshift', 'ms'),
    ):
        at_tempo = ' (at 120 bpm)' if unit == 'ms' else ''
        yield Metric(
            key,
            f'{name} MAE',
            f'mean absolute error at the onsets of the loops, for z = z_mean{at_tempo}',
            unit,
            'lower',
        )
    yield Metric(
        ELBO_TERMS['onset'],
        'onset BCE, z drawn',
        'binary cross entropy for z drawn from q(z|x), summed over the grid',
        'nats',
        'lower',
    )
    for name in FEATURES[1:]:
        yield Metric(
            ELBO_TERMS[name],
            f'{name} SSE, z drawn',
            'squared error at the onsets of a loop, summed, for z drawn from q(z|x)',
            better='lower',
        )
    yield Metric(
        'negative_elbo',
        'negative ELBO',
        'onset BCE, squared errors at onsets and KL, unweighted, for z drawn from q(z|x)',
        'nats',
        'lower',
    )
    yield Metric(
        'gap',
        'overfitting: gap in negative ELBO',
        'negative ELBO of held-out loops minus that of training loops',
        'nats',
        'lower',
    )
    yield Metric(
        'shared_negative_elbo',
        'plateau: held-out negative ELBO',
        'negative ELBO over the features that all configs on the same loops have, at the epoch '
        'whose weights the run keeps',
        'nats',
        'lower',
    )


def _name_onsets() -> Iterator[Metric]:
    """Names how well notes are reconstructed, for z = z_mean."""
    yield Metric(
        'device_onset_recall',
        'note recall, as played',
        'share of the notes of the loops that the device plays again at this threshold',
        SHARE,
        'higher',
    )
    yield Metric(
        'device_onset_precision',
        'note precision, as played',
        'share of the notes that the device plays that are in the loop',
        SHARE,
        'higher',
    )
    yield Metric(
        'device_onset_f1',
        'onset F1, as played',
        'harmonic mean of the two; a monophonic device plays at most one note per step',
        SHARE,
        'higher',
    )
    yield Metric(
        'training_device_onset_f1',
        'onset F1 of training loops, as played',
        'the same for loops that the model was trained on',
        SHARE,
        'higher',
    )
    yield Metric(
        'onset_recall',
        'note recall at 0.5',
        'share of the notes of the loops with an onset probability over 0.5',
        SHARE,
        'higher',
    )
    yield Metric(
        'onset_precision',
        'note precision at 0.5',
        'share of the cells with an onset probability over 0.5 that hold a note',
        SHARE,
        'higher',
    )
    yield Metric('onset_f1', 'onset F1 at 0.5', 'harmonic mean of the two', SHARE, 'higher')


def _name_latent_space() -> Iterator[Metric]:
    # Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", 2016.
    yield Metric(
        'active_units',
        'active dimensions',
        'dimensions of the latent space in which z_mean varies by more than 0.01',
    )
    yield Metric(
        'pad_share',
        'loops on the pad',
        "loops whose z_mean is on the device's pad, which device.pad sets",
        SHARE,
        'higher',
    )
    yield Metric(
        'notes_per_tenth',
        'notes changed per 0.1 of z',
        'mean number of notes that are played at only one of two points of the pad, 0.1 apart',
    )
    yield Metric(
        'usable_points',
        'usable points of the pad',
        'share of 9 x 9 points of the pad that play 4 notes to one note per step',
        SHARE,
        'higher',
    )


def _name_patterns() -> Iterator[Metric]:
    """Names what patterns look like; `histograms.count_features` counts the first eight.

    L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing and
    Applications 32, 2020, https://doi.org/10.1007/s00521-018-3849-7, has the first seven.
    """
    yield Metric('pitch_count', 'different pitches', 'or drum classes, per pattern')
    yield Metric('pitch_range', 'pitch range', 'in semitones, per pattern')
    yield Metric('note_count', 'notes', 'per pattern')
    yield Metric('inter_onset_interval', 'time between onsets', 'in steps')
    yield Metric('pitch_class', 'pitch classes', 'C to B')
    yield Metric('drum_class', 'drum classes', 'kick to rim')
    yield Metric('note_length', 'note length', 'in beats, as played')
    yield Metric('velocity', 'velocity', 'from 0 to 127')
    yield Metric('empty', 'silent patterns', 'without a note', SHARE, 'lower')
    for name, label in (
        ('pitch_class', 'pitch-class'),
        ('drum_class', 'drum-class'),
        ('note_length', 'note-length'),
        ('inter_onset_interval', 'inter-onset'),
        ('velocity', 'velocity'),
    ):
        yield Metric(
            f'{name}_distance',
            f'{label} distance',
            '1 minus the overlap of the histograms of generated patterns and held-out loops',
            better='lower',
        )


def _name_naturalness() -> Iterator[Metric]:
    """Names how patterns sound, see `naturalness`; values of real folk tunes are in brackets."""
    yield Metric(
        'bits',
        'surprise per note',
        'bits of its interval and onset (for drums, of all hits of a step) under a Markov model '
        'of order 4 of the training loops: best if close to real loops, not a minimum [4.0]',
        'bits',
    )
    yield Metric(
        'bits_without_nearest',
        'surprise per note, nearest tunes left out',
        'the same under a model without the ten tunes that are most like the loop [4.5]',
        'bits',
    )
    yield Metric(
        'judge_auc',
        'judge AUC',
        'area under the ROC curve of a small network that tells real loops from these; 0.5 if it '
        'cannot [0.53]',
        better='lower',
    )
    yield Metric('octave_leaps', 'octave leaps', 'intervals of an octave or more [2%]', SHARE)
    yield Metric('repeated_notes', 'repeated notes', 'intervals of 0 [7%]', SHARE)
    yield Metric(
        'commonest_pitch',
        'most common pitch',
        'share of the notes of a loop that have its most common pitch [27%]',
        SHARE,
    )
    yield Metric('distinct_pitches', 'distinct pitches', 'per loop [7.8]')
    yield Metric(
        'exact_copies',
        'duplicates',
        'loops with the onsets of a training loop; melodies may be transposed [0%]',
        SHARE,
    )
    yield Metric(
        'bar_copies',
        'duplicate bars',
        'halves of loops, with 4 notes or more, that are half of a training loop; melodies may be '
        'transposed [17%]',
        SHARE,
    )
    yield Metric(
        'near_copies',
        'near duplicates',
        'loops that share 70% of their figures of four notes with one training file; such '
        'held-out loops do not count as real [0%]',
        SHARE,
    )
    yield Metric('distinct_outputs', 'distinct loops', 'share of all that were drawn [100%]', SHARE)
    yield Metric(
        'visited_loops',
        'training loops visited',
        'training loops half of whose figures of four notes are played somewhere',
        SHARE,
    )


def _name_runs() -> Iterator[Metric]:
    """Names what a run took."""
    yield Metric('threshold', 'calibrated threshold', 'minimum onset probability of a note')
    yield Metric('epochs', 'epochs', 'number of epochs trained')
    yield Metric('shipped_epoch', 'kept epoch', 'whose weights the run keeps, from 1')
    yield Metric('steps', 'steps', 'of the optimizer')
    yield Metric('seconds', 'CPU seconds of training', 'of one core, validation included')
    yield Metric('training_examples', 'training examples', 'loops and their transposed copies')
    first = 'when the held-out negative ELBO first reached the best value of the reference'
    yield Metric(
        'reached_epoch', 'convergence: epochs to its best', f'{first}, in epochs', better='lower'
    )
    yield Metric(
        'reached_seconds',
        'convergence: CPU seconds to its best',
        f'{first}, in CPU seconds',
        better='lower',
    )


def _index(*groups: Iterable[Metric]) -> dict[str, Metric]:
    every = [metric for group in groups for metric in group]
    found = {metric.key: metric for metric in every}
    assert len(found) == len(every), 'two figures have one key'
    return found


METRICS = _index(
    _name_losses(),
    _name_elbo(),
    _name_onsets(),
    _name_latent_space(),
    _name_patterns(),
    _name_naturalness(),
    _name_runs(),
)


def format_figure(value: float | None, unit: str = '') -> str:
    """Formats a figure with its unit, to three or four digits; a dash for None."""
    if value is None or not math.isfinite(value):
        return NONE
    if unit == SHARE:
        return f'{value:.1%}'
    if unit == MIDI_VELOCITY:
        value *= 127
    digits = f'{value:,.0f}' if abs(value) >= 1000 else f'{value:.3g}'
    # Losses have their unit in their name, the others in their figure.
    return digits if unit in ('', 'nats') else f'{digits} {unit}'
