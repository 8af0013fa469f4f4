"""Settings of finished runs that no longer exist."""

from collections.abc import Mapping
from typing import Any

FORMER = frozenset(
    {
        'device.pad',
        'device.threshold_max',
        'device.threshold_min',
        'pad.agreement',
        'pad.form',
        'pad.own_border',
        'pad.own_share',
        'pad.rest',
        'pad.slope',
        'pad.trust',
        'pad.view',
        'pad.wandering',
        'pad.whim',
        'pad.width',
        'training.decay_epochs',
        'training.decay_factor',
        'training.decay_resets_optimizer',
        'training.kl_cycle_epochs',
    }
)


def drop_former(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of a config, sections of settings as JSON has them, without `FORMER`."""
    return {
        section: {key: value for key, value in one.items() if f'{section}.{key}' not in FORMER}
        if isinstance(one, Mapping)
        else one
        for section, one in values.items()
    }
