"""Every setting, as data, with presets, fidelities and devices."""

from melodyvae.config.fidelity import refuse_fidelity, with_fidelity
from melodyvae.config.field import Setting
from melodyvae.config.json_file import read_config, write_config
from melodyvae.config.presets import preset, preset_names, resolve_config
from melodyvae.config.settings import (
    FIDELITIES,
    Config,
    DataConfig,
    DeviceConfig,
    GridConfig,
    list_settings,
)

__all__ = [
    'FIDELITIES',
    'Config',
    'DataConfig',
    'DeviceConfig',
    'GridConfig',
    'Setting',
    'list_settings',
    'preset',
    'preset_names',
    'read_config',
    'refuse_fidelity',
    'resolve_config',
    'with_fidelity',
    'write_config',
]
