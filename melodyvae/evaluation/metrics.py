"""Every figure that is measured of a model or its training, named once.

A key means the same wherever it stands: in `metrics.csv`, `evaluation.json`, `results.json` and
`results.csv` of a comparison, and in every table and picture. `METRICS` has them all.

Four rules of naming:
- `..._loss`, `loss` and `objective` are counted as a model's config counts, with one z a loop drawn
  from q(z|x): two configs cannot be compared by them. `..._at_mean` is the same for z = z_mean.
- `..._bce`, `..._sse` and `negative_elbo` are counted alike for every config: without weights, beta
  1, errors of velocity, duration and timeshift where a note starts. They are for z = z_mean, but
  for `negative_elbo` and `..._at_sample`, which are for z drawn from q(z|x).
- `device_...` is of the notes that the device plays, at a threshold and by its own rule.
- `data_...`, `learned_...` and `generated_...` are of played data: a figure of the playing, in the
  held-out loops, in what comes back of them, and in new loops; `PLAYED` says it in full.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Literal

from melodyvae.config.settings import FEATURES

SHARE, MIDI_VELOCITY = '%', 'of 127'  # of values in [0, 1] that people read otherwise
ELBO_TERMS = {  # by feature: what it adds to the negative ELBO of a loop
    'onset': 'onset_bce_at_sample',
    **{name: f'{name}_sse_at_sample' for name in FEATURES[1:]},
}
PLAYED = {  # prefixes of figures of the playing, and what those are measured in
    'data': 'in the held-out loops',
    'learned': 'in what is decoded for them at their own notes',
    'generated': 'in loops decoded from the prior, as the device plays them',
}
UNITS = {'velocity': '', 'duration': 'half notes', 'timeshift': 'half steps'}
ACCENTS = {  # where in a bar a note starts
    'downbeat': 'first of a bar',
    'beat': 'on the other beats',
    'off_beat': 'an eighth after a beat',
    'weak': 'everywhere else',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Metric:
    """A figure: what it is called, what it says, and which way is better.

    Attributes:
      key: its name in JSON, CSV and logs.
      label: its name for people, as it stands within a sentence.
      definition: what it says, as a sentence's end; for people too.
      unit: of the value as people read it; '' for a plain number. `SHARE` and `MIDI_VELOCITY` are
        kept as values in [0, 1].
      better: '' where neither is better, or better only together with another figure.
    """

    key: str
    label: str
    definition: str
    unit: str = ''
    better: Literal['', 'lower', 'higher'] = ''

    @property
    def title(self) -> str:
        """The label as it begins a line."""
        return self.label[:1].upper() + self.label[1:]

    @property
    def label_with_unit(self) -> str:
        """The label, with the unit of the value as it is kept."""
        plain = self.unit in ('', SHARE, MIDI_VELOCITY)
        return self.label if plain else f'{self.label} ({self.unit})'

    @property
    def meaning(self) -> str:
        """The definition, and which way is better."""
        return f'{self.definition}; {self.better} is better' if self.better else self.definition


def _name_losses() -> Iterator[Metric]:
    """What training minimises and its parts, as the config counts them."""
    yield Metric(
        'loss',
        'loss',
        "what is trained: the features' losses by their weights, and KL by beta as annealed",
        better='lower',
    )
    yield Metric('objective', 'loss at beta 1', 'the loss with KL in full', better='lower')
    yield Metric(
        'onset_loss', 'onset loss', 'binary cross entropy, summed over the grid', 'nats', 'lower'
    )
    for name in FEATURES[1:]:
        yield Metric(
            f'{name}_loss',
            f'{name} loss',
            "errors, summed over the cells that the model's config counts, as it counts them",
            better='lower',
        )
    # D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, appendix B.
    yield Metric('kl', 'KL divergence', 'of q(z|x) from the prior N(0, I)', 'nats')
    yield Metric('beta', 'beta', 'weight of the KL divergence')
    yield Metric('learning_rate', 'learning rate', "of the optimiser, at the epoch's end")
    yield Metric(
        'objective_at_mean', 'loss at beta 1, at z mean', 'the same for z = z mean', better='lower'
    )
    for name in FEATURES[1:]:
        yield Metric(
            f'{name}_loss_at_mean',
            f'{name} loss at z mean',
            f'the {name} loss for z = z mean',
            better='lower',
        )


def _name_yardsticks() -> Iterator[Metric]:
    """What compares configs: no setting changes how it is counted."""
    yield Metric(
        'onset_bce',
        'onset BCE',
        'binary cross entropy for z = z mean, summed over the grid',
        'nats',
        'lower',
    )
    for name in FEATURES[1:]:
        yield Metric(
            f'{name}_sse',
            f'{name} SSE',
            "squared error at a loop's own notes, summed, for z = z mean",
            better='lower',
        )
    for name in FEATURES[1:]:
        yield Metric(
            f'{name}_mae',
            f'{name} MAE',
            "absolute error at the loops' own notes, averaged over notes, for z = z mean",
            MIDI_VELOCITY if name == 'velocity' else UNITS[name],
            'lower',
        )
    yield Metric(
        'duration_mae_beats', 'duration MAE', 'the same in quarter notes', 'beats', 'lower'
    )
    yield Metric('timeshift_mae_ms', 'timeshift MAE', 'the same at 120 bpm', 'ms', 'lower')
    yield Metric(
        ELBO_TERMS['onset'],
        'onset BCE, z drawn',
        'the same binary cross entropy for z drawn from q(z|x)',
        'nats',
        'lower',
    )
    for name in FEATURES[1:]:
        yield Metric(
            ELBO_TERMS[name],
            f'{name} SSE, z drawn',
            'the same squared error for z drawn from q(z|x)',
            better='lower',
        )
    yield Metric(
        'negative_elbo',
        'negative ELBO',
        'onset BCE, squared errors at onsets and KL, without weights, for z drawn from q(z|x)',
        'nats',
        'lower',
    )
    yield Metric(
        'gap',
        'overfitting: held-out less training negative ELBO',
        'negative ELBO of held-out loops less that of training loops',
        'nats',
        'lower',
    )
    yield Metric(
        'shared_negative_elbo',
        'plateau: held-out negative ELBO',
        'negative ELBO over the features that all configs on the same loops have, at the epoch '
        'whose weights the run ends with',
        'nats',
        'lower',
    )
    yield Metric(
        'lowest_shared_negative_elbo',
        'lowest held-out negative ELBO',
        'the same at the best of all epochs',
        'nats',
        'lower',
    )


def _name_onsets() -> Iterator[Metric]:
    """Notes that come back, for z = z mean; a loop's own notes are the truth."""
    yield Metric(
        'device_onset_recall',
        'notes that come back',
        "of the loops' notes, those that the device plays again at this threshold",
        SHARE,
        'higher',
    )
    yield Metric(
        'device_onset_precision',
        'notes that belong',
        'of the notes that the device plays, those that are in the loop',
        SHARE,
        'higher',
    )
    yield Metric(
        'device_onset_f1',
        'onset F1, as the device plays',
        'harmonic mean of the two; one a step is the most that a monophonic device plays',
        SHARE,
        'higher',
    )
    yield Metric(
        'training_device_onset_f1',
        'onset F1 of training loops, as the device plays',
        'the same of loops that were trained on',
        SHARE,
        'higher',
    )
    yield Metric(
        'onset_recall',
        'notes of a probability over 0.5',
        "of the loops' notes, whatever the device would play",
        SHARE,
        'higher',
    )
    yield Metric(
        'onset_precision',
        'cells over 0.5 that belong',
        'of the cells with an onset probability over 0.5, those that hold a note',
        SHARE,
        'higher',
    )
    yield Metric('onset_f1', 'F1 of cells over 0.5', 'harmonic mean of the two', SHARE, 'higher')


