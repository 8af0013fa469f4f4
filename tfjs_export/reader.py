"""Reads a TF.js layers model, model.json and its binary files, which may be untrusted.

It reads nothing outside the folder, and allocates no memory for weights that the files do not hold.
"""

import json
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from tfjs_export.errors import ModelFormatError, locate_errors
from tfjs_export.fields import Fields, first_repeated, quote
from tfjs_export.graph import Graph
from tfjs_export.keras_models import build_model
from tfjs_export.kind import Shape
from tfjs_export.numpy_model import NumpyModel
from tfjs_export.topology import parse_topology
from tfjs_export.validate import check_graph
from tfjs_export.weights import WeightSpec, decode_weight, parse_manifest

if TYPE_CHECKING:
    import keras

MAX_JSON_BYTES = 16 * 2**20
MAX_WEIGHT_BYTES = 2**30  # including the state of an optimizer


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A complete and valid model, with the JSON values and the metadata of its file."""

    graph: Graph
    weights: dict[str, np.ndarray]
    document: dict[str, Any]
    metadata: dict[str, Any]


def load_layers_model(path: str | Path) -> 'keras.Model':
    """Builds the Keras model that a TF.js layers model describes.

    Args:
        path: the folder that holds ``model.json``, or the JSON file itself under any name.

    Returns:
        A functional Keras model of float32 layers with the names, weights and dropout of the
        original.

    Raises:
        ModelFormatError: the files are damaged or hostile, or the model is not supported; the
            message names the file.
        FileNotFoundError: there is no such folder or file.
        ValueError: ``path`` is not a path.
    """
    json_path = _find_json(path)
    saved = read_saved_model(json_path)
    with locate_errors(str(json_path)):
        return build_model(saved.graph, saved.weights)


def load_numpy_model(path: str | Path) -> NumpyModel:
    """Loads a TF.js layers model for NumPy, without importing Keras.

    Arguments and errors are those of `load_layers_model`.
    """
    saved = read_saved_model(path)
    return NumpyModel(saved.graph, saved.weights)


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Reads the ``userDefinedMetadata`` of a TF.js layers model; empty if it has none.

    Raises:
        ModelFormatError, FileNotFoundError: as `load_layers_model`; only the JSON file is
            read.
    """
    json_path = _find_json(path)
    with locate_errors(str(json_path)):
        return _find_metadata(_read_document(json_path))


def read_saved_model(path: str | Path) -> SavedModel:
    """Reads and checks everything, without Keras. Arguments and errors: `load_layers_model`."""
    json_path = _find_json(path)
    with locate_errors(str(json_path)):
        document = _read_document(json_path)
        graph = parse_topology(document.any('modelTopology'))
        shapes = check_graph(graph).weights
        groups = parse_manifest(document.list('weightsManifest'))
        _check_specs(shapes, [spec for _, specs in groups for spec in specs])
        weights = _read_weights(json_path.parent, groups)
        weights = {name: weights[name] for name in graph.weight_names()}
        return SavedModel(graph, weights, document.values, _find_metadata(document))


def _find_metadata(document: Fields) -> dict[str, Any]:
    metadata = document.any('userDefinedMetadata', {})
    if not isinstance(metadata, dict):
        raise ModelFormatError(f'userDefinedMetadata must be an object, not {quote(metadata)}')
    return metadata


def _find_json(path: str | Path) -> Path:
    """Returns the JSON file of a model, with all links in the path of its folder resolved."""
    if not isinstance(path, str | Path):
        raise ValueError(f'path must be that of a folder or a file, not {quote(path)}')
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f'{path}: there is no such file or folder')
    folder, name = (path, 'model.json') if path.is_dir() else (path.parent, path.name)
    json_path = folder.resolve() / name
    if not json_path.exists():
        raise FileNotFoundError(f'{path}: the folder has no model.json')
    return json_path


