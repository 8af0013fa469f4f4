"""The flag `--config`, and one flag per setting such as `--config.training.epochs=20`."""

from typing import cast

from absl import flags

from melodyvae.config import Config, Setting, list_settings, preset, preset_names
from melodyvae.config.check import refuse
from melodyvae.config.field import get_value, set_value
from melodyvae.config.nearest import ask_for_nearest
from melodyvae.system.errors import UserError

DEFAULT_PRESET = 'melodyvae'
_PARSERS: dict[type, flags.ArgumentParser] = {
    bool: flags.BooleanParser(),
    int: flags.IntegerParser(),
    float: flags.FloatParser(),
    str: flags.ArgumentParser(),
}

flags.disclaim_key_flags()  # the flags that are defined here are listed by the calling program


class _ConfigParser(flags.ArgumentParser):
    def parse(self, argument: str) -> Config:
        return preset(argument)


def define_config() -> flags.FlagHolder[Config]:
    """Defines `--config` and one flag per setting.

    The value of `--config` is complete after `apply_settings`, which `program.run` calls.
    """
    for setting in list_settings():
        # Parsed once the config is known, so that the order of the flags does not matter.
        flags.DEFINE_flag(
            flags.MultiFlag(
                name=setting.flag.removeprefix('--'),
                default=None,
                help_string=setting.help,
                parser=flags.ArgumentParser(),
                serializer=flags.ArgumentSerializer(),
                boolean=setting.type is bool,
            ),
            module_name=Setting.__module__,  # not the program, whose --help would list all settings
        )
    holder = flags.DEFINE(
        _ConfigParser(),
        'config',
        None,
        f'A preset ({", ".join(preset_names())}; default {DEFAULT_PRESET}), NAME:js for the '
        f'settings of a device as it runs, a file like those in configs/, or the config.json of a '
        f'run. Flags such as --config.training.epochs=20 change single settings; --helpfull lists '
        f'them.',
    )
    return cast('flags.FlagHolder[Config]', holder)  # not None once `apply_settings` has run


def apply_settings() -> None:
    """Completes the value of `--config` by its default and the settings on the command line.

    Raises:
      UserError: if a flag has an invalid value, or sets the fidelity: changed alone, it would
        rename the run without changing its settings.
    """
    config = flags.FLAGS['config'].value
    if config is None:
        config = flags.FLAGS['config'].value = preset(DEFAULT_PRESET)
    if fidelity := flags.FLAGS['config.fidelity'].value:
        raise UserError(
            f'--config.fidelity changes no settings: use --config=NAME:{fidelity[-1]}, such as '
            f'--config={config.name}:{fidelity[-1]}.'
        )
    for setting in list_settings():
        texts = flags.FLAGS[setting.flag.removeprefix('--')].value
        if texts is not None:
            set_value(config, setting.name, _parse(setting, texts))


def is_given() -> bool:
    """Returns whether the command line has `--config` or a flag of a setting."""
    names = ['config', *(setting.flag.removeprefix('--') for setting in list_settings())]
    return any(flags.FLAGS[name].present for name in names)


def parse_setting(text: str) -> tuple[str, object]:
    """Parses a setting such as 'training.epochs=20' into its name and value.

    Raises:
      UserError: if there is no such setting, or it cannot have this value.
    """
    name, _, value = text.partition('=')
    settings = {setting.name: setting for setting in list_settings()}
    if name not in settings:
        hint = ask_for_nearest(name, list(settings))
        raise UserError(f'{name} is not a setting{hint}: melodyvae_train --helpfull lists them.')
    return name, _parse(settings[name], [value])


def describe_settings() -> str:
    """Lists all settings with their values and defaults, one line per setting, for `--helpfull`."""
    config = preset(DEFAULT_PRESET)
    lines = [
        f'  {setting.flag}: {setting.help} May be {setting.allowed}. '
        f'Default: {get_value(config, setting.name)!r}.'
        for setting in list_settings()
    ]
    return '\n'.join(['Settings:', *lines])


def _parse(setting: Setting, texts: list[str]) -> object:
    """Parses the flags of a setting; the last one wins if the setting takes a single value."""
    text = ','.join(texts) if setting.several else texts[-1]
    parse = _PARSERS[setting.type].parse
    try:
        if not setting.several:
            return parse(text)
        items = [item.strip(' \'"') for item in text.strip('()[] ').split(',')]
        return tuple(parse(item) for item in items if item)
    except ValueError:
        refuse(setting.name, text, setting.allowed)
