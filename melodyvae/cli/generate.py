"""Generates MIDI files with a trained run, or with a TF.js model that a Max device saved.

Examples:
  melodyvae_generate runs/loops --output=new --grid=5 --threshold_min=0.3
  melodyvae_generate runs/loops --output=heard --grid=5 --as_live

The clips have the timing and the pitches that the model has learned. With --as_live they have those
that Live plays, at the dial settings of docs/max.md: melodies on the grid, drums a little late.
"""

import json
from typing import TYPE_CHECKING, Any

from absl import flags

from melodyvae.cli import program
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_table

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from melodyvae.config.settings import Config
    from melodyvae.loops.loops import Loops
    from melodyvae.playing.player import Player

SPARE = 8  # times as many points are drawn as clips are asked for, if only new ones count


class _TempoParser(flags.FloatParser):
    """Parses a tempo, or 'own'."""

    def parse(self, argument: str | float) -> Any:
        return argument if argument == 'own' else super().parse(argument)


_RUN_DIR = program.define_run_dir()
_OUTPUT = flags.DEFINE_string('output', None, 'Folder for the MIDI files.', required=True)
_Z = flags.DEFINE_multi_string('z', [], 'A point to decode, as x,y; may be given several times.')
_GRID = flags.DEFINE_integer('grid', None, 'N x N points on the pad of the device.', 1, 100)
_INTERPOLATE = flags.DEFINE_string('interpolate', None, 'Points on a line, as x,y:x,y.')
_RANDOM = flags.DEFINE_bool('random', False, 'Random points (default).')
_COUNT = flags.DEFINE_integer(
    'num_outputs', 16, 'Number of points of --random and --interpolate.', 1
)
_TEMPERATURE = flags.DEFINE_float(
    'temperature', 1.0, 'Scales the points of --random and --grid.', 0
)
_SEED = flags.DEFINE_integer('seed', 0, 'Seed of --random and --noise.', 0)
_NOISE = flags.DEFINE_float(
    'noise', 0.0, 'Standard deviation of the noise that is added to each z.', 0
)
_MIN = flags.DEFINE_float(
    'threshold_min',
    None,
    "Minimum onset probability of a note; default: the run's own threshold.",
    0,
    1,
)
_MAX = flags.DEFINE_float('threshold_max', 1.0, 'Maximum onset probability of a note.', 0, 1)
_OFFSET = flags.DEFINE_float(
    'grid_offset', None, 'Factor of the timeshifts; 0 puts all notes on the grid.', 0, 5
)
_TEMPO = flags.DEFINE(
    _TempoParser(4, 1000),
    'tempo',
    None,
    "Quarter notes per minute, or own for the tempo of the library's loop that is nearest to the "
    "point; default: the library's tempo.",
)
_AS_LIVE = flags.DEFINE_bool(
    'as_live', False, 'Use the timing and the pitches of Live instead of those of the model.'
)
_DURATION = flags.DEFINE_float(
    'duration_dial', None, 'With --as_live: the dial "duration" of MelodyVAE.', 0.1, 12
)
_STRICT_DRUMS = flags.DEFINE_bool(
    'strict_drum_notes',
    False,
    'Write each drum as the first note of its class in the strict map.',
)
_POLYPHONIC = flags.DEFINE_bool('polyphonic', False, 'Play every cell between the thresholds.')
_NEW_ONLY = flags.DEFINE_bool(
    'new_only', False, 'Write no copies or variations of the loops that the run was trained on.'
)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Write into a folder that is not empty.')
_JSON = flags.DEFINE_bool('json', False, 'Print JSON.')