def _read_document(json_path: Path) -> Fields:
    file = _regular_file(json_path.parent, json_path.name)
    if file.stat().st_size > MAX_JSON_BYTES:
        raise ModelFormatError(f'it is too large for a model: more than {MAX_JSON_BYTES} bytes')
    try:
        value = json.loads(
            file.read_bytes(), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
        )
    except ModelFormatError:
        raise
    except RecursionError:
        raise ModelFormatError('its values are nested too deep') from None
    except ValueError as error:  # also for bytes that are not text, and for too many digits
        raise ModelFormatError(f'it is not JSON: {error}') from None
    document = Fields(value, 'the file')
    if document.any('format', 'layers-model') != 'layers-model':
        raise ModelFormatError(
            f'its format is {quote(document.any("format"))}; only a layers-model can be read'
        )
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = first_repeated(key for key, _ in pairs)
    if twice is not None:
        raise ModelFormatError(f'an object has the key {quote(twice)} twice')
    return dict(pairs)


def _refuse_constant(name: str) -> None:
    raise ModelFormatError(f'{name} is not a number in JSON')


def _check_specs(shapes: dict[str, Shape], specs: list[WeightSpec]) -> None:
    """Checks that the manifest lists exactly the weights of the model."""
    needed = [spec for spec in specs if not spec.is_of_optimizer]
    listed = {spec.name: spec.shape for spec in needed}
    twice = first_repeated(spec.name for spec in needed)
    if twice is not None:
        raise ModelFormatError(f'weight {quote(twice)} is listed twice')
    for name, shape in shapes.items():
        if name not in listed:
            raise ModelFormatError(f'weight {quote(name)} is missing from weightsManifest')
        if listed[name] != shape:
            raise ModelFormatError(
                f'weight {quote(name)} has the shape {quote(listed[name])}, '
                f'but the layers need {quote(shape)}'
            )
    for name in listed:
        if name not in shapes:
            raise ModelFormatError(f'weight {quote(name)} belongs to no layer of the model')


def _read_weights(
    folder: Path, groups: list[tuple[list[str], list[WeightSpec]]]
) -> dict[str, np.ndarray]:
    """Reads all files after checking their lengths."""
    files = [[_weight_file(folder, path) for path in paths] for paths, _ in groups]
    _check_lengths(files, groups)
    weights = {}
    for group_files, (_, specs) in zip(files, groups, strict=True):
        data = memoryview(b''.join(file.read_bytes() for file in group_files))
        start = 0
        for spec in specs:
            if not spec.is_of_optimizer:
                weights[spec.name] = decode_weight(spec, data[start : start + spec.bytes])
            start += spec.bytes
    return weights


def _check_lengths(
    files: list[list[Path]], groups: list[tuple[list[str], list[WeightSpec]]]
) -> None:
    seen = set()
    total = 0
    for group_files, (paths, specs) in zip(files, groups, strict=True):
        length = 0
        for file, path in zip(group_files, paths, strict=True):
            info = file.stat()
            if (info.st_dev, info.st_ino) in seen:
                raise ModelFormatError(f'the file {quote(path)} is listed twice')
            seen.add((info.st_dev, info.st_ino))
            length += info.st_size
        expected = sum(spec.bytes for spec in specs)
        if length != expected:
            raise ModelFormatError(
                f'its weights take {expected} bytes, but {", ".join(map(quote, paths[:3]))} '
                f'{"have" if len(paths) > 1 else "has"} {length}'
            )
        total += length
    if total > MAX_WEIGHT_BYTES:
        raise ModelFormatError(f'its weights take more than {MAX_WEIGHT_BYTES} bytes')


def _weight_file(folder: Path, path: str) -> Path:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == '/' or '..' in parts or any(sign in path for sign in '\\:'):
        raise ModelFormatError(f'the path {quote(path)} leads out of the folder')
    return _regular_file(folder, path)


def _regular_file(folder: Path, path: str) -> Path:
    """Returns a regular file in a resolved folder; refuses links that point out of the folder."""
    try:
        file = (folder / path).resolve(strict=True)
        is_regular = stat.S_ISREG(file.stat().st_mode)
    except (OSError, RuntimeError, ValueError):  # missing, a circle of links, not a file name
        raise ModelFormatError(f'the file {quote(path)} is not in the folder') from None
    if not file.is_relative_to(folder):
        raise ModelFormatError(f'the file {quote(path)} is a link out of the folder')
    if not is_regular:
        raise ModelFormatError(f'{quote(path)} is not a file')
    return file
