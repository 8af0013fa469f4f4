"""Settings of finished runs that have another name today, or none."""

from collections.abc import Mapping
from typing import Any

# Old name to new name; None for a setting that was removed.
FORMER: dict[str, str | None] = {
    'device.pad': None,
    'device.threshold_max': None,
    'device.threshold_min': None,
    'model.normalisation': 'model.normalization',
    'pad.agreement': None,
    'pad.form': None,
    'pad.own_border': None,
    'pad.own_share': None,
    'pad.rest': None,
    'pad.slope': None,
    'pad.trust': None,
    'pad.view': None,
    'pad.wandering': None,
    'pad.whim': None,
    'pad.width': None,
    'training.decay_epochs': None,
    'training.decay_factor': None,
    'training.decay_resets_optimizer': None,
    'training.kl_cycle_epochs': None,
    'training.paper_adam': 'training.device_adam',
}


def replace_former(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of a config by their names of today.

    Args:
      values: sections of settings by name, as JSON has them; not changed.
    """
    replaced = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()
    }
    for old, new in FORMER.items():
        section, _, name = old.partition('.')
        settings = replaced.get(section)
        if isinstance(settings, dict) and name in settings:
            value = settings.pop(name)
            if new:
                settings.setdefault(new.partition('.')[2], value)
    return replaced
