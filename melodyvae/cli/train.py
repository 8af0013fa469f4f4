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
from melodyvae.config.settings import Config
from melodyvae.errors import UserError

if TYPE_CHECKING:
    from melodyvae.run_folder import RunFolder
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_DATASET = flags.DEFINE_string('dataset', None, 'Dataset folder of melodyvae_prepare, instead.')
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'New folder for the run.')
_RESUME = flags.DEFINE_bool('resume', False, 'Continue the run in --run_dir that was stopped.')
_QUIET = flags.DEFINE_bool('quiet', False, 'Print results and errors only.')
_TRACKS = program.define_tracks()
_SEED = flags.DEFINE_integer('seed', None, 'The same as --config.training.seed.', lower_bound=0)
_JSON = flags.DEFINE_bool('json', False, 'Print what the run ended with as JSON.')
_CONFIG = config_flag.define_config()
# Flags that a resumed run cannot follow.
CHANGING = ('--config', '-config', '--seed', '-seed', '--tracks', '-tracks')


def main(arguments: list[str]) -> None:
    if _QUIET.value:
        os.environ['TQDM_DISABLE'] = '1'
    if not _RUN_DIR.value:
        raise UserError('Name a folder for the run with --run_dir.')
    run_dir = Path(_RUN_DIR.value).expanduser()
    midi = program.several_paths([*_MIDI.value, *arguments])
    if _RESUME.value:
        if midi or _DATASET.value or any(x.startswith(CHANGING) for x in sys.argv[1:]):
            raise UserError('--resume takes data and settings from the run: leave other flags out.')
        program.import_tensorflow()
        from melodyvae.training.train import resume

        _print_end(resume(run_dir, quiet=_QUIET.value))
        return
    config = _CONFIG.value
    if _SEED.value is not None:
        config.training.seed = _SEED.value
    if _TRACKS.value:
        config.grid.tracks = tuple(_TRACKS.value)
    config.validate()
    config.data.path = _dataset(config, run_dir, midi)

    program.import_tensorflow()
    from melodyvae.training.train import train

    _print_end(train(config, run_dir, quiet=_QUIET.value))


def _print_end(run: 'RunFolder') -> None:
    from melodyvae.cli.dials import print_dials

    if _JSON.value:
        print(json.dumps({'run_dir': str(run.path), **run.summary}, indent=2))
    else:
        print(closing_words(run))
        print_dials(run.config, run.config.device.threshold_min)


def closing_words(run: 'RunFolder') -> str:
    """Where everything is, and what to do next in Max; for the end of training."""
    from melodyvae.playing.dials import describe_loading
    from melodyvae.playing.metadata import encoder_folder

    config, summary = run.config, run.summary
    held_out = summary['validation_loops']
    measured_on = f'{held_out} held-out loops' if held_out else 'these: nothing was held out'
    decoder = run.path / f'{config.name}.model'
    return '\n'.join(
        [
            f'Trained {summary["epochs"]} epochs on {summary["training_loops"]} loops; '
            f'loss {summary["objective"]:.1f} on {measured_on}.',
            f'  model for Max   {decoder}',
            f'  its encoder     {encoder_folder(decoder)} (not for Max)',
            f'  new melodies    {run.midi}',
            f'  report          {run.path / "report.html"}',
            f'  plots           {run.plots}',
            f'  metrics         {run.metrics} and {run.evaluation}',
            f'  TensorBoard     tensorboard --logdir {run.events}',
            f'  checkpoint      {run.model_path}',
            f'Next, in Max: {describe_loading(decoder)}',
            'Then, as docs/max.md explains:',
        ]
    )


def _dataset(config: Config, run_dir: Path, midi: list[Path]) -> str:
    """The dataset to train on, made inside the run folder unless one is given."""
    from melodyvae.ingest.check_up import check_library
    from melodyvae.ingest.file_report import format_reports
    from melodyvae.ingest.find import count_others
    from melodyvae.ingest.prepare import prepare_folk_tunes, prepare_midi
    from melodyvae.run_folder import refuse_run

    refuse_run(run_dir)
    if midi and _DATASET.value:
        raise UserError('Give --midi or --dataset, not both.')
    if _DATASET.value:
        return str(Path(_DATASET.value).expanduser().resolve())
    data = run_dir / 'data'
    if data.exists():
        raise UserError(f'{data} exists already: add --dataset={data}, or name a new --run_dir.')
    reports = (
        prepare_midi(midi, config.grid, data) if midi else prepare_folk_tunes(config.grid, data)
    )
    if not _QUIET.value:
        hints = check_library(reports, config.grid, count_others(midi))
        print('\n'.join([format_reports(reports), *hints]), file=sys.stderr)
    return 'data'


def run() -> None:
    program.run(main)
