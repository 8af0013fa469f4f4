"""Where the dials of a device belong for a model: said here once, for all who tell it."""

import dataclasses
from pathlib import PurePath

from melodyvae.config.settings import Config
from melodyvae.playing.live import DRUM_OFFSET_DIAL, DURATION_DIAL


@dataclasses.dataclass(frozen=True, slots=True)
class Dial:
    """A control of the device's panel: its name there, where it belongs, and why."""

    name: str
    setting: str
    reason: str


def choose_dials(config: Config, threshold: float) -> list[Dial]:
    """The dials that matter for a model, in the order of their weight.

    Args:
      config: of the model.
      threshold: least onset probability at which the loaded model plays as calibrated: the
        device's own for an export, unless it was left as it is.
    """
    return [*_threshold(config, threshold), *_playing(config), _pad(config)]


def describe_loading(decoder: PurePath) -> str:
    """How a device gets a model, in one sentence.

    Args:
      decoder: the folder of the exported decoder, as the reader is to find it.
    """
    return f'Press "Load" in the row "Model" and choose {decoder / "model.json"}.'


def _threshold(config: Config, threshold: float) -> list[Dial]:
    stands = config.device.threshold_as_loaded
    if config.device.messages == 'drums':
        fixed = f'fixed at {stands:g} in the device, and this model is made for {threshold:.2g}'
        return [] if threshold == stands else [Dial('threshold', 'no dial', fixed)]
    if threshold == stands:
        reason = 'where the dial stands, the model plays as many notes as your loops have'
        return [Dial('threshold', f'leave it at {100 * stands:.0f}', reason)]
    reason = f'a probability of {threshold:.2g}: as many notes as your loops have'
    return [Dial('threshold', f'{100 * threshold:.0f}', reason)]


def _playing(config: Config) -> list[Dial]:
    shuffle = Dial('shuffle', '0', 'it stands at 0.1, a little swing that nobody has played')
    if config.device.messages == 'drums':
        reason = 'at 1, where it stands, notes are half as much again off the grid as learned'
        return [Dial('grid offset', f'{DRUM_OFFSET_DIAL:g}', reason), shuffle]
    reason = 'at 1, where it stands, notes sound a quarter as long as learned'
    return [Dial('duration', f'{DURATION_DIAL:g}', reason), shuffle]


def _pad(config: Config) -> Dial:
    reach = f'{-config.device.pad:g} to {config.device.pad:g}'
    return Dial('pad', reach, 'in both directions: every move of the dot is a new pattern')
