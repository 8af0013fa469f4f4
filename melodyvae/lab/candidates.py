"""The configs of a comparison: presets, files, and the variants of the ablation."""

import copy
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from melodyvae.config import Config, DataConfig, DeviceConfig, preset
from melodyvae.config.field import get_value, set_value
from melodyvae.config.presets import split_fidelity
from melodyvae.system.errors import UserError

HELD_OUT = DataConfig().validation_fraction
ABLATION, ORIGINAL, IMPROVED = 'ablation', 'melodyvae_original', 'melodyvae_improved'


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A config and its name in the results.

    Attributes:
      name: such as 'melodyvae_improved:js' or 'melodyvae_original+dropout'.
      config: the runs replace its seed.
      base: name of the system that a variant changes; '' if it is not a variant.
    """

    name: str
    config: Config
    base: str = ''

    def run_name(self, seed: int) -> str:
        """Returns the folder name of a run, with letters that all operating systems allow."""
        return f'{self.name.replace(":", ".")}-seed{seed}'

    def with_seed(self, seed: int) -> Config:
        """Returns the config of a run: same split, and the same device for melodies."""
        config = copy.deepcopy(self.config)
        config.training.seed = seed
        config.data.split = 'file'
        if not config.grid.drum_map:
            config.device = DeviceConfig()
        return config.validate()


def choose_candidates(specifications: Sequence[str], *, epochs: int = 0) -> list[Candidate]:
    """Returns the configs that a command line names.

    Args:
      specifications: names of presets and files, and `ablation`, which stands for several; each
        may have `:js`.
      epochs: of all configs; 0 to keep the epochs of each.

    Returns:
      Each config once, in order.

    Raises:
      UserError: if there is no name, an unknown name, or one name for two different files.
    """
    found: dict[str, Candidate] = {}
    for candidate in (each for name in specifications for each in _read_candidates(name)):
        config = candidate.config
        if epochs:
            config.training.epochs = epochs
        # A comparison always holds out loops, even if the config does not.
        config.data.validation_fraction = config.data.validation_fraction or HELD_OUT
        config.data.learn_all_below = 0
        config.validate()
        if found.setdefault(candidate.name, candidate).config != config:
            raise UserError(
                f'--configs has two different configs named {candidate.name}: rename one.'
            )
    if not found:
        raise UserError(
            'Name the configs to compare, such as --configs=melodyvae_original,ablation:js.'
        )
    return list(found.values())


def _read_candidates(specification: str) -> list[Candidate]:
    name, fidelity = split_fidelity(specification)
    if name == ABLATION:
        return build_ablation(fidelity)
    return [Candidate(name_system(Path(name).stem, fidelity), preset(specification))]


# The changes of the Improved device, each with its settings. The presets have the values.
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
    """Lists the `CHANGES` in which the two systems differ, in order."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    return [name for name in CHANGES if take_changes(original, improved, [name]) != original]


def build_ablation(fidelity: str = 'documented') -> list[Candidate]:
    """Builds Original, Original plus each change, Improved, Improved minus each change."""
    original, improved = preset(ORIGINAL, fidelity), preset(IMPROVED, fidelity)
    built = []
    for system, other, sign in ((original, improved, '+'), (improved, original, '-')):
        base = name_system(system.name, fidelity)
        built.append(Candidate(base, system))
        for name in list_changes(fidelity):
            varied = take_changes(system, other, [name])
            built.append(Candidate(f'{base}{sign}{name}', varied, base))
    return built


def take_changes(config: Config, other: Config, names: Iterable[str]) -> Config:
    """Copies `config`, with the settings of some of `CHANGES` from `other`."""
    settings = (setting for name in names for setting in CHANGES[name])
    return take_settings(config, {setting: get_value(other, setting) for setting in settings})


def take_settings(config: Config, settings: Mapping[str, object]) -> Config:
    """Copies a config with other values of some settings."""
    config = copy.deepcopy(config)
    for name, value in settings.items():
        set_value(config, name, value)
    return config


def name_system(system: str, fidelity: str) -> str:
    """Returns the name of a system on the command line: NAME, or NAME:js."""
    return system if fidelity == 'documented' else f'{system}:{fidelity}'
