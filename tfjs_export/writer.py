"""Writes a Keras model as a TF.js layers model: model.json and its binary files."""

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfjs_export.fields import quote
from tfjs_export.keras_models import check_kind, graph_of, weights_of
from tfjs_export.topology import topology_json
from tfjs_export.validate import check_graph
from tfjs_export.weights import Quantization, encode_weight

if TYPE_CHECKING:
    import keras


def save_layers_model(
    model: 'keras.Model',
    folder: str | Path,
    *,
    metadata: dict[str, Any] | None = None,
    quantization: Quantization | None = None,
    overwrite: bool = False,
) -> Path:
    """Writes ``folder/model.json`` and ``folder/weights.bin``.

    The folder appears whole or not at all. The same model gives the same bytes.

    Args:
        model: a functional Keras model, or a Sequential, of the layers that README.md lists.
        folder: the folder to make, with its parents.
        metadata: JSON values for ``userDefinedMetadata``, or None for no such key.
        quantization: 'uint8' stores a quarter of the bytes and 'float16' half of them, both with
            a loss. TF.js 1.x cannot read float16.
        overwrite: replace the folder if it holds a model and nothing else.

    Returns:
        The folder.

    Raises:
        UnsupportedLayerError: the model is of another kind, or a layer cannot be written.
        ModelFormatError: a name or a wiring that TF.js refuses, or a weight that is not finite.
        FileExistsError: the folder exists and is not empty, or holds more than a model.
        ValueError: an argument makes no sense.
    """
    if quantization not in (None, 'float16', 'uint8'):
        raise ValueError(f"quantization must be None, 'float16' or 'uint8', not {quantization!r}")
    if metadata is not None and not isinstance(metadata, dict):
        raise ValueError(f'metadata must be a dict, not {type(metadata).__name__}')
    if not isinstance(folder, str | Path):
        raise ValueError(f'folder must be a path, not {quote(folder)}')
    check_kind(model)
    folder = Path(folder).resolve()
    check_target(folder, overwrite)
    files = dict(_files_of(model, metadata, quantization))
    _write_folder(folder, files)
    return folder


def _files_of(
    model: 'keras.Model',
    metadata: dict[str, Any] | None,
    quantization: Quantization | None,
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of all files of the exported model."""
    import keras

    graph = graph_of(model)
    check_graph(graph)
    encoded = [
        encode_weight(name, value, quantization) for name, value in weights_of(model, graph).items()
    ]
    document = {
        'format': 'layers-model',
        'generatedBy': f'keras v{keras.version()}',
        'convertedBy': 'tfjs_export',
        'modelTopology': {
            **topology_json(graph),
            'keras_version': keras.version(),
            'backend': keras.config.backend(),
        },
        'weightsManifest': [{'paths': ['weights.bin'], 'weights': [spec for spec, _ in encoded]}],
    }
    if metadata is not None:
        document['userDefinedMetadata'] = metadata
    try:
        text = json.dumps(document, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f'metadata must be made of JSON values: {error}') from None
    yield 'model.json', text.encode()
    yield 'weights.bin', b''.join(part for _, part in encoded)


def check_target(folder: Path, overwrite: bool) -> None:
    """Refuses to write where something is that would be lost."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FileExistsError(f'{folder} is a file; give the name of a folder')
    names = {path.name for path in folder.iterdir() if not _is_left_by_desktop(path.name)}
    if names and not overwrite:
        raise FileExistsError(f'{folder} exists already; remove it, or ask to overwrite it')
    strangers = sorted(name for name in names if name != 'model.json' and name[-4:] != '.bin')
    if strangers or (names and 'model.json' not in names):
        held = f'holds {", ".join(strangers[:3])}' if strangers else 'holds no model.json'
        raise FileExistsError(f'{folder} {held}, so it is no model; it is not overwritten')


def _is_left_by_desktop(name: str) -> bool:
    """Whether the Finder or the Explorer has left a file, by looking at the folder."""
    return name in ('.DS_Store', 'Thumbs.db', 'desktop.ini') or name.startswith('._')


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Writes beside the folder, then renames."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    suffix = f'{folder.name}.{secrets.token_hex(4)}'
    new, old = folder.parent / f'.new-{suffix}', folder.parent / f'.old-{suffix}'
    try:
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
