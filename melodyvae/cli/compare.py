"""Compares configs: trains each with several seeds on the same loops, and prints the figures.
With --search, it searches for the best settings of one config.

Examples:
  melodyvae_compare --configs=melodyvae_original,melodyvae_improved --seeds=5 --out=comparison
  melodyvae_compare --configs=ablation,ablation:js --midi=~/Music/loops --epochs=40 --out=ablation
  melodyvae_compare --configs=melodyvae --search=space.json --trials=100 --out=search

A config is a preset, NAME:js for the settings of the device as it runs, or a file like those in
configs/. `ablation` stands for the Original, the Original plus each change of the Improved, the
Improved, and the Improved minus each change. Without --midi, the loops are folk tunes from the
package music21.
Repeat the command to continue an interrupted comparison, or to add seeds or configs: runs that have
ended are kept.

The file of --search declares the settings to search, such as {"pad.smoothness": {"low": 1,
"high": 3}, "model.hidden": [256, 512]}; "log": true searches a range by factors. Trials are ranked
by how close they are to the goal of melodies (docs/results.md), and stopped if others are closer.
Repeat the command to continue a search. best.json in its folder is a config for melodyvae_train.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from melodyvae.cli import program
from melodyvae.config import preset_names
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines

if TYPE_CHECKING:
    from melodyvae.lab.data import Library

_CONFIGS = flags.DEFINE_list(
    'configs',
    [],
    f'Configs to compare, separated by commas; see above. Presets: {", ".join(preset_names())}.',
)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Runs per config.', lower_bound=1)
_SEARCH = flags.DEFINE_string('search', None, 'JSON file with the settings to search.')
_TRIALS = flags.DEFINE_integer('trials', 50, 'Total runs of a search.', lower_bound=1)
_EPOCHS = flags.DEFINE_integer(
    'epochs', 0, "Epochs of all configs; 0 for each config's own.", lower_bound=0
)
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_LOOPS = flags.DEFINE_integer(
    'loops', 0, 'Maximum number of loops, of whole files drawn at random; 0 for all.', 0
)
_OUT = flags.DEFINE_string('out', None, 'Folder for the runs and the results.')


def main(arguments: list[str]) -> None:
    if not _OUT.value:
        raise UserError('Name a folder for the results with --out.')
    output = program.output_path(_OUT.value, '--out')
    if _SEARCH.value is not None:
        print_lines(*_search(_SEARCH.value, output, _read_library(arguments)).split('\n'))
        return
    # Imported here, because `--help` runs without TensorFlow.
    from melodyvae.lab.candidates import choose_candidates

    chosen = choose_candidates(_CONFIGS.value, epochs=_EPOCHS.value)

    from melodyvae.lab.compare import compare
    from melodyvae.lab.tables import format_comparison

    found = compare(chosen, _SEEDS.value, _read_library(arguments), output)
    print_lines(*format_comparison(found).split('\n'))


def _read_library(arguments: list[str]) -> 'Library':
    from melodyvae.lab.data import Library  # here, because `--help` runs without NumPy

    midi = [path.resolve() for path in program.read_paths([*_MIDI.value, *arguments])]
    return Library(midi=tuple(map(str, midi)), loops=_LOOPS.value)


def _search(space: str, output: Path, library: 'Library') -> str:
    if len(_CONFIGS.value) != 1:
        raise UserError('--search needs one config, such as --configs=melodyvae.')
    if _SEEDS.present:
        raise UserError(
            '--search runs each trial once: leave out --seeds, and compare best.json with several '
            'seeds at the end.'
        )
    try:
        from melodyvae.lab.search import search  # here, because Optuna is optional
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing: pip install 'melodyvae[search]'.") from None
    where = Path(space).expanduser()
    return search(_CONFIGS.value[0], where, _TRIALS.value, library, output, epochs=_EPOCHS.value)
