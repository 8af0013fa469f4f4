"""What all programs share: parsing flags, printing errors as one sentence, exit status."""

import inspect
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

from absl import app, flags

from melodyvae.cli import config_flag
from melodyvae.cli.interrupts import Interrupts, leave, leave_unprinted, print_and_leave
from melodyvae.config import Config
from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.nearest import ask_for_nearest, find_nearest
from melodyvae.loops.drum_maps import read_drum_map
from melodyvae.system.errors import UserError, make_printable
from melodyvae.system.tensorflow import start_tensorflow
from melodyvae.system.terminal import print_lines
from melodyvae.system.version import __version__

if TYPE_CHECKING:
    from melodyvae.playing.player import Player

flags.disclaim_key_flags()  # the flags that are defined here are listed by the calling program


def define_run_dir() -> flags.FlagHolder[str | None]:
    """Defines the `--run_dir` flag of the programs that read a run."""
    return flags.DEFINE_string('run_dir', None, 'The run folder, if it is not the first argument.')


def define_reading() -> None:
    """Defines the flags of the programs that read a library; see `apply_reading`."""
    flags.DEFINE_list(
        'tracks',
        [],
        'Read only these tracks of each file, like --config.grid.tracks: part of the name, a '
        'number from 1, or a channel from ch1 to ch16; separate several with commas.',
    )
    flags.DEFINE_string(
        'drum_map',
        None,
        'CSV file with the columns note and class, for drums that do not follow General MIDI: '
        f'MIDI notes from 0 to 127, and their classes out of {", ".join(DRUM_CLASSES)}.',
    )


def has_reading() -> bool:
    """Returns whether the command line has a flag of `define_reading`."""
    return any(flags.FLAGS[name].present for name in ('tracks', 'drum_map'))


def apply_reading(config: Config) -> None:
    """Changes the settings that `--tracks` and `--drum_map` stand for, and checks the config."""
    if flags.FLAGS.tracks:
        config.grid.tracks = tuple(flags.FLAGS.tracks)
    if flags.FLAGS.drum_map is not None:
        config.grid.drum_classes = read_drum_map(Path(flags.FLAGS.drum_map).expanduser())
    config.validate()


def output_path(text: str, flag: str = '--output') -> Path:
    """Returns the path that a program writes to.

    Raises:
      UserError: if a parent folder is a file, or is not writable.
    """
    path = Path(text).expanduser()
    if path.exists():
        return path
    parent = next((parent for parent in path.parents if parent.exists()), None)
    if parent is None or not parent.is_dir():
        reason = f'{parent} is a file' if parent else 'there is no such drive'
        raise UserError(f'{path} cannot be written, because {reason}: name another {flag}.')
    if not os.access(parent, os.W_OK):
        raise UserError(f'{parent} is not writable: name another {flag}.')
    return path


