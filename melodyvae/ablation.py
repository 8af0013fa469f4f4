"""From Original to Improved one change at a time, and Improved with each change taken out."""

import copy
import operator
from collections.abc import Iterable

from melodyvae.config import Config, preset

ORIGINAL, IMPROVED = 'melodyvae_original', 'melodyvae_improved'

# What the Improved device changed, each with its settings. The values are those of the presets.
CHANGES = {
    'batch_size': ('training.batch_size', 'training.validation_batch_size'),
    'learning_rate_decay': ('training.decay',),
    'kl_annealing': ('training.kl_annealing_epochs',),
    'dropout': ('model.dropout',),
    'early_stopping': ('training.early_stopping_patience', 'training.keep_best'),
    'onset_weight': ('loss.onset',),
    'decoder_width': ('model.decoder_hidden',),
    'transpositions': ('data.transpositions',),
    'timeshift': ('features',),  # the released code of the Original has none
}


def changes(fidelity: str) -> list[str]:
    """Those of `CHANGES` in which the two systems differ, in order."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    return [name for name in CHANGES if _values(original, name) != _values(improved, name)]


def ablation(fidelity: str = 'documented') -> dict[str, Config]:
    """Original, Original plus each change, Improved, Improved less each change; by name."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    first, last = named(ORIGINAL, fidelity), named(IMPROVED, fidelity)
    names = changes(fidelity)
    return {
        first: original,
        **{f'{first}+{name}': changed(original, improved, [name]) for name in names},
        last: improved,
        **{f'{last}-{name}': changed(improved, original, [name]) for name in names},
    }


def cumulative(fidelity: str = 'documented') -> dict[str, Config]:
    """Original, then with one more change each time, up to Improved; by name."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    first = named(ORIGINAL, fidelity)
    names = changes(fidelity)
    return {
        first: original,
        **{
            f'{first}+until_{name}': changed(original, improved, names[: count + 1])
            for count, name in enumerate(names[:-1])
        },
        named(IMPROVED, fidelity): improved,
    }


def changed(config: Config, other: Config, names: Iterable[str]) -> Config:
    """A copy of `config` that has the settings of some of `CHANGES` from `other`."""
    result = copy.deepcopy(config)
    for setting in (setting for name in names for setting in CHANGES[name]):
        section, _, attribute = setting.rpartition('.')
        target = operator.attrgetter(section)(result) if section else result
        setattr(target, attribute, copy.deepcopy(operator.attrgetter(setting)(other)))
    return result


def named(system: str, fidelity: str) -> str:
    """How a system is called on the command line: NAME, or NAME:js."""
    return system if fidelity == 'documented' else f'{system}:{fidelity}'


def _values(config: Config, name: str) -> list:
    return [operator.attrgetter(setting)(config) for setting in CHANGES[name]]
