"""What all programs share: flags in, one clear sentence and an exit status out."""

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
from melodyvae.cli.interrupts import Interrupts, leave
from melodyvae.config.nearest import ask_for_nearest, find_nearest
from melodyvae.system.errors import UserError, make_printable
from melodyvae.system.process import keep_imports, set_threads
from melodyvae.system.version import __version__

if TYPE_CHECKING:
    from melodyvae.playing.player import Player

flags.disclaim_key_flags()  # flags defined here belong to the program that asks for them


def define_run_dir() -> flags.FlagHolder[str | None]:
    """The `--run_dir` flag of the programs that read a run."""
    return flags.DEFINE_string('run_dir', None, 'The run folder, if not the first argument.')


def define_tracks() -> flags.FlagHolder[list[str]]:
    """The `--tracks` flag of the programs that read a library."""
    return flags.DEFINE_list(
        'tracks',
        [],
        'Only these tracks of each file, as --config.grid.tracks: a part of the name, a number '
        'from 1, or a channel from ch1 to ch16; several with commas.',
    )


def output_path(text: str, flag: str = '--output') -> Path:
    """Where a program is to write, as a flag says it.

    Raises:
      UserError: if a file stands where a folder must be, or nothing may be written there.
    """
    path = Path(text).expanduser()
    if path.exists():
        return path
    parent = next((parent for parent in path.parents if parent.exists()), None)
    if parent is None or not parent.is_dir():
        reason = f'{parent} is a file' if parent else 'there is no such drive'
        raise UserError(f'{path} cannot be written, for {reason}: name another {flag}.')
    if not os.access(parent, os.W_OK):
        raise UserError(f'{parent} may not be written to: name another {flag}.')
    return path


def run(main: Callable[[list[str]], None]) -> NoReturn:
    """Parses the flags, calls `main(arguments)` and exits.

    Exit status: 0 on success, 1 on an error that the user can mend, 2 on wrong flags, 130 when
    interrupted. `--help` prints the docstring of the module that defines `main`, and its flags.
    """
    os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # TensorFlow's start-up notes
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no text of a Windows pipe
        sys.stdout.reconfigure(errors='backslashreplace')
    module = inspect.getmodule(main)
    assert module and module.__doc__ and module.__file__
    name = f'melodyvae_{Path(module.__file__).stem}'

    def parse(argv: Sequence[str]) -> list[str]:
        return _parse_flags(argv, module, name)

    def guarded(argv: list[str]) -> None:
        try:
            main(argv[1:])
            sys.stdout.flush()
            leave(0)
        except UserError as error:
            _fail(name, str(error), status=error.exit_status)
        except BrokenPipeError:
            _leave_closed_pipe()
        except OSError as error:
            if interrupts.came:
                raise
            place, problem = error.filename or 'A file', error.strerror or error
            _fail(name, f'{place} cannot be used: {problem}. Mend it, or name another.', status=1)

    with Interrupts(name) as interrupts:
        app.run(guarded, argv=keep_files(sys.argv), flags_parser=parse)
    raise AssertionError('app.run exits')


def _parse_flags(argv: Sequence[str], module: ModuleType, name: str) -> list[str]:
    """The program and its arguments; prints the help, the version or what is wrong, and exits."""
    if {'--help', '-help', '-h', '--helpfull', '--helpshort'} & set(argv[1:]):
        try:
            _print_help(module, with_settings='--helpfull' in argv)
            sys.stdout.flush()
        except BrokenPipeError:
            _leave_closed_pipe()
        sys.exit(0)
    if '--version' in argv[1:]:
        print(__version__)
        sys.exit(0)
    try:
        arguments = flags.FLAGS(argv)
        _refuse_bare_flags(split_arguments(arguments[1:])[0])
        if 'config' in flags.FLAGS:
            config_flag.apply_settings()
    except flags.UnrecognizedFlagError as error:
        _fail(name, f'{_name_unknown(error)} See {name} --help.', status=2)
    except (flags.Error, UserError, ValueError) as error:
        _fail(name, f'{_sentence(error)} See {name} --help.', status=2)
    return arguments


def keep_files(argv: Sequence[str]) -> list[str]:
    """The command line, with no file on it that could be taken for a flag.

    A folder of other people's music may hold a file of the name `--flagfile=x.mid`, which `*.mid`
    stands for as well.
    """
    return [
        f'.{os.sep}{argument}' if argument.startswith('-') and _is_file(argument) else argument
        for argument in argv
    ]


def _is_file(argument: str) -> bool:
    return Path(argument).suffix != '' and Path(argument).is_file()