def run(main: Callable[..., None], *, has_options: bool = False) -> NoReturn:
    """Parses the flags, calls `main` and exits.

    Exit status: 0 on success, 1 on an error that the user can fix, 2 on wrong flags, 130 when
    interrupted. `--help` prints the docstring of the module that defines `main`, and its flags.

    Args:
      main: gets the arguments that are not flags.
      has_options: pass what follows `--` to `main` as a second list, for another parser, instead of
        as further arguments.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # hides TensorFlow's startup messages
    if isinstance(sys.stdout, io.TextIOWrapper):  # a Windows pipe cannot encode every file name
        sys.stdout.reconfigure(errors='backslashreplace')
    module = inspect.getmodule(main)
    assert module and module.__doc__ and module.__file__
    name = f'melodyvae_{Path(module.__file__).stem}'
    argv = keep_files(sys.argv)
    end = argv.index('--') if '--' in argv else len(argv)
    argv, options = argv[:end], argv[end + 1 :]

    def parse(argv: Sequence[str]) -> list[str]:
        return _parse_flags(argv, module, name)

    def guarded(argv: list[str]) -> None:
        arguments = [argv[1:], options] if has_options else [argv[1:] + options]
        try:
            main(*arguments)
            sys.stdout.flush()
            leave(0)
        except UserError as error:
            _fail(name, str(error), status=error.exit_status)
        except BrokenPipeError as error:
            leave_unprinted(name, error)
        except OSError as error:
            if interrupts.came:
                raise
            try:
                sys.stdout.flush()
            except OSError:
                leave_unprinted(name, error)
            place, problem = error.filename or 'A file', error.strerror or error
            sentence = f'{place} cannot be used: {problem}. Fix the problem, or name another file.'
            _fail(name, sentence, status=1)

    with Interrupts(name) as interrupts:
        app.run(guarded, argv=argv, flags_parser=parse)
    raise AssertionError('app.run exits')


def _parse_flags(argv: Sequence[str], module: ModuleType, name: str) -> list[str]:
    """Returns the program and its arguments, or exits after the help, the version or an error."""
    if {'--help', '-help', '-h', '--helpfull', '--helpshort'} & set(argv[1:]):
        print_and_leave(name, _describe(module, with_settings='--helpfull' in argv))
    if '--version' in argv[1:]:
        print_and_leave(name, __version__)
    try:
        arguments = flags.FLAGS(argv)
        _refuse_bare_flags(arguments[1:])
        if 'config' in flags.FLAGS:
            config_flag.apply_settings()
    except flags.UnrecognizedFlagError as error:
        hint = ask_for_nearest(error.flagname, flags.FLAGS, '--')
        _fail(name, f'--{error.flagname} is not a flag{hint}. See {name} --help.', status=2)
    except (flags.Error, UserError, ValueError) as error:
        _fail(name, f'{_sentence(error)} See {name} --help.', status=2)
    return arguments


def keep_files(argv: Sequence[str]) -> list[str]:
    """Prefixes file arguments that look like flags with `./`.

    A folder of untrusted music may hold a file called `--flagfile=x.mid`, which `*.mid` expands to.
    """

    def is_file(argument: str) -> bool:
        path = Path(argument)
        return argument.startswith('-') and bool(path.suffix) and path.is_file()

    return [f'.{os.sep}{argument}' if is_file(argument) else argument for argument in argv]


def run_and_rest(arguments: list[str], run_dir: str | None) -> tuple[Path, list[str]]:
    """Returns the run folder, from `--run_dir` or the first argument, and the other arguments."""
    if not run_dir and not arguments:
        raise UserError('Name a run folder, as the first argument or with --run_dir.')
    folder, rest = (run_dir, arguments) if run_dir else (arguments[0], arguments[1:])
    return Path(folder).expanduser(), rest


def only_source(arguments: list[str], run_dir: str | None) -> Path:
    """Returns the one run folder or TF.js model folder that is named; refuses a second one."""
    source, rest = run_and_rest(arguments, run_dir)
    if rest:
        raise UserError(
            f'Name only one run folder or TF.js model folder: {rest[0]} is a second one.'
        )
    return source


def read_paths(arguments: list[str]) -> list[Path]:
    """Returns the arguments as paths; `-` reads one path per line from standard input."""
    return [Path(path).expanduser() for path in read_names(arguments)]


def read_names(arguments: list[str]) -> list[str]:
    """Returns the arguments like `read_paths`, but as text, since `gs://bucket` is not a path."""
    paths: list[str] = []
    for argument in arguments:
        if argument != '-':
            paths.append(argument)
            continue
        listed = [line for line in sys.stdin.read().splitlines() if line]
        if not listed:
            raise UserError('Standard input lists no files: write one path per line.')
        paths += listed
    if not all(paths):
        raise UserError('An empty argument is not a file: name a file or a folder.')
    return paths


def load_player(source: Path) -> 'Player':
    """Loads the player of a run or of a TF.js model; only an unfinished run needs TensorFlow.

    Raises:
      UserError: as `runs.load.load_player`.
    """
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.exported import is_exported
    from melodyvae.playing.threshold import load_as_calibrated
    from melodyvae.runs.folder import RunFolder
    from melodyvae.runs.load import load_player

    refuse_unplayable(source)
    if is_exported(source):
        return load_player(source)
    run = RunFolder(source)
    if run.finished:
        return load_as_calibrated(run.own_export)
    import_tensorflow()
    return load_player(source)


def refuse_unplayable(source: Path) -> None:
    """Raises a UserError if this is neither a run nor a TF.js model, before TensorFlow starts."""
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.exported import is_exported
    from melodyvae.runs.folder import RunFolder
    from melodyvae.runs.load import check_source

    check_source(source)
    if not is_exported(source):
        RunFolder(source).refuse_untrained()


def say(what: str, *, quiet: bool = False) -> None:
    """Prints progress to standard error."""
    if not quiet:
        print_lines(what, file=sys.stderr)


def import_tensorflow(*, quiet: bool = False) -> None:
    """Imports TensorFlow, and says so, since it takes seconds."""
    say('Starting TensorFlow ...', quiet=quiet)
    start_tensorflow()


def _describe(module: ModuleType, *, with_settings: bool) -> str:
    """Returns the help of a program: the docstring of its module, and its flags."""
    assert module.__doc__
    lines = [module.__doc__.strip(), '', 'Flags:']
    for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
        default = '' if flag.default_as_str is None else f' Default: {flag.default_as_str}.'
        lines.append(f'  --{flag.name}: {flag.help}{default}')
    if with_settings and 'config' in flags.FLAGS:
        lines += ['', config_flag.describe_settings()]
    return '\n'.join(lines)


def _refuse_bare_flags(arguments: list[str]) -> None:
    """Raises a UserError if an argument is a flag without its dashes: `run_dir=runs/a`."""
    for argument in arguments:
        name, equals, value = argument.partition('=')
        nearest = find_nearest(name, flags.FLAGS) if equals and not Path(argument).exists() else ''
        if nearest:
            raise UserError(f'{argument} is not a file: did you mean --{nearest}={value}?')


def _sentence(error: Exception) -> str:
    text = str(error.args[0]) if error.args else str(error)
    if missing := re.match(r'flag --(\w+)=None', text):
        wanted = flags.FLAGS[missing[1]].help
        return f'--{missing[1]} is missing: {wanted[0].lower()}{wanted[1:]}'
    return text if text.endswith(('.', '?')) else f'{text}.'


def _fail(name: str, sentence: str, status: int) -> NoReturn:
    print(f'{name}: {make_printable(sentence)}', file=sys.stderr)
    leave(status)
