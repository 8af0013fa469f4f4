"""The checksums in a model.json, which detect files that were damaged or mixed up."""

import hashlib
import json
from pathlib import Path
from typing import Any

from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError

KEYS = ('checksum', 'weights_sha256')  # in all exports; two, since damage may hit one


def seal(folder: Path, values: dict[str, Any]) -> None:
    """Adds JSON values and checksums to the metadata of a TF.js model that was just written."""
    path = folder / 'model.json'
    document = json.loads(path.read_bytes())
    metadata = document['userDefinedMetadata']
    metadata |= {'weights_sha256': hash_weights(folder), **values}
    metadata['checksum'] = _sum_up(document)
    with new_file(path, overwrite=True) as temporary:
        temporary.write_text(json.dumps(document, allow_nan=False), encoding='utf-8')


def check_sealed(path: Path, document: dict[str, Any]) -> bool:
    """Compares a valid TF.js model with its checksums.

    Args:
      path: of its folder, or of its JSON file.
      document: the values of that file.

    Returns:
      Whether it has checksums. Models that a device saved have none, not even if the device had
      loaded an export of this package.

    Raises:
      UserError: if anything in the model has changed since it was written.
    """
    file = path / 'model.json' if path.is_dir() else path
    metadata, text = document.get('userDefinedMetadata'), json.dumps(document)
    if not any(f'"{key}"' in text for key in KEYS) or _is_saved_by_device(document):
        return False
    if not isinstance(metadata, dict) or metadata.get('checksum') != _sum_up(document):
        raise UserError(f'{file} is damaged: its checksum is wrong. Export the model again.')
    if metadata['weights_sha256'] != hash_weights(file.parent):
        raise UserError(
            f'{file.parent / "weights.bin"} is damaged or belongs to another model: its checksum '
            f'is wrong. Export the model again.'
        )
    return True


def hash_weights(folder: Path) -> str:
    """Returns the SHA-256 of the weights of a model that this package wrote."""
    return hashlib.sha256((folder / 'weights.bin').read_bytes()).hexdigest()


def drop_checksums(metadata: dict[str, Any]) -> dict[str, Any]:
    """Returns metadata for other weights of the same model, such as a page's."""
    dropped = (*KEYS, 'encoder_sha256', 'self_test')
    return {key: value for key, value in metadata.items() if key not in dropped}


def _is_saved_by_device(document: dict[str, Any]) -> bool:
    """Whether TF.js wrote the file; it keeps the metadata of a model that it has loaded."""
    writer = str(document.get('generatedBy'))
    return document.get('convertedBy') is None and writer.startswith('TensorFlow.js')


def _sum_up(document: dict[str, Any]) -> str:
    """Returns the SHA-256 of all values but the checksum itself."""
    metadata = {key: x for key, x in document['userDefinedMetadata'].items() if key != 'checksum'}
    values = document | {'userDefinedMetadata': metadata}
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
