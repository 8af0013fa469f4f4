"""Makes MIDI files with a trained run, or with a TF.js model that a Max device saved.

Example: melodyvae_generate runs/loops --output=new --grid=5 --threshold_min=0.3
"""

import json
from pathlib import Path

from absl import flags

from melodyvae.cli import program
from melodyvae.errors import UserError

_RUN_DIR = program.define_run_dir()
_OUTPUT = flags.DEFINE_string('output', None, 'Folder for the MIDI files.', required=True)
_Z = flags.DEFINE_multi_string('z', [], 'A point to decode, as x,y; repeat it for more.')
_GRID = flags.DEFINE_integer('grid', None, 'N x N points over the pad of the device.', 1, 100)
_INTERPOLATE = flags.DEFINE_string('interpolate', None, 'Points on a line, as x,y:x,y.')
_RANDOM = flags.DEFINE_bool('random', False, 'Points drawn at random; so it is by default.')
_COUNT = flags.DEFINE_integer('num_outputs', 16, 'Of --random and --interpolate.', 1)
_TEMPERATURE = flags.DEFINE_float('temperature', 1.0, 'Widens --random and --grid.', 0)
_SEED = flags.DEFINE_integer('seed', 0, 'Of --random and --noise.', 0)
_NOISE = flags.DEFINE_float('noise', 0.0, 'Standard deviation of noise on every z.', 0)
_LEAST = flags.DEFINE_float('threshold_min', None, "Of onsets; the run's own by default.", 0, 1)
_MOST = flags.DEFINE_float('threshold_max', 1.0, 'Largest onset probability of a note.', 0, 1)
_OFFSET = flags.DEFINE_float('grid_offset', 1.0, 'Times the timeshifts; 0 is on the grid.', 0, 2)
_TEMPO = flags.DEFINE_float('tempo', 120.0, 'Quarter notes a minute.', 4, 1000)
_POLYPHONIC = flags.DEFINE_bool('polyphonic', False, 'Play every cell inside the thresholds.')
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Write into a folder that is not empty.')
_JSON = flags.DEFINE_bool('json', False, 'Print JSON.')


def main(arguments: list[str]) -> None:
    source, rest = program.run_and_rest(arguments, _RUN_DIR.value)
    if rest:
        raise UserError(f'Name one run folder or TF.js model folder: {rest[0]} is one too many.')
    folder = Path(_OUTPUT.value).expanduser()
    if folder.exists() and not _OVERWRITE.value and (folder.is_file() or any(folder.iterdir())):
        raise UserError(f'{folder} is not empty: name another --output, or add --overwrite.')

    program.import_tensorflow()
    from melodyvae.playing.latent import add_noise, choose_points
    from melodyvae.playing.player import load_player, name_files, write_outputs

    player = load_player(source)
    least = player.threshold if _LEAST.value is None else _LEAST.value
    if least > _MOST.value:
        raise UserError(f'--threshold_max={_MOST.value} is below the least, {least:.3g}.')
    asked: dict = {flag.name: flag.value for flag in (_Z, _GRID, _INTERPOLATE, _RANDOM)}
    asked |= {flag.name: flag.value for flag in (_TEMPERATURE, _SEED)}
    z = choose_points(player.config, count=_COUNT.value, **asked)
    z = add_noise(z, _NOISE.value, _SEED.value)
    options = {flag.name: flag.value for flag in (_MOST, _OFFSET, _POLYPHONIC, _TEMPO)}
    patterns = write_outputs(player, z, folder, threshold_min=least, **options)
    rows = [
        {'file': file if len(pattern) else None, 'z': point.tolist(), 'notes': len(pattern)}
        for file, point, pattern in zip(name_files(z), z, patterns, strict=True)
    ]
    if _JSON.value:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            z_text = ' '.join(f'{value:+.3f}' for value in row['z'])
            print(f'{row["file"] or "silent, no file":24} {row["notes"]:4} notes  z {z_text}')
    if not any(row['notes'] for row in rows):
        raise UserError(f'Every pattern is silent: lower --threshold_min, now {least:.3g}.')


def run() -> None:
    program.run(main)
