"""Shows where the loops of MIDI files lie in the latent space of a trained run.

Example: melodyvae_encode runs/loops song.mid

Prints one line per loop: its number in the file, mean and spread of z, the number of notes that the
device plays at that point at the run's threshold, and how close they are to the loop: onset F1 (1
if the notes are the same) and binary cross entropy of the onsets (nats, 0 if they are the same).
"""

import json
import sys

from absl import flags

from melodyvae.cli import program
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines, print_table

_RUN_DIR = program.define_run_dir()
_JSON = flags.DEFINE_bool('json', False, 'Print JSON.')


def main(arguments: list[str]) -> None:
    source, files = program.run_and_rest(arguments, _RUN_DIR.value)
    if not files:
        raise UserError('Name MIDI files after the run folder.')

    # Imported here, because `--help` runs without NumPy.
    from melodyvae.ingest.find import find_files

    named = program.read_paths(files)
    program.refuse_unplayable(source)
    paths = find_files(named)

    program.import_tensorflow()
    # Imported here, because these modules import TensorFlow.
    from melodyvae.midi.read import read_pieces
    from melodyvae.playing.player import encode_pieces
    from melodyvae.runs.load import load_player

    player = load_player(source)
    rows, failures = [], 0
    for path in paths:
        try:
            loops = encode_pieces(player, read_pieces(path).pieces)
            if not loops:
                raise UserError(f'{path} has no notes for this model.')
        except UserError as error:
            print_lines(error, file=sys.stderr)
            failures += 1
            continue
        rows += [{'file': str(path), **loop} for loop in loops]
    if _JSON.value:
        print(json.dumps(rows, indent=2))
    elif rows:
        _print_rows(rows)
    if failures:
        raise UserError(f'{failures} of {len(paths)} files could not be encoded.')


def _print_rows(rows: list[dict]) -> None:
    numbers = [f'{z} {n + 1}' for z in ('mean', 'spread') for n in range(len(rows[0]['z_mean']))]
    columns = ['loop', *numbers, 'played', 'F1', 'BCE', 'file']
    lines = [
        [
            str(row['loop']),
            *(f'{x:.3f}' for x in [*row['z_mean'], *row['z_spread']]),
            str(row['played']),
            f'{row["device_onset_f1"]:.3f}',
            f'{row["onset_bce"]:.1f}',
            row['file'],
        ]
        for row in rows
    ]
    print_table(columns, lines, texts=['file'])
