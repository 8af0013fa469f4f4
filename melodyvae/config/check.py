"""Checks the values of settings: each by itself, as its field says, and in combination."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.field import Setting, get_value
from melodyvae.system.errors import UserError

MIDI_PITCHES = 128
DRUM_NOTE = re.compile(rf'(12[0-7]|1[01]\d|[1-9]?\d) ({"|".join(DRUM_CLASSES)})')
METRE = re.compile(r'[1-9]\d?/(1|2|4|8|16|32|64)')


def check_config(config: Any, settings: Iterable[Setting]) -> None:
    """Checks all settings of a config.

    Args:
      config: a `settings.Config`.
      settings: all of its settings.

    Raises:
      UserError: names the first setting that cannot work, its value and what is allowed.
    """
    for setting in settings:
        value = get_value(config, setting.name)
        if not setting.allows(value):
            refuse(setting.name, value, setting.allowed)
    for name, allowed in _find_contradictions(config):
        refuse(name, get_value(config, name), allowed)


def refuse(name: str, value: object, allowed: str) -> NoReturn:
    """Raises the UserError for a setting that cannot have `value`."""
    raise UserError(f'--config.{name}={value} cannot be used: it must be {allowed}.')


def _find_contradictions(config: Any) -> Iterator[tuple[str, str]]:
    """Yields settings that contradict others, and what is allowed."""
    yield from _find_grid_contradictions(config.grid)
    if not config.name or set(config.name) & set('/\\:') or not config.name.isprintable():
        yield 'name', 'a name that a file can have'
    if config.features[:1] != ('onset',) or len(config.features) < 2:
        yield 'features', 'onset and at least one of the others'
    if config.model.anchors and config.model.latent != 2:
        yield 'model.anchors', '0 unless model.latent is 2, the dimensions of the pad'
    if config.data.recombination and config.grid.steps % 2:
        yield 'data.recombination', '0 for an odd number of steps'
    training = config.training
    watches = training.early_stopping_patience or training.decay == 'plateau'
    if not config.data.validation_fraction and watches:
        yield 'data.validation_fraction', 'over 0 for early stopping or a plateau to be seen'
    if config.data.learn_all_below and watches:
        yield 'data.learn_all_below', '0 for early stopping or a plateau to be seen'


def _find_grid_contradictions(grid: Any) -> Iterator[tuple[str, str]]:
    if grid.lowest_pitch + grid.rows > MIDI_PITCHES:
        yield 'grid.lowest_pitch', f'at most {MIDI_PITCHES - grid.rows} with {grid.rows} rows'
    if grid.minimum_onsets > grid.rows * grid.steps:
        yield 'grid.minimum_onsets', f'at most the {grid.rows * grid.steps} cells of the grid'
    if grid.drum_map and grid.rows != len(DRUM_CLASSES):
        yield 'grid.rows', f'{len(DRUM_CLASSES)} with a drum map'
    if grid.metre and not METRE.fullmatch(grid.metre):
        yield 'grid.metre', "a time signature such as '3/4'"
    if grid.drum_classes and not grid.drum_map:
        yield 'grid.drum_classes', 'left out, since this preset is for melodies: use --config=drums'
    if not all(map(DRUM_NOTE.fullmatch, grid.drum_classes)):
        classes = ', '.join(DRUM_CLASSES)
        yield 'grid.drum_classes', f"notes and classes such as '36 kick'; classes are {classes}"
    if grid.voices not in ('all', *(('drums',) if grid.drum_map else ('highest', 'lowest'))):
        yield 'grid.voices', "'all' or 'drums'" if grid.drum_map else "'all', 'highest' or 'lowest'"
