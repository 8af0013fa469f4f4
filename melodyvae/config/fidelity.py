"""The two ways to be faithful: to what the devices document, and to what their code does."""

from melodyvae.config.settings import FIDELITIES, Config
from melodyvae.system.errors import UserError

# A normal cut off at two standard deviations keeps this much of its variance; TF.js leaves it so.
TRUNCATED_VARIANCE = 0.7737413


def with_fidelity(config: Config, fidelity: str) -> Config:
    """Returns the documented `config` with the settings of `fidelity`.

    Args:
      config: a system as documented; changed in place.
      fidelity: 'documented' leaves it as it is. 'js' reproduces what the devices' JavaScript was
        measured to do; docs/fidelity.md lists every difference and its reason.

    Raises:
      UserError: on another fidelity.
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
