"""Writes the TF.js models that the Max devices load, and verifies them in TF.js."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

import tfjs_export
from melodyvae.config.settings import Config
from melodyvae.model.networks import build_decoder, build_encoder
from melodyvae.playing.card import EXAMPLES, name_example, write_readme
from melodyvae.playing.exported import load_exported
from melodyvae.playing.fold import fold_normalization
from melodyvae.playing.integrity import hash_weights, seal
from melodyvae.playing.metadata import describe, encoder_folder
from melodyvae.playing.player import Player
from melodyvae.playing.self_test import make_self_test
from melodyvae.playing.threshold import bake as bake_threshold
from melodyvae.system.atomic import new_folder, refuse_existing
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError
from tfjs_export.verify import apply_in_tfjs, max_abs_difference

ONSET_SHARE = 0.03  # of the cells of a pattern, about as in the folk tunes
VERIFIED_INPUTS = 64
MAX_SECONDS = 300  # that Node may take
MAX_DIFFERENCE = 1e-5  # of an output, or of its logit, relative to it if that is above 1


@dataclasses.dataclass(frozen=True, slots=True)
class Verification:
    """A model, by its folder, that has the same outputs in TF.js as in Keras."""

    model: Path
    tfjs: str
    inputs: int
    largest_difference: float


@dataclasses.dataclass(frozen=True, slots=True)
class NotVerified:
    """A model that could not be verified: its folder, and the reason."""

    model: Path
    not_verified: str


def export_live(player: Player, folder: Path) -> None:
    """Exports a model during training, at its current threshold; replaces the folder."""
    adapted, metadata = adapt(player, player.timing.to_dict(), bake=True)
    with new_folder(folder, overwrite=True) as temporary:
        folders = name_folders(player.config.name, temporary)
        models = dict(zip(folders, (adapted.decoder, adapted.encoder), strict=True))
        write_models(models, metadata, 'none', overwrite=False)


def verify(
    models: dict[Path, Any], config: Config, quantization: str = 'none'
) -> list[Verification | NotVerified]:
    """Loads exported models in the TF.js of their device and compares them with Keras.

    Args:
      models: as returned by `runs.export.export`.
      config: of the run.
      quantization: that they were written with. Quantized models are compared with themselves in
        Keras, since they differ from the run's by design.

    Returns:
      One per model; `NotVerified` if Node or this version of TF.js is missing.

    Raises:
      UserError: if TF.js cannot load a model, or has other outputs.
    """
    version = config.device.spec.tfjs
    inputs = {folder: _inputs_like_real_ones(model, config) for folder, model in models.items()}
    if quantization != 'none':
        models = {folder: tfjs_export.load_layers_model(folder) for folder in models}
    expected = [
        [np.asarray(output) for output in models[folder](x if len(x) > 1 else x[0])]
        for folder, x in inputs.items()
    ]
    try:
        ran, outputs = apply_in_tfjs(list(inputs.items()), version, MAX_SECONDS)
        differences = [*map(max_abs_difference, outputs, expected)]
    except (tfjs_export.NodeMissingError, tfjs_export.TfjsMissingError) as error:
        return [NotVerified(folder, str(error)) for folder in models]
    except tfjs_export.VerifyError as error:
        raise UserError(f'The export does not work: {error}.') from error
    for (folder, model), difference in zip(models.items(), differences, strict=True):
        if not difference <= _allow(model, inputs[folder]):
            raise UserError(
                f'{folder} differs from Keras by {difference:.2g} in TF.js {version}: do not use '
                f'it.'
            )
    return [
        Verification(folder, ran, VERIFIED_INPUTS, difference)
        for folder, difference in zip(models, differences, strict=True)
    ]


def _allow(model: keras.Model, inputs: list[np.ndarray]) -> float:
    """Returns the allowed difference, in proportion to the largest number before an activation.

    It reaches thousands in a bent model, and in the softmax of a pad with close anchors.
    """
    heads = max(_largest_sum(model, name, inputs) for name in model.output_names)
    allowed = MAX_DIFFERENCE * max(1.0, heads)
    for layer in model.layers:
        if getattr(layer, 'activation', None) is keras.activations.softmax:
            rounding = float(np.finfo(np.float32).eps) * _largest_sum(model, layer.name, inputs)
            allowed += rounding * max(1.0, heads)
    return allowed


def _largest_sum(model: keras.Model, name: str, inputs: list[np.ndarray]) -> float:
    """Returns the largest number before the activation of a layer."""
    layer = model.get_layer(name)
    x = np.asarray(keras.Model(model.inputs, layer.input)(inputs))
    if isinstance(layer, keras.layers.Dense):
        x = x @ layer.kernel + layer.bias
    return float(np.abs(x).max())


def _inputs_like_real_ones(model: Any, config: Config) -> list[np.ndarray]:
    """Draws z from N(0, 1) for a decoder, and sparse patterns for an encoder."""
    random = np.random.default_rng(0)
    shapes = [(VERIFIED_INPUTS, *tensor.shape[1:]) for tensor in model.inputs]
    if shapes[0][1:] == (config.model.latent,):
        return [random.standard_normal(shapes[0]).astype(np.float32)]
    sounding = random.random(shapes[0]) < ONSET_SHARE
    return [np.where(sounding, random.random(shape), 0).astype(np.float32) for shape in shapes]


def name_folders(name: str, folder: Path) -> tuple[Path, Path]:
    """Returns the folders of decoder and encoder."""
    if Path(name).name != name:
        raise UserError('--name must be a plain name: choose the folder with --output.')
    decoder = folder / f'{name}.model'
    return decoder, encoder_folder(decoder)


def adapt(player: Player, summary: dict[str, Any], *, bake: bool) -> tuple[Player, dict[str, Any]]:
    """Returns a run's model as a device needs it, and its metadata."""
    calibrated, config = player.threshold, player.config
    player = dataclasses.replace(
        player,
        decoder=fold_normalization(player.decoder, config, build_decoder),
        encoder=fold_normalization(player.encoder, config, build_encoder),
    )
    if bake:
        player = bake_threshold(player)
    metadata = describe(config, summary, threshold=player.threshold, calibrated=calibrated)
    return player, metadata | {'baked': bake}


