"""Loads TF.js layers models, of this package and of the devices, without TensorFlow."""

from pathlib import Path
from typing import Any

from melodyvae.playing.card import check_card
from melodyvae.playing.integrity import check_sealed, hash_weights
from melodyvae.playing.metadata import encoder_folder, identify, read_timing
from melodyvae.playing.player import Player
from melodyvae.playing.self_test import run_self_test
from melodyvae.system.errors import UserError
from tfjs_export import ModelFormatError, NumpyModel, read_metadata
from tfjs_export.reader import read_saved_model


def is_exported(path: Path) -> bool:
    """Whether `path` is a TF.js model, which plays without TensorFlow, not a run folder."""
    return path.suffix == '.json' or (path / 'model.json').is_file()


def load_exported(path: Path) -> Player:
    """Does what `load_with_metadata` does, and returns the player only."""
    return load_with_metadata(path)[0]


def load_with_metadata(path: Path) -> tuple[Player, dict[str, Any]]:
    """Loads a TF.js layers model, and checks it against its checksums and its self-test.

    Args:
      path: the folder of a `model.json`, or that file. The encoder of `NAME.model` is loaded as
        well if it is in `encoder/NAME.encoder` beside it.

    Returns:
      The player, and the metadata of the file; these are empty if a device saved it.

    Raises:
      UserError: if it cannot be read, is damaged, or fits no system.
    """
    encoder_path = encoder_folder(path if path.is_dir() else path.parent)
    try:
        saved = read_saved_model(path)
        found = (encoder_path / 'model.json').is_file()
        saved_encoder = read_saved_model(encoder_path) if found else None
    except (ModelFormatError, FileNotFoundError) as error:
        raise UserError(f'{error}.') from error
    decoder, metadata = NumpyModel(saved.graph, saved.weights), saved.metadata
    if len(decoder.input_shapes) != 1 or len(decoder.input_shapes[0]) != 1:
        raise UserError(f'{path} is not a decoder: it has other inputs than z.')
    is_sealed = check_sealed(path, saved.document)
    encoder = None
    if saved_encoder:
        own = metadata.get('encoder_sha256')
        is_whole = check_sealed(encoder_path, saved_encoder.document)
        if is_whole and own not in (None, hash_weights(encoder_path)):
            raise UserError(
                f'{encoder_path} is not of the same export as its decoder: export both again.'
            )
        encoder = NumpyModel(saved_encoder.graph, saved_encoder.weights)
    widths = [shape[-1] for shape in decoder.output_shapes]
    config, threshold = identify(path, metadata, widths)
    config.model.latent = decoder.input_shapes[0][-1]
    timing = read_timing(metadata, config.model.latent)
    player = Player(config, decoder, encoder, threshold, timing)
    if is_sealed:
        run_self_test(player, metadata['self_test'], path)
    return player, metadata


def read_exported_card(path: Path) -> dict[str, Any] | None:
    """Returns the card in a model that `load_exported` has checked; None if it has none.

    Raises:
      UserError: if the card is not valid.
    """
    card = read_metadata(path).get('card')
    return None if card is None else check_card(card, path)