def _name_latent_space() -> Iterator[Metric]:
    # Y. Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", 2016.
    active = 'dimensions of the latent space in which z mean varies by more than 0.01'
    on_the_pad = (
        "loops whose z mean is on the device's pad, which reaches as far as device.pad says"
    )
    yield Metric('active_units', 'active dimensions', active)
    yield Metric('pad_share', 'loops on the pad', on_the_pad, SHARE, 'higher')
    both = ', over held-out and training loops'
    yield Metric('library_active_units', 'active dimensions', f'{active}{both}')
    yield Metric('library_pad_share', 'loops on the pad', f'{on_the_pad}{both}', SHARE, 'higher')
    yield Metric(
        'notes_per_tenth',
        'notes that change per 0.1 of z',
        'notes on at one of two points of the pad, 0.1 apart, and off at the other, on average',
    )
    yield Metric(
        'playable_points',
        'playable points of 25',
        'of 25 points evenly over the pad, those that play 4 notes to as many as there are steps',
        better='higher',
    )


def _name_patterns() -> Iterator[Metric]:
    """What patterns look like; the first eight are counted by `histograms.count_features`.

    L.-C. Yang and A. Lerch, "On the evaluation of generative models in music", Neural Computing and
    Applications 32, 2020, https://doi.org/10.1007/s00521-018-3849-7, has the first seven.
    """
    yield Metric('pitch_count', 'different pitches', 'or drum classes, in a pattern')
    yield Metric('pitch_range', 'pitch range', 'of a pattern, in semitones')
    yield Metric('note_count', 'notes', 'in a pattern')
    yield Metric('inter_onset_interval', 'time between onsets', 'in steps')
    yield Metric('pitch_class', 'pitch classes', 'C to B')
    yield Metric('drum_class', 'drum classes', 'kick to rim')
    yield Metric('note_length', 'note length', 'in beats, as played')
    yield Metric('velocity', 'velocity', 'from 0 to 127')
    yield Metric('empty', 'silent patterns', 'without a note', SHARE, 'lower')
    yield Metric(
        'copies', 'copies', 'of the onsets of a training loop, transposed or not', SHARE, 'lower'
    )
    yield Metric(
        'mean_distance', 'nearest training loop', 'cells that only one of the two has, on average'
    )
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
            '1 less the overlap of histograms: 0 for the same, 1 for nothing in common',
            better='lower',
        )