def check_targets(
    folders: Iterable[Path], config: Config, quantization: str, overwrite: bool
) -> None:
    """Raises a UserError if an export would fail, before anything is loaded or written."""
    runtime = config.device.spec.tfjs
    if quantization == 'float16' and runtime.startswith('1.'):
        raise UserError(f'The TF.js {runtime} of this device cannot read float16: use uint8.')
    for folder in folders:
        refuse_existing(folder, overwrite=overwrite)
        _refuse_other_files(folder)


def write_models(
    models: dict[Path, Any],
    metadata: dict[str, Any],
    quantization: str,
    overwrite: bool,
) -> None:
    """Writes a decoder and its encoder, or a decoder alone, to their folders.

    Each gets the metadata and checksums, and the decoder a self-test and README.md; see `exported`.

    Raises:
      UserError: if a folder exists, or the model has values that are not finite.
    """
    options: dict[str, Any] = {} if quantization == 'none' else {'quantization': quantization}
    sums: dict[str, Any] = {}
    for folder, model in reversed(models.items()):  # the decoder last: it names its encoder
        is_decoder = folder.suffix == '.model'
        own = metadata if is_decoder else {k: x for k, x in metadata.items() if k != 'card'}
        with new_folder(folder, overwrite=overwrite) as temporary:
            try:
                tfjs_export.save_layers_model(
                    model, temporary, metadata=own, overwrite=True, **options
                )
            except tfjs_export.ModelFormatError as error:
                raise UserError(f'{folder} cannot be written: {error}.') from error
            if is_decoder:
                sums['self_test'] = make_self_test(load_exported(temporary))
            seal(temporary, sums)
            if 'card' in own:
                write_readme(own['card'], temporary)
            sums = {'encoder_sha256': hash_weights(temporary)}


def _refuse_other_files(folder: Path) -> None:
    """Raises a UserError if a folder that would be overwritten holds more than a model."""
    others = [
        path.name
        for path in sorted(folder.glob('*'))
        if path.name not in ('model.json', 'README.md', *map(name_example, range(EXAMPLES)))
        and path.suffix != '.bin'
        and not is_left_by_desktop(path.name)
    ]
    if others:
        raise UserError(f'{folder} is not overwritten, because it holds {others[0]}: remove that.')
