"""Trains several configs with several seeds each on the same loops, and says which is better.
With --search, trains one config with many settings to find the best ones.

Examples:
  melodyvae_compare --configs=melodyvae_original,melodyvae_improved --seeds=5 --out=comparison
  melodyvae_compare --configs=ablation,ablation:js --midi=~/Music/loops --epochs=40 --out=ablation
  melodyvae_compare --configs=melodyvae --search=space.json --trials=100 --out=search

A config is a preset, NAME:js for the settings of the device as it runs, or a file like those in
configs/. `ablation` stands for the Original, the Original with each single change of the Improved,
the Improved, and the Improved without each single change. `cumulative` stands for the steps from
the Original to the Improved, one change at a time. Without --midi it trains on the folk tunes of
the package music21. Run the same command again to continue an interrupted comparison, or to add
seeds or configs: finished runs are not trained again.

The file of --search declares the settings to search, such as {"pad.width": {"low": 1, "high": 2},
"model.hidden": [256, 512]}; "log": true makes a range logarithmic. A trial is scored by its
distance from the goal for melodies (docs/results.md), and is stopped early if others were closer.
Run the same command again to continue a search. best.json in its folder is a config for
melodyvae_train.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from melodyvae.cli import program
from melodyvae.config import preset_names
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.lab.data import Library

_CONFIGS = flags.DEFINE_list(
    'configs',
    [],
    f'Configs to compare, separated by commas; see above. Presets: {", ".join(preset_names())}.',
)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Runs per config.', lower_bound=1)
_SEARCH = flags.DEFINE_string('search', None, 'JSON file with the settings to search.')
_TRIALS = flags.DEFINE_integer('trials', 50, 'Runs of the search.', lower_bound=1)
_EPOCHS = flags.DEFINE_integer(
    'epochs', 0, "Epochs of every config; 0 for each config's own.", lower_bound=0
)
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_LOOPS = flags.DEFINE_integer(
    'loops', 0, 'Use random whole files with at most this many loops; 0 for all.', 0
)
_PERFORMED = flags.DEFINE_bool(
    'performed', False, 'Let a performance model play the loops first: with swing, accents and all.'
)
_OUT = flags.DEFINE_string('out', None, 'Folder for the runs and the results.')


def main(arguments: list[str]) -> None:
    if not _OUT.value:
        raise UserError('Name a folder for the results with --out.')
    output = program.output_path(_OUT.value, '--out')
    if _SEARCH.value is not None:
        print(_search(_SEARCH.value, output, _read_library(arguments)))
        return
    # Imported here, because `--help` runs without TensorFlow.
    from melodyvae.lab.contenders import choose_contenders

    chosen = choose_contenders(_CONFIGS.value, epochs=_EPOCHS.value)
    from melodyvae.lab.compare import compare
    from melodyvae.lab.tables import format_comparison

    found = compare(chosen, _SEEDS.value, _read_library(arguments), output)
    print(format_comparison(found))


def _read_library(arguments: list[str]) -> 'Library':
    from melodyvae.lab.data import Library  # here, because `--help` runs without NumPy

    midi = [path.resolve() for path in program.read_paths([*_MIDI.value, *arguments])]
    return Library(midi=tuple(map(str, midi)), loops=_LOOPS.value, performed=_PERFORMED.value)


def _search(space: str, output: Path, library: 'Library') -> str:
    if len(_CONFIGS.value) != 1:
        raise UserError('--search starts from one config: name it, such as --configs=melodyvae.')
    if _SEEDS.present:
        raise UserError(
            '--search trains each trial once: leave out --seeds. After the search, compare '
            'best.json with several seeds.'
        )
    try:
        from melodyvae.lab.search import search  # here, because Optuna is optional
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing: pip install 'melodyvae[search]'.") from None
    where = Path(space).expanduser()
    return search(_CONFIGS.value[0], where, _TRIALS.value, library, output, epochs=_EPOCHS.value)


def run() -> None:
    program.run(main)
