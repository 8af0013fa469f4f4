"""Cuts MIDI, ABC and MusicXML files into loops, and reports what was left out.

Example: melodyvae_prepare ~/Music/loops more.mid --output=data/loops

Large libraries are read in parallel. Ctrl-C keeps the files that are done. --resume continues after
an interruption, and adds files that are new or have changed.

Apache Beam reads libraries that are too large for one machine or are in a bucket. The options of
Beam follow --:
melodyvae_prepare 'gs://music/**.mid' --output=gs://mine/loops --runner=dataflow -- --project=mine
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags, logging

from melodyvae.cli import config_flag, program
from melodyvae.ingest import READER
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines, quote
from melodyvae.system.workers import start_early

if TYPE_CHECKING:
    from melodyvae.config.settings import GridConfig
    from melodyvae.ingest.file_report import FileReport

_OUTPUT: flags.FlagHolder[str] = flags.DEFINE_string(
    'output', None, 'New folder for the dataset.', required=True
)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace the dataset in --output.')
_RESUME = flags.DEFINE_bool(
    'resume',
    False,
    'Continue the dataset in --output: read only files that are new or have changed.',
)
_RUNNER = flags.DEFINE_string(
    'runner', None, 'Read with Apache Beam on direct, flink, spark, dataflow or another runner.'
)
program.define_reading()
_JSON = flags.DEFINE_bool('json', False, 'Print the report as JSON.')
_CONFIG = config_flag.define_config()


def main(arguments: list[str], options: list[str]) -> None:
    config = _CONFIG.value
    program.apply_reading(config)
    if _OVERWRITE.value and _RESUME.value:
        raise UserError('Give --overwrite or --resume, not both.')
    if _RUNNER.value is not None:
        _prepare_on_beam(_RUNNER.value, arguments, options, config.grid)
    else:
        _prepare([*arguments, *options], config.grid)


def _prepare(arguments: list[str], grid: 'GridConfig') -> None:
    output = _check_output()
    start_early(READER)
    # Imported here, because the reader process starts meanwhile, and `--help` runs without NumPy.
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
    _print_reports(reports, grid, paths, output)
    if not _JSON.value:
        _print_next(output)


def _prepare_on_beam(
    runner: str, arguments: list[str], options: list[str], grid: 'GridConfig'
) -> None:
    if _RESUME.value:
        raise UserError('--resume does not work with Beam: leave out --runner.')
    if runner.lower() in ('direct', 'directrunner'):
        logging.set_verbosity(logging.FATAL)  # errors are printed as one sentence
    try:
        # Imported here, because Apache Beam is optional and slow to import.
        from melodyvae.ingest.beam import prepare_on_beam
        from melodyvae.ingest.buckets import is_url
    except ModuleNotFoundError as error:
        if error.name != 'apache_beam':
            raise
        raise UserError(
            '--runner needs Apache Beam, which is not installed: run '
            'pip install "melodyvae[beam]", or leave --runner out.'
        ) from error
    names = program.read_names(arguments)
    distant = is_url(_OUTPUT.value)
    output = _OUTPUT.value.rstrip('/') if distant else _check_output()
    reports, counters = prepare_on_beam(
        names, grid, str(output), runner, options, overwrite=_OVERWRITE.value
    )
    folders = [] if any(map(is_url, names)) else names
    _print_reports(reports, grid, folders, output, counters)
    if not _JSON.value and distant:
        print_lines(f'The loops are in {output}. Next: copy it to the machine that trains.')
    elif not _JSON.value:
        _print_next(Path(output))


def _check_output() -> Path:
    output = program.output_path(_OUTPUT.value)
    if _OVERWRITE.value and output.exists() and not (output / 'dataset.json').exists():
        raise UserError(
            f'{output} is not a dataset, so it is not overwritten: name another --output.'
        )
    return output


def _print_reports(
    reports: 'Sequence[FileReport]',
    grid: 'GridConfig',
    folders: Sequence[str | Path],
    output: str | Path,
    counters: Mapping[str, int] | None = None,
) -> None:
    # Imported here, because `--help` runs without NumPy.
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
    print_lines(*format_reports(reports, f'{output}/report.csv').split('\n'), *hints)
    if counters:
        print('Beam counted:', ', '.join(f'{count} {name}' for name, count in counters.items()))


def _print_next(output: Path) -> None:
    command = f'melodyvae_train --dataset={quote(output)} --run_dir=runs/NAME'
    print_lines(f'The loops are in {output}. Next: {command}')
