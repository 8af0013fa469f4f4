"""A run to the TF.js models that the Max devices load, checked in TF.js and over the pad."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

import tfjs_export
from melodyvae.atomic import refuse_existing
from melodyvae.config.settings import Config
from melodyvae.errors import UserError
from melodyvae.playing.metadata import describe
from melodyvae.playing.player import bend, load_player
from melodyvae.run_folder import RunFolder

SOUNDING_SHARE = 0.03  # of the cells of a pattern, about as in the folk tunes
VERIFIED_INPUTS = 64
LARGEST_DIFFERENCE = 1e-5


# TF.js of the device that has these messages: MelodyVAE Improved, MelodyVAE Original, RhythmVAE.
RUNTIMES = {'monophonic': '4.22.0', 'voices': '1.2.8', 'drums': '1.7.4'}


def export_run(
    run: RunFolder,
    folder: Path,
    *,
    name: str = '',
    quantization: str = 'none',
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes the decoder and the encoder of a run as TF.js layers models.

    Args:
      run: trained.
      folder: gets `NAME.model`, the decoder, which is what a device loads, and
        `NAME.encoder.model`, with the outputs z_mean and z_log_var.
      name: NAME; the preset's if not given.
      quantization: of the weights, 'none', 'float16' or 'uint8'.
      overwrite: replace models of the same name.

    Returns:
      The folders that were written, the decoder's first, each with its Keras model.

    Raises:
      UserError: if the run has no model, or one of that name was exported already, or the device
        cannot read this quantization.
    """
    name = name or run.config.name
    names = f'{name}.model', f'{name}.encoder.model'
    _check(names, folder, run.config, quantization, overwrite)
    player = load_player(run.path)
    metadata = describe(player.config, player.threshold, run.summary)
    models = dict(zip(names, (player.decoder, player.encoder), strict=True))
    return _write(models, folder, metadata, quantization, overwrite)


def export_bent(
    run: RunFolder,
    folder: Path,
    noise_range: float,
    *,
    seed: int = 0,
    name: str = '',
    quantization: str = 'none',
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes `NAME.bent.model`, the decoder of a run with noise on its weights; see `bend`.

    Arguments, result and errors are those of `export_run`.
    """
    name = f'{name or run.config.name}.bent.model'
    _check([name], folder, run.config, quantization, overwrite)
    player = bend(load_player(run.path), noise_range, seed)
    metadata = describe(player.config, player.threshold, run.summary)
    metadata['bend'] = {'noise_range': noise_range, 'seed': seed}
    return _write({name: player.decoder}, folder, metadata, quantization, overwrite)


def verify(models: dict[Path, Any], config: Config, quantization: str = 'none') -> list[dict]:
    """Loads exported models in the TF.js of their device and compares them with Keras.

    Args:
      models: what `export_run` or `export_bent` gave.
      config: of the run.
      quantization: that they were written with. Quantised models are compared with themselves as
        Keras reads them, for they differ from the run's by design.

    Returns:
      One a model, as JSON values: `model`, its folder; `tfjs`, the version; `inputs`, how many were
      compared; `largest_difference` of any two outputs. Where Node or this TF.js is missing,
      `model` and `not_verified`, the reason.

    Raises:
      UserError: if TF.js cannot load a model or gives other numbers.
    """
    version = RUNTIMES[config.device.messages]
    results: list[dict[str, Any]] = []
    for folder, model in models.items():
        reference = model if quantization == 'none' else tfjs_export.load_layers_model(folder)
        try:
            result = tfjs_export.verify(
                reference,
                folder,
                inputs=_inputs_like_real_ones(model, config),
                tfjs_version=version,
            )
        except (tfjs_export.NodeMissingError, tfjs_export.TfjsMissingError) as error:
            results.append({'model': str(folder), 'not_verified': str(error)})
            continue
        except tfjs_export.VerifyError as error:
            raise UserError(f'{folder} does not work in TF.js {version}: {error}.') from error
        if result.max_abs_difference > LARGEST_DIFFERENCE:
            raise UserError(
                f'{folder} differs from Keras by {result.max_abs_difference:.2g} in TF.js '
                f'{version}: do not use it.'
            )
        results.append(
            {
                'model': str(folder),
                'tfjs': result.tfjs_version,
                'inputs': result.inputs,
                'largest_difference': result.max_abs_difference,
            }
        )
    return results


def _inputs_like_real_ones(model: Any, config: Config) -> list[np.ndarray]:
    """z from N(0, 1) for a decoder; for an encoder sparse patterns, since its outputs grow."""
    random = np.random.default_rng(0)
    shapes = [(VERIFIED_INPUTS, *tensor.shape[1:]) for tensor in model.inputs]
    if shapes[0][1:] == (config.model.latent,):
        return [random.standard_normal(shapes[0]).astype(np.float32)]
    sounding = random.random(shapes[0]) < SOUNDING_SHARE
    return [np.where(sounding, random.random(shape), 0).astype(np.float32) for shape in shapes]


def _check(
    names: Iterable[str], folder: Path, config: Config, quantization: str, overwrite: bool
) -> None:
    """Says what would go wrong, before anything is loaded or written."""
    runtime = RUNTIMES[config.device.messages]
    if quantization == 'float16' and runtime.startswith('1.'):
        raise UserError(f'The TF.js {runtime} of this device cannot read float16: use uint8.')
    for name in names:
        if Path(name).name != name:
            raise UserError('--name must be a plain name: choose the folder with --output.')
        refuse_existing(folder / name, overwrite=overwrite)


def _write(
    models: dict[str, Any],
    folder: Path,
    metadata: dict[str, Any],
    quantization: str,
    overwrite: bool,
) -> dict[Path, Any]:
    options: dict[str, Any] = {'metadata': metadata, 'overwrite': overwrite}
    if quantization != 'none':
        options['quantization'] = quantization
    for name, model in models.items():
        try:
            tfjs_export.save_layers_model(model, folder / name, **options)
        except (tfjs_export.ModelFormatError, FileExistsError) as error:
            raise UserError(f'{folder / name} cannot be written: {error}.') from error
    return {folder / name: model for name, model in models.items()}
