"""Trains several configs, each with several seeds, on the same loops, and says what is better.
Or, with --search, one config with many settings, to find those that make it best.

Examples:
  melodyvae_compare --configs=melodyvae_original,melodyvae_improved --seeds=5 --out=comparison
  melodyvae_compare --configs=ablation,ablation:js --midi=~/Music/loops --epochs=40 --out=ablation
  melodyvae_compare --configs=melodyvae --search=space.json --trials=100 --out=search

A config is a preset, NAME:js for the settings of the device as it runs, or a file like those in
configs/. The word `ablation` stands for the Original, the Original with each change of the
Improved alone, the Improved, and the Improved less each change; `cumulative` for the way from one
to the other, a change at a time. Without --midi it trains on folk tunes, which the package music21
carries. A comparison that was interrupted goes on with the same command, and so does one that is
to have more seeds or configs: what has been trained is not trained again.

The file of --search declares what may be changed, such as {"pad.smoothness": {"low": 1, "high": 3},
"model.hidden": [256, 512]}; "log": true spreads a range by factors. A trial is the better the
nearer it is to the goal of melodies (docs/results.md), and is broken off where others were nearer.
The same command goes on with a search, and best.json in its folder is a config for melodyvae_train.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from melodyvae.cli import program
from melodyvae.config import preset_names
from melodyvae.errors import UserError

if TYPE_CHECKING:
    from melodyvae.lab.data import Library

_CONFIGS = flags.DEFINE_list(
    'configs',
    [],
    f'What to compare, separated by commas; see above. Presets: {", ".join(preset_names())}.',
)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Runs of each config.', lower_bound=1)
_SEARCH = flags.DEFINE_string('search', None, 'JSON file: which settings to search, and where.')
_TRIALS = flags.DEFINE_integer('trials', 50, 'Runs of a search.', lower_bound=1)
_EPOCHS = flags.DEFINE_integer(
    'epochs', 0, "Epochs of all configs; each config's own if 0.", lower_bound=0
)
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with MIDI, ABC or MusicXML; may be given several times.'
)
_LOOPS = flags.DEFINE_integer(
    'loops', 0, 'Use whole files, drawn at random, of at most so many loops; 0 for all.', 0
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
    from melodyvae.lab.contenders import choose_contenders

    chosen = choose_contenders(_CONFIGS.value, epochs=_EPOCHS.value)

    from melodyvae.lab.compare import compare
    from melodyvae.lab.tables import format_comparison

    found = compare(chosen, _SEEDS.value, _read_library(arguments), output)
    print(format_comparison(found))


def _read_library(arguments: list[str]) -> 'Library':
    from melodyvae.lab.data import Library

    midi = [path.resolve() for path in program.read_paths([*_MIDI.value, *arguments])]
    return Library(midi=tuple(map(str, midi)), loops=_LOOPS.value, performed=_PERFORMED.value)


def _search(space: str, output: Path, library: 'Library') -> str:
    if len(_CONFIGS.value) != 1:
        raise UserError('--search begins with one config: name it, such as --configs=melodyvae.')
    if _SEEDS.present:
        raise UserError(
            '--search makes one run of each trial: leave --seeds out, and compare best.json with '
            'several seeds when it has ended.'
        )
    try:
        from melodyvae.lab.search import search
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing: pip install 'melodyvae[search]'.") from None
    where = Path(space).expanduser()
    return search(_CONFIGS.value[0], where, _TRIALS.value, library, output, epochs=_EPOCHS.value)


def run() -> None:
    program.run(main)
