"""A run to the TF.js models that the Max devices load, checked in TF.js and over the pad."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

import tfjs_export
from melodyvae.atomic import new_folder, refuse_existing
from melodyvae.config.settings import Config
from melodyvae.errors import UserError
from melodyvae.exporting.bake import bake_threshold
from melodyvae.exporting.fold import fold_normalisation
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.playing.bend import bend
from melodyvae.playing.metadata import describe, encoder_folder
from melodyvae.playing.player import Player, load_player
from melodyvae.run_folder import RunFolder

SOUNDING_SHARE = 0.03  # of the cells of a pattern, about as in the folk tunes
VERIFIED_INPUTS = 64
LARGEST_DIFFERENCE = 1e-5  # of an output, or of what it is the activation of, if that is over 1


# TF.js of the device that has these messages: MelodyVAE Improved, MelodyVAE Original, RhythmVAE.
RUNTIMES = {
    'monophonic': '4.22.0',
    'monophonic_scaled': '4.22.0',
    'voices': '1.2.8',
    'drums': '1.7.4',
}


@dataclasses.dataclass(frozen=True, slots=True)
class Verification:
    """A model that gives the same numbers in TF.js as in Keras.

    Attributes:
      model: its folder.
      tfjs: the version.
      inputs: how many were compared.
      largest_difference: of any two outputs.
    """

    model: Path
    tfjs: str
    inputs: int
    largest_difference: float


@dataclasses.dataclass(frozen=True, slots=True)
class NotVerified:
    """A model that could not be compared: its folder, and the reason."""

    model: Path
    not_verified: str


def export(
    run: RunFolder | str | Path,
    folder: str | Path,
    *,
    name: str = '',
    quantization: str = 'none',
    bake: bool = True,
    fold: bool = True,
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes the decoder and the encoder of a run as TF.js layers models; the run stays as it is.

    Args:
      run: trained; a run folder, or where it is.
      folder: gets `NAME.model`, the decoder, which is what a device loads, and out of its way
        `encoder/NAME.encoder`, with the outputs z_mean and z_log_var.
      name: NAME; the preset's if not given.
      quantization: of the weights, 'none', 'float16' or 'uint8'.
      bake: move the onset biases, so that the device plays at its own threshold what the run plays
        at its calibrated one; see `bake_threshold`.
      fold: put batch normalisation into the dense layers before it; see `fold_normalisation`.
        Without, the layers are those that the device writes.
      overwrite: replace models of the same name.

    Returns:
      The folders that were written, the decoder's first, each with its Keras model.

    Raises:
      UserError: if the run has no model, or one of that name was exported already, or the device
        cannot read this quantization.
    """
    run = run if isinstance(run, RunFolder) else RunFolder(run)
    name = name or run.config.name
    folders = _folders(name, Path(folder))
    _check(folders, run.config, quantization, overwrite)
    player, metadata = _adapt(load_player(run.path), run.summary, bake=bake, fold=fold)
    models = dict(zip(folders, (player.decoder, player.encoder), strict=True))
    return _write(models, metadata, quantization, overwrite)


def export_live(player: Player, folder: Path) -> None:
    """Writes a model that is in memory and still learns as `export` does; it stays as it is.

    Args:
      player: with the threshold that suits it now.
      folder: appears with all that is in it in one move, and replaces what was written before.
    """
    adapted, metadata = _adapt(player, {'tempo': player.tempo}, bake=True, fold=True)
    with new_folder(folder, overwrite=True) as temporary:
        folders = _folders(player.config.name, temporary)
        models = dict(zip(folders, (adapted.decoder, adapted.encoder), strict=True))
        _write(models, metadata, 'none', overwrite=False)


