"""Cuts MIDI, ABC and MusicXML into loops, and says what became of each file.

Example: melodyvae_prepare ~/Music/loops more.mid --output=data/loops
"""

import dataclasses
import json
from pathlib import Path

from absl import flags

from melodyvae.bin import program
from melodyvae.errors import UserError

_OUTPUT = flags.DEFINE_string('output', None, 'New folder for the dataset.', required=True)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace the dataset in --output.')
_JSON = flags.DEFINE_bool('json', False, 'Print the report as JSON.')
_CONFIG = program.define_config()


def main(arguments: list[str]) -> None:
    config = _CONFIG.value.validate()
    output = Path(_OUTPUT.value).expanduser()
    if _OVERWRITE.value and output.exists() and not (output / 'dataset.json').exists():
        raise UserError(f'{output} is no dataset: it is not overwritten.')

    from melodyvae.ingest import report_table, report_totals
    from melodyvae.prepare import prepare_midi

    paths = [path.expanduser() for path in program.several_paths(arguments)]
    reports = prepare_midi(paths, config.grid, output, overwrite=_OVERWRITE.value)
    if _JSON.value:
        files = [dataclasses.asdict(report) for report in reports]
        print(json.dumps({**report_totals(reports), 'report': files}, indent=2))
    else:
        print(report_table(reports))
        print(f'{output} holds them. Next: melodyvae_train --dataset={output} --run_dir=runs/NAME')


def run() -> None:
    program.run(main)
