"""The flag `--config`, and a flag for every setting: `--config.training.epochs=20`."""

from typing import cast

from absl import flags

from melodyvae.config import Config, Setting, list_settings, preset, preset_names
from melodyvae.config.check import refuse
from melodyvae.config.field import get_value, set_value
from melodyvae.system.errors import UserError

DEFAULT_PRESET = 'melodyvae'
_PARSERS: dict[type, flags.ArgumentParser] = {
    bool: flags.BooleanParser(),
    int: flags.IntegerParser(),
    float: flags.FloatParser(),
    str: flags.ArgumentParser(),
}

flags.disclaim_key_flags()  # flags defined here belong to the program that asks for them


class _ConfigParser(flags.ArgumentParser):
    """Takes the name of a preset or a file for the config that it stands for."""

    def parse(self, argument: str) -> Config:
        return preset(argument)


def define_config() -> flags.FlagHolder[Config]:
    """Defines `--config` and a flag for every setting.

    The value of `--config` is complete after `apply_settings`, which `program.run` calls.
    """
    for setting in list_settings():
        # Each is text until the config is known, so that their order does not matter.
        flags.DEFINE_flag(
            flags.MultiFlag(
                name=setting.flag.removeprefix('--'),
                default=None,
                help_string=setting.help,
                parser=flags.ArgumentParser(),
                serializer=flags.ArgumentSerializer(),
                boolean=setting.type is bool,
            ),
            module_name=Setting.__module__,  # not the program's: --help would list them all
        )
    holder = flags.DEFINE(
        _ConfigParser(),
        'config',
        None,
        f'A preset ({", ".join(preset_names())}), {DEFAULT_PRESET} if not given; NAME:js for the '
        f'settings of a device as it runs; a file like those in configs/; or the config.json of a '
        f'run. --config.training.epochs=20 and the like change single settings: --helpfull lists '
        f'them.',
    )
    return cast('flags.FlagHolder[Config]', holder)  # not None once `apply_settings` has run


def apply_settings() -> None:
    """Completes the value of `--config`: its default, and the settings that are given.

    Raises:
      UserError: if the text of a flag cannot be a value of its setting, or names a fidelity, which
        as a setting alone would change the name of a run and nothing that it does.
    """
    config = flags.FLAGS['config'].value
    if config is None:
        config = flags.FLAGS['config'].value = preset(DEFAULT_PRESET)
    if fidelity := flags.FLAGS['config.fidelity'].value:
        raise UserError(
            f'--config.fidelity chooses no settings: use --config=NAME:{fidelity[-1]}, such as '
            f'--config={config.name}:{fidelity[-1]}.'
        )
    for setting in list_settings():
        texts = flags.FLAGS[setting.flag.removeprefix('--')].value
        if texts is not None:
            set_value(config, setting.name, _parse(setting, texts))


def describe_settings() -> str:
    """A line a setting, for `--helpfull`: what it does, may be, and is by default."""
    config = preset(DEFAULT_PRESET)
    lines = [
        f'  {setting.flag}: {setting.help} May be {setting.allowed}. '
        f'Default: {get_value(config, setting.name)!r}.'
        for setting in list_settings()
    ]
    return '\n'.join(['Settings:', *lines])


def _parse(setting: Setting, texts: list[str]) -> object:
    """The value that the command line gives a setting; the last text, if it takes only one."""
    text = ','.join(texts) if setting.several else texts[-1]
    parse = _PARSERS[setting.type].parse
    try:
        if not setting.several:
            return parse(text)
        items = [item.strip(' \'"') for item in text.strip('()[] ').split(',')]
        return tuple(parse(item) for item in items if item)
    except ValueError:
        refuse(setting.name, text, setting.allowed)
