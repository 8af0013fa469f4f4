"""Trains a model on your MIDI, and writes a folder with the model for Max, plots and new MIDI.

Examples:
  melodyvae_train --midi=~/Music/loops --run_dir=runs/loops
  melodyvae_train --run_dir=runs/loops --resume

Without --midi and --dataset it trains on the folk tunes of the package music21.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from melodyvae.cli import config_flag, program
from melodyvae.runs.dataset import find_or_prepare
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.playing.card import About
    from melodyvae.runs.folder import RunFolder

_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_DATASET = flags.DEFINE_string(
    'dataset',
    None,
    'Instead of --midi: a dataset folder of melodyvae_prepare, or a URL such as s3://bucket/loops.',
)
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'New folder for the run.')
_INIT_FROM = flags.DEFINE_string(
    'init_from',
    None,
    'Finished run to start from, with the same features, grid and layers (fine-tuning).',
)
_RESUME = flags.DEFINE_bool('resume', False, 'Continue the stopped run in --run_dir.')
_QUIET = flags.DEFINE_bool('quiet', False, 'Print results and errors only.')
_LOSSES = flags.DEFINE_bool('losses', False, 'Print every loss of each epoch.')
_LIVE = flags.DEFINE_bool(
    'live', False, 'During training, keep a playable copy of the model in RUN_DIR/live.'
)
program.define_reading()
_SEED = flags.DEFINE_integer('seed', None, 'Same as --config.training.seed.', lower_bound=0)
_AUTHOR = flags.DEFINE_string('author', '', 'Author of the model, for its card.')
_LICENSE = flags.DEFINE_string(
    'license', '', 'License of the model, for its card, such as cc-by-4.0.'
)
_ABOUT = flags.DEFINE_string('about', '', 'A text about the model, for its card.')
_TAGS = flags.DEFINE_list('tags', [], 'Words to find the model by, for its card.')
_SOURCE_LICENSE = flags.DEFINE_multi_string(
    'source_license',
    [],
    'License of the music, for the card of the model, or FOLDER=LICENSE for one of several top '
    'folders; may be given several times.',
)
_JSON = flags.DEFINE_bool('json', False, 'Print the summary of the run as JSON.')
_CONFIG = config_flag.define_config()


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
    options: dict[str, Any] = {'quiet': _QUIET.value, 'losses': _LOSSES.value, 'live': _LIVE.value}
    if _RESUME.value:
        others = (_INIT_FROM, _AUTHOR, _LICENSE, _ABOUT, _TAGS, _SOURCE_LICENSE)
        given = program.has_reading() or any(flag.present for flag in others)
        if midi or _DATASET.value or _SEED.present or given or config_flag.is_given():
            raise UserError(
                '--resume takes data and settings from the run: leave out the other flags.'
            )
        # Imported here, because `--help` runs without NumPy.
        from melodyvae.runs.folder import RunFolder

        RunFolder(run_dir).refuse_finished()
        program.import_tensorflow(quiet=_QUIET.value)
        # Imported here, because these modules import TensorFlow.
        from melodyvae.runs.train import resume

        _print_end(resume(run_dir, **options))
        return
    config = _CONFIG.value
    if _SEED.value is not None:
        config.training.seed = _SEED.value
    program.apply_reading(config)
    about = _read_about()
    if _INIT_FROM.value:
        from melodyvae.runs.folder import RunFolder

        RunFolder(Path(_INIT_FROM.value).expanduser()).refuse_untrained()
    config.data.path = find_or_prepare(config, run_dir, midi, _DATASET.value, quiet=_QUIET.value)

    program.import_tensorflow(quiet=_QUIET.value)
    # Imported here, because these modules import TensorFlow.
    from melodyvae.runs.train import train

    init_from = _INIT_FROM.value and Path(_INIT_FROM.value).expanduser()
    _print_end(train(config, run_dir, init_from=init_from, about=about, **options))


def _read_about() -> 'About':
    from melodyvae.playing.card import About  # here, because `--help` runs without NumPy

    pairs = [text.rpartition('=') for text in _SOURCE_LICENSE.value]
    return About(
        author=_AUTHOR.value,
        license=_LICENSE.value,
        about=_ABOUT.value,
        tags=tuple(_TAGS.value),
        source_licenses={folder: terms for folder, _, terms in pairs},
    )


def _print_end(run: 'RunFolder') -> None:
    if _JSON.value:
        print(json.dumps({'run_dir': str(run.path), **run.summary}, indent=2))
        return
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.cli.summary import print_summary

    print_summary(run)
