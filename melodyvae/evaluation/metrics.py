"""Names every figure that is measured of a model or its training, once: in `metrics.csv`.

A key means the same everywhere: in the `metrics.csv` of a run, `evaluation.json`, `results.json`
and `results.csv` of a comparison, and in every table and picture. Naming rules:

- `..._loss`, `loss` and `objective` count as the model's config counts, with one z per loop drawn
  from q(z|x); `..._at_mean` is for z = z_mean. They do not compare configs.
- `..._bce`, `..._sse` and `negative_elbo` count the same for every config: no weights, beta 1,
  errors of velocity, duration and timeshift at onsets only. `..._at_sample` and `negative_elbo` are
  for z drawn from q(z|x), `onset_bce` is for z = z_mean.
- `device_...` counts the notes that the device plays, at a threshold and by its own rule.
- `real_...` is the figure of the rest of the name, of held-out loops; see `find_metric`.
- A key with `{feature}` stands for one key per feature but the onset.

Sources: D. Kingma and M. Welling, "Auto-encoding variational Bayes", 2014, appendix B (kl). Y.
Burda, R. Grosse and R. Salakhutdinov, "Importance weighted autoencoders", 2016 (active_units). The
modules that measure the others name theirs. Values of real folk tunes are in brackets.
"""

import csv
import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

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
      unit: of the value as people read it; '' for a plain number. The values of `SHARE` and
        `MIDI_VELOCITY` are in [0, 1].
      better: 'lower' or 'higher'; '' if neither is, or only together with another figure.
      definition: for people, as the end of a sentence.
    """

    key: str
    label: str
    unit: str
    better: str
    definition: str

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


def _read_metrics() -> Iterator[Metric]:
    with Path(__file__).with_name('metrics.csv').open(encoding='utf-8', newline='') as file:
        for key, label, unit, better, definition in list(csv.reader(file))[1:]:
            for name in FEATURES[1:] if '{feature}' in key else ('',):
                key_of, label_of = (text.replace('{feature}', name) for text in (key, label))
                yield Metric(key_of, label_of, unit, better, definition)


METRICS = {metric.key: metric for metric in _read_metrics()}


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