def export_bent(
    run: RunFolder,
    folder: Path,
    noise_range: float,
    *,
    seed: int = 0,
    name: str = '',
    quantization: str = 'none',
    bake: bool = True,
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes `NAME.bent.model`, the decoder with noise on the weights of its export; see `bend`.

    Arguments, result and errors are those of `export`.
    """
    target, _ = _folders(f'{name or run.config.name}.bent', folder)
    _check([target], run.config, quantization, overwrite)
    player, metadata = _adapt(load_player(run.path), run.summary, bake=bake, fold=True)
    metadata['bend'] = {'noise_range': noise_range, 'seed': seed}
    models = {target: bend(player, noise_range, seed).decoder}
    return _write(models, metadata, quantization, overwrite)


def verify(
    models: dict[Path, Any], config: Config, quantization: str = 'none'
) -> list[Verification | NotVerified]:
    """Loads exported models in the TF.js of their device and compares them with Keras.

    Args:
      models: what `export` or `export_bent` gave.
      config: of the run.
      quantization: that they were written with. Quantised models are compared with themselves as
        Keras reads them, for they differ from the run's by design.

    Returns:
      One a model; `NotVerified` where Node or this TF.js is missing.

    Raises:
      UserError: if TF.js cannot load a model or gives other numbers.
    """
    version = RUNTIMES[config.device.messages]
    results: list[Verification | NotVerified] = []
    for folder, model in models.items():
        reference = model if quantization == 'none' else tfjs_export.load_layers_model(folder)
        inputs = _inputs_like_real_ones(model, config)
        try:
            result = tfjs_export.verify(reference, folder, inputs=inputs, tfjs_version=version)
        except (tfjs_export.NodeMissingError, tfjs_export.TfjsMissingError) as error:
            results.append(NotVerified(folder, str(error)))
            continue
        except tfjs_export.VerifyError as error:
            raise UserError(f'{folder} does not work in TF.js {version}: {error}.') from error
        if not result.max_abs_difference <= _allow(reference, inputs):
            raise UserError(
                f'{folder} differs from Keras by {result.max_abs_difference:.2g} in TF.js '
                f'{version}: do not use it.'
            )
        results.append(
            Verification(folder, result.tfjs_version, result.inputs, result.max_abs_difference)
        )
    return results


def _allow(model: keras.Model, inputs: list[np.ndarray]) -> float:
    """How far float32 may round in proportion to the largest number before an activation: a bent
    model adds up thousands, and so does the softmax of a pad whose loops lie close together."""
    heads = max(_largest_sum(model, name, inputs) for name in model.output_names)
    allowed = LARGEST_DIFFERENCE * max(1.0, heads)
    for layer in model.layers:
        if getattr(layer, 'activation', None) is keras.activations.softmax:
            rounding = float(np.finfo(np.float32).eps) * _largest_sum(model, layer.name, inputs)
            allowed += rounding * max(1.0, heads)
    return allowed


def _largest_sum(model: keras.Model, name: str, inputs: list[np.ndarray]) -> float:
    """The largest number before the activation of a layer."""
    layer = model.get_layer(name)
    x = np.asarray(keras.Model(model.inputs, layer.input)(inputs))
    if isinstance(layer, keras.layers.Dense):
        x = x @ layer.kernel + layer.bias
    return float(np.abs(x).max())


def _inputs_like_real_ones(model: Any, config: Config) -> list[np.ndarray]:
    """z from N(0, 1) for a decoder; for an encoder sparse patterns, since its outputs grow."""
    random = np.random.default_rng(0)
    shapes = [(VERIFIED_INPUTS, *tensor.shape[1:]) for tensor in model.inputs]
    if shapes[0][1:] == (config.model.latent,):
        return [random.standard_normal(shapes[0]).astype(np.float32)]
    sounding = random.random(shapes[0]) < SOUNDING_SHARE
    return [np.where(sounding, random.random(shape), 0).astype(np.float32) for shape in shapes]


def _folders(name: str, folder: Path) -> tuple[Path, Path]:
    """Where decoder and encoder go."""
    if Path(name).name != name:
        raise UserError('--name must be a plain name: choose the folder with --output.')
    decoder = folder / f'{name}.model'
    return decoder, encoder_folder(decoder)


def _adapt(
    player: Player, summary: dict[str, Any], *, bake: bool, fold: bool
) -> tuple[Player, dict[str, Any]]:
    """A run's model as a device needs it, and what the export says of itself."""
    calibrated, config = player.threshold, player.config
    if fold:
        player = dataclasses.replace(
            player,
            decoder=fold_normalisation(player.decoder, config, build_decoder),
            encoder=fold_normalisation(player.encoder, config, build_encoder),
        )
    if bake:
        player = bake_threshold(player)
    metadata = describe(config, summary, threshold=player.threshold, calibrated=calibrated)
    return player, metadata | {'baked': bake}


def _check(folders: Iterable[Path], config: Config, quantization: str, overwrite: bool) -> None:
    """Says what would go wrong, before anything is loaded or written."""
    runtime = RUNTIMES[config.device.messages]
    if quantization == 'float16' and runtime.startswith('1.'):
        raise UserError(f'The TF.js {runtime} of this device cannot read float16: use uint8.')
    for folder in folders:
        refuse_existing(folder, overwrite=overwrite)


def _write(
    models: dict[Path, Any],
    metadata: dict[str, Any],
    quantization: str,
    overwrite: bool,
) -> dict[Path, Any]:
    options: dict[str, Any] = {'metadata': metadata, 'overwrite': overwrite}
    if quantization != 'none':
        options['quantization'] = quantization
    for folder, model in models.items():
        try:
            tfjs_export.save_layers_model(model, folder, **options)
        except (tfjs_export.ModelFormatError, FileExistsError) as error:
            raise UserError(f'{folder} cannot be written: {error}.') from error
    return models
