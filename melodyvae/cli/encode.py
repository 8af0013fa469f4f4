"""Shows where the loops of MIDI files lie in the latent space of a trained run.

Example: melodyvae_encode runs/loops song.mid

A line a loop: its number in the file, z as mean and spread, the notes that the device plays from
there at the run's threshold, and how far that is from the loop: onset F1 (1 for the same notes)
and the onsets' binary cross entropy (nats; 0 is the same).
"""

import json
import sys

from absl import flags

from melodyvae.cli import program
from melodyvae.errors import UserError

_RUN_DIR = program.define_run_dir()
_JSON = flags.DEFINE_bool('json', False, 'Print JSON.')


def main(arguments: list[str]) -> None:
    source, files = program.run_and_rest(arguments, _RUN_DIR.value)
    if not files:
        raise UserError('Name MIDI files after the run folder.')

    program.import_tensorflow()
    from melodyvae.ingest.find import find_files
    from melodyvae.midi.read import read_notes
    from melodyvae.playing.player import encode_notes, load_player

    paths = find_files(program.several_paths(files))
    player = load_player(source)
    rows, failures = [], 0
    for path in paths:
        try:
            loops = encode_notes(player, read_notes(path, player.config.grid))
        except UserError as error:
            print(error, file=sys.stderr)
            failures += 1
            continue
        rows += [{'file': str(path), **loop} for loop in loops]
    if _JSON.value:
        print(json.dumps(rows, indent=2))
    elif rows:
        _print_table(rows)
    if failures:
        raise UserError(f'{failures} of {len(paths)} files could not be encoded.')


def _print_table(rows: list[dict]) -> None:
    width = 8 * len(rows[0]['z_mean'])
    print(f'loop  {"z mean":>{width}}  {"z spread":>{width}}  played     F1     BCE  file')
    for row in rows:
        mean, spread = (
            ''.join(f'{x:8.3f}' for x in row[f'z_{name}']) for name in ('mean', 'spread')
        )
        print(
            f'{row["loop"]:4}  {mean}  {spread}  {row["played"]:6}'
            f'  {row["onset_f1"]:5.3f}  {row["onset_bce"]:6.1f}  {row["file"]}'
        )


def run() -> None:
    program.run(main)
