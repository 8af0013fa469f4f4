"""Exports a trained run as TF.js models: the decoder for a Max device, and the encoder.

Example: melodyvae_export runs/loops --output=max --verify
"""

import dataclasses
import json
import sys

from absl import flags

from melodyvae.cli import program
from melodyvae.system.errors import UserError
from melodyvae.system.terminal import print_lines

_RUN_DIR = program.define_run_dir()
_OUTPUT = flags.DEFINE_string('output', None, 'Folder for NAME.model.', required=True)
_NAME = flags.DEFINE_string('name', '', "NAME; default: the preset's name.")
_QUANTIZATION = flags.DEFINE_enum(
    'quantization', 'none', ['none', 'float16', 'uint8'], 'Smaller files, less precise.'
)
_BEND = flags.DEFINE_float('bend', None, 'Write NAME.bent.model: weights with this much noise.', 0)
_SEED = flags.DEFINE_integer('seed', 0, 'Seed of --bend.', 0)
_NO_BAKE = flags.DEFINE_bool(
    'no_bake',
    False,
    "Do not bake the threshold into the model: the device's dial must then be set.",
)
_VERIFY = flags.DEFINE_bool(
    'verify',
    False,
    'Compare with TF.js, and a quantized model with float32; fail if nothing usable is played.',
)
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace existing models.')
_JSON = flags.DEFINE_bool('json', False, 'Print JSON.')


def main(arguments: list[str]) -> None:
    source, rest = program.run_and_rest(arguments, _RUN_DIR.value)
    if rest:
        raise UserError(f'Name only one run folder: {rest[0]} is a second one.')
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.playing.dials import refuse_without_device
    from melodyvae.runs.folder import RunFolder

    run = RunFolder(source)
    run.refuse_untrained()
    config = run.config
    refuse_without_device(config)
    folder = program.output_path(_OUTPUT.value)

    program.import_tensorflow()
    # Imported here, because these modules import TensorFlow.
    from melodyvae.cli.summary import print_dials
    from melodyvae.evaluation.playability import (
        count_changes,
        describe_export,
        describe_fault,
        measure_playability,
    )
    from melodyvae.playing.tfjs import verify
    from melodyvae.runs.export import export
    from melodyvae.runs.load import load_player

    options: dict = {x.name: x.value for x in (_NAME, _QUANTIZATION, _SEED, _OVERWRITE)}
    models = export(run, folder, bake=not _NO_BAKE.value, noise_range=_BEND.value, **options)
    player = load_player(next(iter(models)))
    thresholds = [config.device.threshold_as_loaded]
    if config.device.spec.has_threshold_dial:
        thresholds.append(player.threshold)
    over_pad = [measure_playability(player, threshold) for threshold in dict.fromkeys(thresholds)]
    verified = verify(models, config, _QUANTIZATION.value) if _VERIFY.value else []
    changes = None
    if _VERIFY.value and _QUANTIZATION.value != 'none':
        exact = dataclasses.replace(player, decoder=next(iter(models.values())))
        changes = count_changes(player, exact)
    if _JSON.value:
        found = {
            'models': [*models],
            'playability': [*map(dataclasses.asdict, over_pad)],
            'verified': [*map(dataclasses.asdict, verified)],
            'quantization': changes and dataclasses.asdict(changes),
        }
        print(json.dumps(found, indent=2, default=str))  # writes paths as text
    else:
        print_lines(*models, *describe_export(over_pad, verified, changes).split('\n'), 'In Max:')
        print_dials(config, player.threshold)
    fault = describe_fault(over_pad[0], config.grid.steps)
    if _VERIFY.value and not any(found.is_playable for found in over_pad):
        raise UserError(f'{fault}: {folder} is not playable, train the model longer.')
    if fault:
        print(f'Warning: {fault}.', file=sys.stderr)
