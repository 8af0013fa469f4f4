"""The metadata of exported models, and how a decoder's system is recognized."""

from pathlib import Path
from typing import Any

from melodyvae.config.devices import DEVICES
from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.loops.pattern import row_pitches
from melodyvae.playing.timing import Timing
from melodyvae.system.errors import UserError
from melodyvae.system.version import __version__

FORMAT = 1  # of exports; apart from the version of the package


def encoder_folder(decoder: Path) -> Path:
    """Returns the folder of the encoder of an exported `NAME.model`: `encoder/NAME.encoder`.

    It is in a folder of its own, without `.model` in its name, since a device that loads an
    encoder hangs.
    """
    return decoder.parent / 'encoder' / f'{decoder.name.removesuffix(".model")}.encoder'


def describe(
    config: Config, summary: dict[str, Any], *, threshold: float, calibrated: float
) -> dict[str, Any]:
    """Returns the `userDefinedMetadata` of an export, as JSON values.

    Args:
      config: of the run.
      summary: of the run; stored as `training`.
      threshold: minimum onset probability at which the export plays as calibrated.
      calibrated: the same for the model of the run.
    """
    pitches = row_pitches(config.grid)
    return {
        'melodyvae': __version__,
        'format': FORMAT,
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
    """Finds the system of a decoder from its metadata, or from its outputs if a device saved it.

    Args:
      path: of the model, for errors.
      metadata: made by `describe`, or anything else.
      widths: of the decoder's outputs, in order.

    Returns:
      Its config, as far as playing needs it, and its minimum onset probability.

    Raises:
      UserError: if the metadata cannot be read or contradict the outputs, or no device has these
        outputs.
    """
    if 'melodyvae' not in metadata:
        return _device_config(path, widths)
    if metadata.get('format', FORMAT) != FORMAT:
        raise UserError(
            f'{path} has the format {metadata["format"]}, and this version reads {FORMAT}: update '
            f'melodyvae.'
        )
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


def read_timing(metadata: dict[str, Any], latent: int) -> Timing:
    """Returns the tempos and time signatures of the library that an export was trained on."""
    training = metadata.get('training')
    return Timing.from_dict(training if isinstance(training, dict) else {}, latent)


def _device_config(path: Path, widths: list[int]) -> tuple[Config, float]:
    """Returns the config and the threshold of a decoder that a device itself saved."""
    decoders = [decoder for device in DEVICES.values() for decoder in device.own_decoders]
    for decoder in decoders:
        if widths == [decoder.width] * decoder.outputs:
            config = preset(decoder.preset, 'js')  # the released Original has three features
            for setting, value in decoder.grid.items():
                setattr(config.grid, setting, value)
            return config, config.device.threshold_as_loaded
    known = ', '.join(f'{decoder.outputs} of {decoder.width}' for decoder in decoders)
    raise UserError(
        f'{path} has outputs of the widths {widths}, which fit no device: they have {known}.'
    )
