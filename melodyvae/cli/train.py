"""Trains a system on your MIDI, and leaves a folder with the model for Max, plots and new MIDI.

Examples:
  melodyvae_train --midi=~/Music/loops --run_dir=runs/loops
  melodyvae_train --run_dir=runs/loops --resume

Without --midi and --dataset it trains on folk tunes, which the package music21 carries.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from melodyvae.cli import config_flag, program
from melodyvae.cli.training_music import find_or_prepare
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_DATASET = flags.DEFINE_string(
    'dataset',
    None,
    'Dataset folder of melodyvae_prepare, instead, or its URL: s3://bucket/loops and the like.',
)
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'New folder for the run.')
_INIT_FROM = flags.DEFINE_string(
    'init_from',
    None,
    'Finished run to start from, with the same features, grid and layers (fine-tuning).',
)
_RESUME = flags.DEFINE_bool('resume', False, 'Continue the run in --run_dir that was stopped.')
_QUIET = flags.DEFINE_bool('quiet', False, 'Print results and errors only.')
_LOSSES = flags.DEFINE_bool('losses', False, 'Print every loss of each epoch.')
_LIVE = flags.DEFINE_bool(
    'live',
    False,
    'Keep the model as it is now in live/ of the run while it learns, for the studio.',
)
_TRACKS = program.define_tracks()
_SEED = flags.DEFINE_integer('seed', None, 'The same as --config.training.seed.', lower_bound=0)
_JSON = flags.DEFINE_bool('json', False, 'Print what the run ended with as JSON.')
_CONFIG = config_flag.define_config()
# Flags that a resumed run cannot follow.
CHANGING = (
    '--init_from',
    '-init_from',
    '--config',
    '-config',
    '--seed',
    '-seed',
    '--tracks',
    '-tracks',
)


def main(arguments: list[str]) -> None:
    if _QUIET.value:
        os.environ['TQDM_DISABLE'] = '1'
    if not _RUN_DIR.value:
        raise UserError(
            'Name a folder for the run: --run_dir=runs/first trains on folk tunes, and '
            '--midi=FOLDER --run_dir=runs/mine on your music.'
        )
    run_dir = program.output_path(_RUN_DIR.value, '--run_dir')
    midi = program.read_paths([*_MIDI.value, *arguments])
    if _RESUME.value:
        if midi or _DATASET.value or any(x.startswith(CHANGING) for x in sys.argv[1:]):
            raise UserError('--resume takes data and settings from the run: leave other flags out.')
        from melodyvae.runs.folder import RunFolder

        RunFolder(run_dir).refuse_finished()
        program.import_tensorflow(quiet=_QUIET.value)
        from melodyvae.runs.train import resume

        _print_end(resume(run_dir, quiet=_QUIET.value, losses=_LOSSES.value, live=_LIVE.value))
        return
    config = _CONFIG.value
    if _SEED.value is not None:
        config.training.seed = _SEED.value
    if _TRACKS.value:
        config.grid.tracks = tuple(_TRACKS.value)
    config.validate()
    if _INIT_FROM.value:
        from melodyvae.runs.folder import RunFolder

        RunFolder(Path(_INIT_FROM.value).expanduser()).refuse_untrained()
    config.data.path = find_or_prepare(config, run_dir, midi, _DATASET.value, quiet=_QUIET.value)

    program.import_tensorflow(quiet=_QUIET.value)
    from melodyvae.runs.train import train

    run = train(
        config,
        run_dir,
        init_from=_INIT_FROM.value and Path(_INIT_FROM.value).expanduser(),
        quiet=_QUIET.value,
        losses=_LOSSES.value,
        live=_LIVE.value,
    )
    _print_end(run)


def _print_end(run: 'RunFolder') -> None:
    from melodyvae.cli.closing_words import print_closing_words

    if _JSON.value:
        print(json.dumps({'run_dir': str(run.path), **run.summary}, indent=2))
    else:
        print_closing_words(run)


def run() -> None:
    program.run(main)