def _name_naturalness() -> Iterator[Metric]:
    """Patterns as they are heard, see `naturalness`; values of real folk tunes are in brackets.

    `real_...` is the same figure of held-out loops.
    """
    for metric in _name_heard():
        yield metric
        yield dataclasses.replace(
            metric,
            key=f'real_{metric.key}',
            label=f'{metric.label}, real loops',
            definition=f'the same of held-out loops: {metric.definition}',
            better='',
        )
    yield Metric(
        'visited_loops',
        'training loops that are visited',
        'half of whose figures of four notes are played somewhere',
        SHARE,
    )


def _name_heard() -> Iterator[Metric]:
    yield Metric(
        'bits',
        'surprise of a note',
        'bits of its interval and onset (of drums, of all that is hit at once) under a Markov '
        'model of order 4 of the training loops: as near as can be to real loops, and no minimum '
        '[4.0]',
        'bits',
    )
    yield Metric(
        'bits_without_nearest',
        'surprise of a note, nearest tunes left out',
        'the same where the model does not know the ten tunes that have most in common with a loop '
        '[4.5]',
        'bits',
    )
    yield Metric(
        'judge_auc',
        'told from real loops',
        'area under the ROC curve of a small network that tells real loops from these; 0.5 if it '
        'cannot [0.53]',
        better='lower',
    )
    yield Metric('octave_leaps', 'octave leaps', 'intervals of an octave or more [2%]', SHARE)
    yield Metric('repeated_notes', 'repeated notes', 'intervals of 0 [7%]', SHARE)
    yield Metric(
        'commonest_pitch', 'commonest pitch', "share of a loop's notes that have it [27%]", SHARE
    )
    yield Metric('distinct_pitches', 'distinct pitches', 'in a loop [7.8]')
    yield Metric(
        'exact_copies', 'exact copies', 'melodies of training loops, transposed or not [0%]', SHARE
    )
    yield Metric(
        'bar_copies',
        'copied bars',
        'halves of loops, of four notes or more, that occur in training loops, transposed or not '
        '[17%]',
        SHARE,
    )
    yield Metric(
        'near_copies',
        'near copies',
        'loops 70% of whose figures of four notes are in one training file; such held-out loops '
        'do not count as real [0%]',
        SHARE,
    )
    yield Metric('distinct_outputs', 'distinct loops', 'of all that were drawn [100%]', SHARE)


def _name_playing() -> Iterator[Metric]:
    """How loops are played, see `lab.performer`; none is better, it depends on the data."""
    yield Metric('swing_ratio', 'swing ratio', "of a beat's two eighths; 1 is straight")
    yield Metric('laid_back', 'laid back', 'how late the backbeats are', 'half steps')
    for accent, where in ACCENTS.items():
        words = accent.replace('_', '-')
        yield Metric(f'velocity_{accent}', f'velocity, {words}', f'mean in [0, 1], {where}')
        yield Metric(
            f'articulation_{accent}',
            f'articulation, {words}',
            f'length as played over length as written, {where}',
        )
    yield Metric('accent_depth', 'accent depth', 'velocity of downbeats less that of weak places')


def _name_played() -> Iterator[Metric]:
    """The figures of the playing, each of the data and of what a model made of it."""
    for prefix, where in PLAYED.items():
        for metric in _name_playing():
            yield dataclasses.replace(
                metric,
                key=f'{prefix}_{metric.key}',
                label=f'{metric.label}, {prefix}',
                definition=f'{metric.definition}; {where}',
            )


def _name_runs() -> Iterator[Metric]:
    """What a run came to, beside its model."""
    yield Metric('threshold', 'calibrated threshold', 'least onset probability of a note')
    yield Metric('epochs', 'epochs until the end', 'those that were trained')
    yield Metric('shipped_epoch', 'shipped epoch', 'whose weights the run ends with, from 1')
    yield Metric('steps', 'steps', 'of the optimiser')
    yield Metric('seconds', 'CPU seconds of training', 'of one core, validation included')
    yield Metric('training_examples', 'training examples', 'loops and their transposed copies')
    first = 'when the held-out negative ELBO was first as low as the best of the reference'
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
    assert len(found) == len(every), 'a key stands for two figures'
    return found


METRICS = _index(
    _name_losses(),
    _name_yardsticks(),
    _name_onsets(),
    _name_latent_space(),
    _name_patterns(),
    _name_naturalness(),
    _name_playing(),
    _name_played(),
    _name_runs(),
)