def _leave_closed_pipe() -> NoReturn:
    """Ends without a word where nobody reads on, as `head` does; Python would complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


def run_and_rest(arguments: list[str], run_dir: str | None) -> tuple[Path, list[str]]:
    """The run folder, from `--run_dir` or else the first argument, and the other arguments."""
    if not run_dir and not arguments:
        raise UserError('Name a run folder, as the first argument or with --run_dir.')
    folder, rest = (run_dir, arguments) if run_dir else (arguments[0], arguments[1:])
    return Path(folder).expanduser(), rest


def read_paths(arguments: list[str]) -> list[Path]:
    """Paths among the arguments; '-' reads one path a line from standard input."""
    return [Path(path).expanduser() for path in read_names(arguments)]


def read_names(arguments: list[str]) -> list[str]:
    """The same as they are written, since 'gs://bucket' is no path."""
    paths: list[str] = []
    for argument in arguments:
        if argument != '-':
            paths.append(argument)
            continue
        listed = [line for line in sys.stdin.read().splitlines() if line]
        if not listed:
            raise UserError('Standard input lists no file: write one path a line.')
        paths += listed
    if not all(paths):
        raise UserError('An empty name is no file: name a file or a folder.')
    return paths


def split_arguments(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Those of the arguments that come before `--` on the command line, and those after it."""
    after = len(sys.argv) - sys.argv.index('--') - 1 if '--' in sys.argv else 0
    return arguments[: len(arguments) - after], arguments[len(arguments) - after :]


def load_player(source: Path) -> 'Player':
    """The player of a run or of a TF.js model; only a run that has not finished needs TensorFlow.

    Raises:
      UserError: as `playing.player.load_player`.
    """
    from melodyvae.playing.player import is_exported
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
    """Raises a UserError, before TensorFlow is imported, if this is neither run nor TF.js model."""
    from melodyvae.playing.player import is_exported
    from melodyvae.runs.folder import RunFolder

    if not source.exists():
        raise UserError(f'{source} does not exist: name a run folder or a TF.js model folder.')
    if not is_exported(source):
        RunFolder(source).refuse_untrained()


def say(what: str, *, quiet: bool = False) -> None:
    """Tells somebody who waits what for, on standard error."""
    if not quiet:
        print(what, file=sys.stderr, flush=True)


def import_tensorflow(*, quiet: bool = False) -> None:
    """Imports TensorFlow and Keras in float32, and hides the notes of their builds.

    What the environment or keras.json says of the backend and its precision is for other programs.
    """
    os.environ['KERAS_BACKEND'] = 'tensorflow'
    say('Starting TensorFlow ...', quiet=quiet)
    set_threads()
    stderr = os.dup(2)
    with Path(os.devnull).open('w') as nowhere, keep_imports():
        os.dup2(nowhere.fileno(), 2)
        try:
            import keras
            import tensorflow as tf

            keras.config.set_floatx('float32')
            keras.config.set_dtype_policy('float32')
            tf.constant(0)  # it looks for GPUs at the first use
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _print_help(module: ModuleType, *, with_settings: bool) -> None:
    assert module.__doc__
    print(module.__doc__.strip(), '\n\nFlags:')
    for flag in flags.FLAGS.get_key_flags_for_module(module.__name__):
        default = '' if flag.default_as_str is None else f' Default: {flag.default_as_str}.'
        print(f'  --{flag.name}: {flag.help}{default}')
    if with_settings and 'config' in flags.FLAGS:
        print('\n' + config_flag.describe_settings())


def _name_unknown(error: flags.UnrecognizedFlagError) -> str:
    hint = ask_for_nearest(error.flagname, flags.FLAGS, '--')
    return f'--{error.flagname} is no flag{hint}.'


def _refuse_bare_flags(arguments: list[str]) -> None:
    """Raises a UserError if an argument is a flag whose dashes were forgotten: `run_dir=runs/a`."""
    for argument in arguments:
        name, equals, value = argument.partition('=')
        nearest = find_nearest(name, flags.FLAGS) if equals and not Path(argument).exists() else ''
        if nearest:
            raise UserError(f'{argument} is no file: did you mean --{nearest}={value}?')


def _sentence(error: Exception) -> str:
    text = str(error.args[0]) if error.args else str(error)
    if missing := re.match(r'flag --(\w+)=None', text):
        wanted = flags.FLAGS[missing[1]].help
        return f'--{missing[1]} is missing: {wanted[0].lower()}{wanted[1:]}'
    return text if text.endswith(('.', '?')) else f'{text}.'


def _fail(name: str, sentence: str, status: int) -> NoReturn:
    print(f'{name}: {make_printable(sentence)}', file=sys.stderr)
    leave(status)
