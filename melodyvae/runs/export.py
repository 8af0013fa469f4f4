"""Exports the TF.js models of a run, for the Max devices."""

from pathlib import Path
from typing import Any

from melodyvae.playing.bend import bend
from melodyvae.playing.dials import refuse_without_device
from melodyvae.playing.player import Player
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
      noise_range: if given, write only `NAME.bent.model`, a decoder with noise on its weights; see
        `bend`.
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
    targets: tuple[Path, ...] = name_folders(name, Path(folder))
    if noise_range is not None:
        targets = name_folders(f'{name}.bent', Path(folder))[:1]
    check_targets(targets, run.config, quantization, overwrite)
    player, metadata = adapt(run.load_player(), run.summary, bake=bake)
    if noise_range is not None:
        player = bend(player, noise_range, seed)
        metadata['bend'] = {'noise_range': noise_range, 'seed': seed}
    return _write(run, player, metadata, targets, quantization, overwrite)


def export_own(run: RunFolder, player: Player) -> None:
    """Writes the models of a run into its folder, where the play page and the programs find them.

    Replaces models that a killed program has left.

    Args:
      run: whose summary has been written.
      player: of its model.
    """
    targets = name_folders(run.config.name, run.path)
    check_targets(targets, run.config, 'none', overwrite=True)
    player, metadata = adapt(player, run.summary, bake=True)
    _write(run, player, metadata, targets, 'none', overwrite=True)


def _write(
    run: RunFolder,
    player: Player,
    metadata: dict[str, Any],
    targets: tuple[Path, ...],
    quantization: str,
    overwrite: bool,
) -> dict[Path, Any]:
    models = dict(zip(targets, (player.decoder, player.encoder), strict=False))
    write_models(models, metadata | {'card': read_card(run)}, quantization, overwrite)
    return models
