"""Trains several configs, each with several seeds, on the same loops, and says what is better.

Examples:
  melodyvae_compare --configs=melodyvae_original,melodyvae_improved --seeds=5 --out=comparison
  melodyvae_compare --configs=ablation,ablation:js --midi=~/Music/loops --epochs=40 --out=ablation

A config is a preset, NAME:js for the settings of the device as it runs, or a file like those in
configs/. The word `ablation` stands for the Original, the Original with each change of the
Improved alone, the Improved, and the Improved less each change; `cumulative` for the way from one
to the other, a change at a time. Without --midi it trains on folk tunes, which the package music21
carries. A comparison that was interrupted goes on with the same command, and so does one that is
to have more seeds or configs: what has been trained is not trained again.
"""

from absl import flags

from melodyvae.cli import program
from melodyvae.config import preset_names
from melodyvae.errors import UserError

_CONFIGS = flags.DEFINE_list(
    'configs',
    [],
    f'What to compare, separated by commas; see above. Presets: {", ".join(preset_names())}.',
)
_SEEDS = flags.DEFINE_integer('seeds', 5, 'Runs of each config.', lower_bound=1)
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
    from melodyvae.lab.contenders import choose_contenders

    chosen = choose_contenders(_CONFIGS.value, epochs=_EPOCHS.value)

    from melodyvae.lab.compare import compare
    from melodyvae.lab.data import Library
    from melodyvae.lab.tables import format_comparison

    midi = [path.resolve() for path in program.read_paths([*_MIDI.value, *arguments])]
    library = Library(midi=tuple(map(str, midi)), loops=_LOOPS.value, performed=_PERFORMED.value)
    found = compare(chosen, _SEEDS.value, library, output)
    print(format_comparison(found))


def run() -> None:
    program.run(main)
