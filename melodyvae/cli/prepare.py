"""Cuts MIDI, ABC and MusicXML into loops, and says what became of each file.

Example: melodyvae_prepare ~/Music/loops more.mid --output=data/loops

Ctrl-C leaves a dataset of the files that are done. The same with --resume reads the others, or, at
any later time, what is new in the library.
"""

import json

from absl import flags

from melodyvae.cli import config_flag, program
from melodyvae.errors import UserError
from melodyvae.ingest.process import start_early
from melodyvae.shell import quote

_OUTPUT = flags.DEFINE_string('output', None, 'New folder for the dataset.', required=True)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace the dataset in --output.')
_RESUME = flags.DEFINE_bool(
    'resume', False, 'Go on with the dataset in --output: read only files that are new or changed.'
)
_TRACKS = program.define_tracks()
_JSON = flags.DEFINE_bool('json', False, 'Print the report as JSON.')
_CONFIG = config_flag.define_config()


def main(arguments: list[str]) -> None:
    config = _CONFIG.value
    if _TRACKS.value:
        config.grid.tracks = tuple(_TRACKS.value)
    config.validate()
    output = program.output_path(_OUTPUT.value)
    if _OVERWRITE.value and _RESUME.value:
        raise UserError('Give --overwrite or --resume, not both.')
    if _OVERWRITE.value and output.exists() and not (output / 'dataset.json').exists():
        raise UserError(f'{output} is no dataset: it is not overwritten.')

    start_early()

    from melodyvae.ingest.check_up import check_library
    from melodyvae.ingest.file_report import format_reports, sum_reports
    from melodyvae.ingest.find import count_others
    from melodyvae.ingest.prepare import prepare_midi

    paths = program.read_paths(arguments)
    reports = prepare_midi(
        paths,
        config.grid,
        output,
        overwrite=_OVERWRITE.value,
        resume=_RESUME.value,
        keep_partial=True,
    )
    hints = check_library(reports, config.grid, count_others(paths))
    if _JSON.value:
        files = [report._asdict() for report in reports]
        print(json.dumps({**sum_reports(reports), 'check_up': hints, 'report': files}, indent=2))
    else:
        print('\n'.join([format_reports(reports), *hints]))
        command = f'melodyvae_train --dataset={quote(output)} --run_dir=runs/NAME'
        print(f'{output} holds them. Next: {command}')


def run() -> None:
    program.run(main)
