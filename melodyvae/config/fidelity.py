"""The two fidelities of a port: to the documents of the devices, and to their code."""

from melodyvae.config.settings import FIDELITIES, Config
from melodyvae.system.errors import UserError

# The variance of a normal that is truncated at two standard deviations; TF.js does not correct it.
TRUNCATED_VARIANCE = 0.7737413


def refuse_fidelity(name: str, fidelity: str) -> None:
    """Raises a UserError if a preset that is not a port is asked for another fidelity."""
    if fidelity != 'documented':
        raise UserError(f'{name} has no fidelity {fidelity!r}, as it is not a port: leave it out.')


def with_fidelity(config: Config, fidelity: str) -> Config:
    """Changes a documented `config` to the settings of `fidelity`, and returns it.

    Args:
      config: a system as documented; changed in place.
      fidelity: 'documented' changes nothing. 'js' reproduces the measured behavior of the devices'
        JavaScript; docs/fidelity.md lists every difference and its reason.

    Raises:
      UserError: on an unknown fidelity.
    """
    if fidelity not in FIDELITIES:
        raise UserError(f'There is no fidelity {fidelity!r}: use one of {", ".join(FIDELITIES)}.')
    config.fidelity = fidelity
    if fidelity == 'documented':
        return config
    config.grid.single_tempo = True
    config.grid.unended_notes = False
    if not config.grid.drum_map:
        config.grid.ignored_channels = (9, 10)
    config.data.split = 'loop'
    config.model.training_mode = False
    config.model.kernel_scale = TRUNCATED_VARIANCE
    config.training.validation_batches = 1
    config.training.steps_from_all_loops = True
    config.training.device_adam = True
    config.training.keep_best = False
    config.training.monitor = 'val_loss'
    return config