def main(arguments: list[str]) -> None:
    source = program.only_source(arguments, _RUN_DIR.value)
    folder = program.output_path(_OUTPUT.value)
    if folder.exists() and not _OVERWRITE.value and _is_in_use(folder):
        raise UserError(f'{folder} is not empty: name another --output, or add --overwrite.')
    # Imported here, because `--help` runs without NumPy.
    import numpy as np

    from melodyvae.evaluation.steps_apart import find_origins
    from melodyvae.playing.latent import add_noise, choose_points
    from melodyvae.playing.outputs import name_files, write_outputs

    player = program.load_player(source)
    if _STRICT_DRUMS.value:
        player.config.grid.drum_notes = 'strict'
    threshold_min = player.threshold if _MIN.value is None else _MIN.value
    if threshold_min > _MAX.value:
        raise UserError(
            f'--threshold_max={_MAX.value} is below --threshold_min={threshold_min:.3g}: raise it.'
        )
    where = (_Z, _GRID, _INTERPOLATE, _RANDOM, _TEMPERATURE, _SEED)
    asked: dict = {flag.name: flag.value for flag in where}
    library = _read_library(source)
    drawn = not (_Z.value or _GRID.value or _INTERPOLATE.value)
    spare = SPARE if drawn and _NEW_ONLY.value else 1
    z = choose_points(player.config, count=_COUNT.value * spare, **asked)
    pad = player.config.device.pad
    if (_Z.value or _INTERPOLATE.value) and np.abs(z).max() > pad:
        program.say(f'Some points are off the pad, which extends from {-pad:g} to {pad:g}.')
    z = add_noise(z, _NOISE.value, _SEED.value)
    timing = _timing(player.config)
    notes: dict = {'threshold_min': threshold_min}
    notes |= {flag.name: flag.value for flag in (_MAX, _POLYPHONIC)}
    if _NEW_ONLY.value and library is not None:
        z = _keep_new(player, z, library, **notes)
        z = z[: _COUNT.value] if drawn else z
    patterns = write_outputs(player, z, folder, tempo=_TEMPO.value, **notes, **timing)
    origins = [None] * len(z) if library is None else find_origins(patterns, library, player.config)
    rows = [
        {
            'file': file if len(pattern) else None,
            'z': point.tolist(),
            'notes': len(pattern),
            'origin': str(origin) if origin and len(pattern) else None,
        }
        for file, point, pattern, origin in zip(name_files(z), z, patterns, origins, strict=True)
    ]
    if _JSON.value:
        print(json.dumps(rows, indent=2))
    else:
        _print_rows(rows, with_origins=library is not None)
    if not any(row['notes'] for row in rows):
        raise UserError(
            f'Every pattern is silent: lower --threshold_min, which is {threshold_min:.3g}.'
        )


def _print_rows(rows: list[dict[str, Any]], *, with_origins: bool) -> None:
    titles = ['file', 'notes', 'z', *(['beside your loops'] if with_origins else [])]
    table = []
    for row in rows:
        place = ' '.join(f'{value:+.3f}' for value in row['z'])
        cells = [row['file'] or 'silent, no file', str(row['notes']), place, row['origin'] or '']
        table.append(cells[: len(titles)])
    print_table(titles, table, texts=['file', 'z', 'beside your loops'])


def _read_library(source: 'Path') -> 'Loops | None':
    """Returns the loops that a run learned; None for a model folder, which holds none."""
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.exported import is_exported
    from melodyvae.runs.folder import RunFolder

    try:
        if is_exported(source):
            raise UserError(f'{source} is a model folder, which holds no loops.')
        return RunFolder(source).loops()
    except UserError as error:
        if _NEW_ONLY.value:
            raise UserError(f'--new_only needs the loops of a run: {error}') from error
        return None


def _keep_new(player: 'Player', z: 'np.ndarray', library: 'Loops', **options: Any) -> 'np.ndarray':
    """Returns the points that play something new, each of them something else."""
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.evaluation.steps_apart import choose_clips, find_origins
    from melodyvae.playing.player import play

    patterns = list(play(player, z, **options))
    origins = find_origins(patterns, library, player.config)
    chosen = choose_clips(patterns, origins, len(z))
    new = [index for index in chosen if origins[index].kind == 'new']
    if not new:
        raise UserError(
            'None of these points plays a new loop: take more, or leave --new_only out.'
        )
    return z[new]


def _is_in_use(folder: 'Path') -> bool:
    return folder.is_file() or not all(is_left_by_desktop(path.name) for path in folder.iterdir())


def _timing(config: 'Config') -> dict[str, Any]:
    """Returns the options of `write_outputs` for the start and end of notes."""
    if not _AS_LIVE.value:
        if _DURATION.value is not None:
            raise UserError(
                '--duration_dial needs --as_live: add --as_live, or leave out --duration_dial.'
            )
        return {} if _OFFSET.value is None else {'grid_offset': _OFFSET.value}
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.dials import refuse_without_device

    refuse_without_device(config)
    dials = {'duration': _DURATION.value, 'grid_offset': _OFFSET.value}
    unheard = 'duration' if config.device.spec.plays_timeshift else 'grid_offset'
    if dials[unheard] is not None:
        flag = '--duration_dial' if unheard == 'duration' else '--grid_offset'
        raise UserError(f'{flag} has no effect with --as_live on {config.name}: leave it out.')
    return {'dials': {name: value for name, value in dials.items() if value is not None}}
