"""Cuts MIDI, ABC and MusicXML into loops, and says what became of each file.

Example: melodyvae_prepare ~/Music/loops more.mid --output=data/loops

Ctrl-C leaves a dataset of the files that are done. The same with --resume reads the others, or, at
any later time, what is new in the library.

A library that is too large for one machine, or lies in a bucket, is read on Apache Beam, whose own
options follow --:
melodyvae_prepare 'gs://music/**.mid' --output=gs://mine/loops --runner=dataflow -- --project=mine
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags, logging

from melodyvae.cli import config_flag, program
from melodyvae.ingest.process import start_early
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import quote

if TYPE_CHECKING:
    from melodyvae.config.settings import GridConfig
    from melodyvae.ingest.file_report import FileReport

_OUTPUT: flags.FlagHolder[str] = flags.DEFINE_string(
    'output', None, 'New folder for the dataset.', required=True
)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace the dataset in --output.')
_RESUME = flags.DEFINE_bool(
    'resume', False, 'Go on with the dataset in --output: read only files that are new or changed.'
)
_RUNNER = flags.DEFINE_string(
    'runner', None, 'Read on Apache Beam: direct, flink, spark, dataflow or another of its runners.'
)
_TRACKS = program.define_tracks()
_JSON = flags.DEFINE_bool('json', False, 'Print the report as JSON.')
_CONFIG = config_flag.define_config()


def main(arguments: list[str]) -> None:
    config = _CONFIG.value
    if _TRACKS.value:
        config.grid.tracks = tuple(_TRACKS.value)
    config.validate()
    if _OVERWRITE.value and _RESUME.value:
        raise UserError('Give --overwrite or --resume, not both.')
    if _RUNNER.value is not None:
        _prepare_on_beam(_RUNNER.value, arguments, config.grid)
    else:
        _prepare(arguments, config.grid)


def _prepare(arguments: list[str], grid: 'GridConfig') -> None:
    output = _check_output()
    start_early()

    from melodyvae.ingest.prepare import prepare_midi

    paths = program.read_paths(arguments)
    reports = prepare_midi(
        paths,
        grid,
        output,
        overwrite=_OVERWRITE.value,
        resume=_RESUME.value,
        keep_partial=True,
    )
    _print_reports(reports, grid, paths)
    if not _JSON.value:
        _print_next(output)


def _prepare_on_beam(runner: str, arguments: list[str], grid: 'GridConfig') -> None:
    if _RESUME.value:
        raise UserError('--resume reads on without Beam: leave --runner out.')
    if runner.lower() in ('direct', 'directrunner'):
        logging.set_verbosity(logging.FATAL)  # what is wrong comes as a sentence
    try:
        from melodyvae.ingest.beam import prepare_on_beam
        from melodyvae.ingest.buckets import is_url
    except ModuleNotFoundError as error:
        if error.name != 'apache_beam':
            raise
        raise UserError(
            '--runner needs Apache Beam, which is not installed: run '
            'pip install "melodyvae[beam]", or leave --runner out.'
        ) from error
    names, options = program.split_arguments(arguments)
    names = program.read_names(names)
    distant = is_url(_OUTPUT.value)
    output = _OUTPUT.value.rstrip('/') if distant else _check_output()
    reports, counters = prepare_on_beam(
        names, grid, str(output), runner, options, overwrite=_OVERWRITE.value
    )
    _print_reports(reports, grid, [] if any(map(is_url, names)) else names, counters)
    if not _JSON.value and distant:
        print(f'{output} holds them. Next: copy it to the machine that is to train.')
    elif not _JSON.value:
        _print_next(Path(output))


def _check_output() -> Path:
    output = program.output_path(_OUTPUT.value)
    if _OVERWRITE.value and output.exists() and not (output / 'dataset.json').exists():
        raise UserError(f'{output} is no dataset: it is not overwritten.')
    return output


def _print_reports(
    reports: 'Sequence[FileReport]',
    grid: 'GridConfig',
    folders: Sequence[str | Path],
    counters: Mapping[str, int] | None = None,
) -> None:
    from melodyvae.ingest.check_up import check_library
    from melodyvae.ingest.file_report import format_reports, sum_reports
    from melodyvae.ingest.find import count_others

    hints = check_library(reports, grid, count_others(folders))
    if _JSON.value:
        counted = {'counters': counters} if counters else {}
        files = [report._asdict() for report in reports]
        whole = {**sum_reports(reports), **counted, 'check_up': hints, 'report': files}
        print(json.dumps(whole, indent=2))
        return
    print('\n'.join([format_reports(reports), *hints]))
    if counters:
        print('Beam counted:', ', '.join(f'{count} {name}' for name, count in counters.items()))


def _print_next(output: Path) -> None:
    command = f'melodyvae_train --dataset={quote(output)} --run_dir=runs/NAME'
    print(f'{output} holds them. Next: {command}')


def run() -> None:
    program.run(main)
