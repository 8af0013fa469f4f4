"""The best settings of a device's dials for a model."""

from pathlib import PurePath

from melodyvae.config.devices import Dial
from melodyvae.config.settings import Config
from melodyvae.system.errors import UserError


def choose_dials(config: Config, threshold: float) -> list[Dial]:
    """Returns the dials that matter for a model, the most important first.

    At the minimum onset probability `threshold`, the loaded model plays as calibrated. For an
    export this is the device's own, unless the threshold was not baked in.
    """
    device = config.device.spec
    reach = f'{-device.pad:g} to {device.pad:g}'
    pad = Dial('pad', reach, 'in both directions: every move of the dot is a new pattern')
    return [*_choose_threshold(config, threshold), *device.dials, pad]


def refuse_without_device(config: Config) -> None:
    """Raises a UserError if no Max for Live device plays models of a config."""
    if not config.device.spec.in_max:
        raise UserError(
            f'No Max for Live device plays {config.name}: open play.html in the run folder, or '
            f'train with a preset such as melodyvae.'
        )


def describe_loading(decoder: PurePath) -> str:
    """Says in one sentence how a device loads the model in the folder of a decoder."""
    return f'Press "Load" in the row "Model" and choose {decoder / "model.json"}.'


def _choose_threshold(config: Config, threshold: float) -> list[Dial]:
    device = config.device.spec
    if not device.has_threshold_dial:
        if threshold == device.threshold:
            return []
        fixed = f'fixed at {device.threshold:g} in the device, and this model is made for'
        return [Dial('threshold', 'no dial', f'{fixed} {threshold:.2g}')]
    if threshold == device.threshold:
        reason = 'where the dial stands, the model plays as many notes as your loops have'
        return [Dial('threshold', f'leave it at {100 * device.threshold:.0f}', reason)]
    reason = f'a probability of {threshold:.2g}: as many notes as your loops have'
    return [Dial('threshold', f'{100 * threshold:.0f}', reason)]
