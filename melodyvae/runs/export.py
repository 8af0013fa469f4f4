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
    fold: bool = True,
    overwrite: bool = False,
) -> dict[Path, Any]:
    """Writes the decoder and the encoder of a run as TF.js layers models.

    Args:
      run: a trained run, or its path; not changed.
      folder: for `NAME.model`, the decoder, which a device loads, and `encoder/NAME.encoder`, with
        the outputs z_mean and z_log_var.
      name: NAME; that of the preset by default.
      quantization: of the weights, 'none', 'float16' or 'uint8'.
      bake: move the onset biases, so that the device plays at its own threshold what the run plays
        at its calibrated one; see `threshold.bake`.
      fold: fold batch normalization into the dense layers; see `fold_normalization`. Without it,
        the layers are those that the device writes.
      overwrite: replace models of the same name.

    Returns:
      The folders that were written, that of the decoder first, each with its Keras model.

    Raises:
      UserError: if the run has no model, no device plays it, a model of that name exists, or the
        device cannot read this quantization.
    """
    run = run if isinstance(run, RunFolder) else RunFolder(run)
    refuse_without_device(run.config)
    folders = name_folders(name or run.config.name, Path(folder))
    check_targets(folders, run.config, quantization, overwrite)
    player, metadata = adapt(run.load_player(), run.summary, bake=bake, fold=fold)
    return _write(run, player, metadata, folders, quantization, overwrite)


def export_own(run: RunFolder, player: Player) -> None:
    """Writes the models of a run into its folder, where the play page and the programs find them.

    Replaces models that a killed program has left.

    Args:
      run: whose summary has been written.
      player: of its model.
    """
    folders = name_folders(run.config.name, run.path)
    check_targets(folders, run.config, 'none', overwrite=True)
    player, metadata = adapt(player, run.summary, bake=True, fold=True)
    _write(run, player, metadata, folders, 'none', overwrite=True)


def _write(
    run: RunFolder,
    player: Player,
    metadata: dict[str, Any],
    folders: tuple[Path, Path],
    quantization: str,
    overwrite: bool,
) -> dict[Path, Any]:
    models = dict(zip(folders, (player.decoder, player.encoder), strict=True))
    return write_models(models, metadata | {'card': read_card(run)}, quantization, overwrite)


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
    """Writes `NAME.bent.model`, the exported decoder with noise on its weights; see `bend`.

    Arguments, result and errors are those of `export`.
    """
    refuse_without_device(run.config)
    target, _ = name_folders(f'{name or run.config.name}.bent', folder)
    check_targets([target], run.config, quantization, overwrite)
    player, metadata = adapt(run.load_player(), run.summary, bake=bake, fold=True)
    metadata['card'] = read_card(run)
    metadata['bend'] = {'noise_range': noise_range, 'seed': seed}
    models = {target: bend(player, noise_range, seed).decoder}
    return write_models(models, metadata, quantization, overwrite)
