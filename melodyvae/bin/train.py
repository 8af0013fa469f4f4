"""Trains a system on your MIDI, and leaves a folder with the model for Max, plots and new MIDI.

Example: melodyvae_train --midi=~/Music/loops --run_dir=runs/loops
"""

from pathlib import Path

from absl import flags

from melodyvae.bin import program
from melodyvae.errors import UserError

_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_DATASET = flags.DEFINE_string('dataset', None, 'Dataset folder of melodyvae_prepare, instead.')
_RUN_DIR = flags.DEFINE_string('run_dir', None, 'New folder for the run.', required=True)
_SEED = flags.DEFINE_integer('seed', None, 'The same as --config.training.seed.', lower_bound=0)
_CONFIG = program.define_config()


def main(arguments: list[str]) -> None:
    config = _CONFIG.value
    if _SEED.value is not None:
        config.training.seed = _SEED.value
    config.validate()
    run_dir = Path(_RUN_DIR.value).expanduser()
    midi = program.several_paths([*_MIDI.value, *arguments])
    if midi and _DATASET.value:
        raise UserError('Give --midi or --dataset, not both.')

    from melodyvae.dataset import load_loops
    from melodyvae.run import refuse_run

    refuse_run(run_dir)
    if _DATASET.value:
        dataset = Path(_DATASET.value).expanduser().resolve()
        load_loops(dataset)
        config.data.path = str(dataset)
    else:
        from melodyvae.prepare import prepare_folk_tunes, prepare_midi

        if midi:
            prepare_midi(midi, config.grid, run_dir / 'data')
        else:
            prepare_folk_tunes(config.grid, run_dir / 'data')
        config.data.path = 'data'

    from melodyvae.train import train_and_evaluate

    run = train_and_evaluate(config, run_dir)
    print(run.closing_words())


def run() -> None:
    program.run(main)
