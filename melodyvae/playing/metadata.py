"""What an exported model says of itself, and what else tells a decoder's system."""

from pathlib import Path
from typing import Any

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.loops.pattern import row_pitches
from melodyvae.midi.piece import DEFAULT_TEMPO
from melodyvae.system.errors import UserError
from melodyvae.system.version import __version__

# What a device's own decoder is, by its number of outputs and their width. The 32 steps of an early
# RhythmVAE are sixteenths.
DEVICE_DECODERS: dict[tuple[int, int], tuple[str, dict[str, int]]] = {
    (3, 864): ('rhythmvae', {}),
    (3, 288): ('rhythmvae', {'steps': 32, 'steps_per_quarter': 4}),
    (3, 768): ('melodyvae_original', {}),
    (4, 768): ('melodyvae_improved', {}),
    (4, 800): ('melodyvae_improved_25x32', {}),
}


def encoder_folder(decoder: Path) -> Path:
    """Where the encoder of an exported `NAME.model` lies: `encoder/NAME.encoder` beside it.

    No `.model` in its name, and a folder further in: a device that loads an encoder hangs.
    """
    return decoder.parent / 'encoder' / f'{decoder.name.removesuffix(".model")}.encoder'


def describe(
    config: Config, summary: dict[str, Any], *, threshold: float, calibrated: float
) -> dict[str, Any]:
    """The `userDefinedMetadata` of an export, as JSON values.

    Args:
      config: of the run.
      summary: what training ended with; goes in as `training`.
      threshold: least onset probability at which the export plays as calibrated.
      calibrated: the same for the model of the run.
    """
    pitches = row_pitches(config.grid)
    return {
        'melodyvae': __version__,
        'preset': config.name,
        'fidelity': config.fidelity,
        'features': list(config.features),
        'grid': config.grid.to_dict(),
        'pitches': {'lowest': int(pitches.min()), 'highest': int(pitches.max())},
        'device': config.device.to_dict(),
        'threshold': threshold,
        'calibrated_threshold': calibrated,
        'training': summary,
    }


def identify(path: Path, metadata: dict[str, Any], widths: list[int]) -> tuple[Config, float]:
    """The system of a decoder: from its metadata, or for a device's own from its outputs.

    Args:
      path: of the model, for errors.
      metadata: what `describe` gave, or anything else.
      widths: of the decoder's outputs, in order.

    Returns:
      Its config, as far as playing needs it, and the least onset probability of a note.

    Raises:
      UserError: if the metadata cannot be read or contradict the outputs, or no device has such
        outputs.
    """
    if 'melodyvae' not in metadata:
        return _device_config(path, widths)
    try:
        sections = {name: metadata[name] for name in ('fidelity', 'features', 'grid', 'device')}
        config = Config.from_dict({'name': metadata['preset'], **sections}).validate()
        threshold = float(metadata['threshold'])
    except (KeyError, TypeError, ValueError, UserError) as error:
        raise UserError(f'{path} has metadata that cannot be read: {error!r}.') from error
    cells = config.grid.rows * config.grid.steps
    if widths != [cells] * len(config.features):
        raise UserError(
            f'{path} has outputs of the widths {widths}, its metadata say {len(config.features)} '
            f'of {cells}: export it again.'
        )
    return config, threshold


def read_tempo(metadata: dict[str, Any]) -> float:
    """The tempo of the library that an export was trained on; 120 where it does not say."""
    training = metadata.get('training')
    tempo = training.get('tempo') if isinstance(training, dict) else None
    return float(tempo) if isinstance(tempo, (int, float)) else DEFAULT_TEMPO


def _device_config(path: Path, widths: list[int]) -> tuple[Config, float]:
    key = (len(widths), widths[0]) if len(set(widths)) == 1 else (0, 0)
    if key not in DEVICE_DECODERS:
        known = ', '.join(f'{count} of {width}' for count, width in DEVICE_DECODERS)
        raise UserError(
            f'{path} has outputs of the widths {widths}, which fit no device: they have {known}.'
        )
    name, grid = DEVICE_DECODERS[key]
    config = preset(name, 'js')  # the released Original has three features
    for setting, value in grid.items():
        setattr(config.grid, setting, value)
    return config, config.device.threshold_min
