"""Exports the TF.js models of a run, for the Max devices."""

from pathlib import Path
from typing import Any

from melodyvae.playing.bend import bend
from melodyvae.playing.dials import refuse_without_device
from melodyvae.playing.tfjs import adapt, check_targets, name_folders, write_models
from melodyvae.runs.card import read_card
from melodyvae.runs.folder import RunFolder


def export(
    run: RunFolder | str | Path,
    folder: str | Path,
    *,
    name: str = '',
    quantization: str = 'none',
    bake: bool = True,
    noise_range: float | None = None,
    seed: int = 0,
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes the decoder and the encoder of a run as TF.js layers models.

    Batch normalization is folded into the dense layers; see `fold_normalization`.

    Args:
      run: a trained run, or its path; not changed.
      folder: for `NAME.model`, the decoder, which a device loads, and `encoder/NAME.encoder`, with
        the outputs z_mean and z_log_var.
      name: NAME; that of the preset by default.
      quantization: of the weights, 'none', 'float16' or 'uint8'.
      bake: move the onset biases, so that the device plays at its own threshold what the run plays
        at its calibrated one; see `threshold.bake`.
      noise_range: write only `NAME.bent.model`, the decoder with this noise on its weights, see
        `bend`; None for none.
      seed: of the noise.
      overwrite: replace models of the same name.

    Returns:
      The folders that were written, that of the decoder first, each with its Keras model.

    Raises:
      UserError: if the run has no model, no device plays it, a model of that name exists, or the
        device cannot read this quantization.
    """
    run = run if isinstance(run, RunFolder) else RunFolder(run)
    refuse_without_device(run.config)
    name = name or run.config.name
    if noise_range is None:
        targets = name_folders(name, Path(folder))
        return _export(run, targets, quantization, bake=bake, overwrite=overwrite)
    targets = name_folders(f'{name}.bent', Path(folder))[:1]
    noise = {'noise_range': noise_range, 'seed': seed}
    return _export(run, targets, quantization, bake=bake, noise=noise, overwrite=overwrite)


def export_own(run: RunFolder) -> None:
    """Writes the models of a run into its folder, where the play page and the programs find them.

    Replaces models that a killed program has left.
    """
    _export(run, name_folders(run.config.name, run.path), overwrite=True)


def _export(
    run: RunFolder,
    targets: tuple[Path, ...],
    quantization: str = 'none',
    *,
    bake: bool = True,
    noise: dict[str, Any] | None = None,
    overwrite: bool,
) -> dict[Path, Any]:
    check_targets(targets, run.config, quantization, overwrite)
    player, metadata = adapt(run.load_player(), run.summary, bake=bake)
    metadata['card'] = read_card(run)
    if noise:
        metadata['bend'] = noise
        player = bend(player, **noise)
    models = dict(zip(targets, (player.decoder, player.encoder), strict=False))
    write_models(models, metadata, quantization, overwrite)
    return models
