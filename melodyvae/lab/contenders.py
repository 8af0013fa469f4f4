"""Which configs a comparison compares: presets, files, and the variants of the ablation."""

import copy
import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from melodyvae.config import Config, DataConfig, DeviceConfig, preset
from melodyvae.config.field import get_value, set_value
from melodyvae.config.presets import split_fidelity
from melodyvae.system.errors import UserError

HELD_OUT = DataConfig().validation_fraction
VARIANT = re.compile(r'[+-]')  # what separates a system's name from its change


@dataclasses.dataclass(frozen=True, slots=True)
class Contender:
    """A config under the name that it has in the results.

    Attributes:
      name: such as 'melodyvae_improved:js' or 'melodyvae_original+dropout'.
      config: with its own seed, which the runs replace.
      base: name of the system that a variant changes; '' for a system itself.
    """

    name: str
    config: Config
    base: str = ''

    def run_name(self, seed: int) -> str:
        """Of the folder of a run: no system forbids these letters."""
        return f'{self.name.replace(":", ".")}-seed{seed}'

    def with_seed(self, seed: int) -> Config:
        """The config of a run: on the same split and, for melodies, played by the same device."""
        config = copy.deepcopy(self.config)
        config.training.seed = seed
        config.data.split = 'file'
        if not config.grid.drum_map:
            config.device = DeviceConfig()
        return config.validate()


def choose_contenders(specifications: Sequence[str], *, epochs: int = 0) -> list[Contender]:
    """The configs that a command line names.

    Args:
      specifications: names of presets and files, each maybe with `:js`; `ablation` and
        `cumulative`, which stand for several, likewise.
      epochs: of all configs, instead of their own; 0 for their own.

    Returns:
      Each once, in order.

    Raises:
      UserError: if nothing is named, a name is neither, or two files have one name.
    """
    found: dict[str, Contender] = {}
    for specification in specifications:
        for name, config in _configs(specification).items():
            if epochs:
                config.training.epochs = epochs
            # What the device does not hold out, a comparison does: it measures nothing else.
            config.data.validation_fraction = config.data.validation_fraction or HELD_OUT
            config.data.learn_all_below = 0
            config.validate()
            base = VARIANT.split(name)[0] if _is_family(specification) else name
            contender = Contender(name, config, base if base != name else '')
            if found.setdefault(name, contender).config != config:
                raise UserError(f'--configs has two different configs named {name}: rename one.')
    if not found:
        raise UserError('Name what to compare, such as --configs=melodyvae_original,ablation:js.')
    return list(found.values())


def _configs(specification: str) -> dict[str, Config]:
    """The configs, by name, that one part of `--configs` stands for."""
    name, fidelity = split_fidelity(specification)
    if name in FAMILIES:
        return FAMILIES[name](fidelity)
    return {name_system(Path(name).stem, fidelity): preset(specification)}


def _is_family(specification: str) -> bool:
    return split_fidelity(specification)[0] in FAMILIES


ORIGINAL, IMPROVED = 'melodyvae_original', 'melodyvae_improved'


# What the Improved device changed, each with its settings. The values are those of the presets.
CHANGES = {
    'batch_size': ('training.batch_size', 'training.validation_batch_size'),
    'learning_rate_decay': ('training.decay',),
    'kl_annealing': ('training.kl_annealing_epochs',),
    'dropout': ('model.dropout',),
    'early_stopping': (
        'training.early_stopping_patience',
        'training.keep_best',
        'data.validation_fraction',
    ),
    'onset_weight': ('loss.onset',),
    'decoder_width': ('model.decoder_hidden',),
    'transpositions': ('data.transpositions',),
    'timeshift': ('features',),  # the released code of the Original has none
}


def list_changes(fidelity: str) -> list[str]:
    """Those of `CHANGES` in which the two systems differ, in order."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    return [name for name in CHANGES if _values(original, name) != _values(improved, name)]


def build_ablation(fidelity: str = 'documented') -> dict[str, Config]:
    """Original, Original plus each change, Improved, Improved less each change; by name."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    first, last = name_system(ORIGINAL, fidelity), name_system(IMPROVED, fidelity)
    names = list_changes(fidelity)
    return {
        first: original,
        **{f'{first}+{name}': take_changes(original, improved, [name]) for name in names},
        last: improved,
        **{f'{last}-{name}': take_changes(improved, original, [name]) for name in names},
    }


def build_cumulative(fidelity: str = 'documented') -> dict[str, Config]:
    """Original, then with one more change each time, up to Improved; by name."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    first = name_system(ORIGINAL, fidelity)
    names = list_changes(fidelity)
    return {
        first: original,
        **{
            f'{first}+until_{name}': take_changes(original, improved, names[: count + 1])
            for count, name in enumerate(names[:-1])
        },
        name_system(IMPROVED, fidelity): improved,
    }


def take_changes(config: Config, other: Config, names: Iterable[str]) -> Config:
    """A copy of `config` that has the settings of some of `CHANGES` from `other`."""
    result = copy.deepcopy(config)
    for setting in (setting for name in names for setting in CHANGES[name]):
        set_value(result, setting, get_value(other, setting))
    return result


def name_system(system: str, fidelity: str) -> str:
    """How a system is called on the command line: NAME, or NAME:js."""
    return system if fidelity == 'documented' else f'{system}:{fidelity}'


def _values(config: Config, name: str) -> list:
    return [get_value(config, setting) for setting in CHANGES[name]]


FAMILIES: dict[str, Callable[[str], dict[str, Config]]] = {
    'ablation': build_ablation,
    'cumulative': build_cumulative,
}
