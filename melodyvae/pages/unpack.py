"""Unpacks the model in a play page into a folder, so that it can be used without the page."""

import base64
import binascii
import json
import re
import zlib
from pathlib import Path
from typing import Any

from melodyvae.playing.integrity import drop_checksums
from melodyvae.system.errors import UserError
from tfjs_export import ModelFormatError
from tfjs_export.reader import read_saved_model
from tfjs_export.weights import encode_weight

MAX_WEIGHTS = 2**28  # bytes
_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def unpack_page(page: str, folder: Path) -> str:
    """Writes the model of a page as a TF.js model of float32 weights.

    Args:
      page: HTML that `play_page` wrote; may be hostile.
      folder: an existing folder, for `model.json` and `weights.bin`.

    Returns:
      The title of the model.

    Raises:
      UserError: if the page holds no model or two, or is damaged.
    """
    found = _DATA.search(page)
    if not found:
        raise UserError('This page holds no model: choose the play.html of a run.')
    try:
        parts = json.loads(found[1])['parts']
        if len(parts) != 1:
            raise UserError(
                f'This page holds {len(parts)} models: choose the play.html of one run.'
            )
        part = parts[0]
        model = part['model']
        _write_model(model['topology'], model['weightSpecs'], _unpack(model['weights']), folder)
        saved = read_saved_model(folder)
        encoded = [encode_weight(name, value, None) for name, value in saved.weights.items()]
        weights = b''.join(content for _, content in encoded)
        specs = [spec for spec, _ in encoded]
        metadata = drop_checksums(part.get('metadata') or {})
        _write_model(model['topology'], specs, weights, folder, metadata)
        return str(part['title'])
    except ModelFormatError as error:
        raise UserError(f'The model in this page cannot be read: {error}.') from error
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        zlib.error,
    ) as error:
        raise UserError(f'This page is damaged: {error}.') from error


def _write_model(
    topology: Any,
    specs: list[Any],
    weights: bytes,
    folder: Path,
    metadata: dict[str, Any] | None = None,
) -> None:
    document = {
        'format': 'layers-model',
        'modelTopology': topology,
        'weightsManifest': [{'paths': ['weights.bin'], 'weights': specs}],
        'userDefinedMetadata': metadata or {},
    }
    (folder / 'model.json').write_text(json.dumps(document), encoding='utf-8')
    (folder / 'weights.bin').write_bytes(weights)


def _unpack(text: str) -> bytes:
    """Undoes gzip in base64.

    Raises:
      ValueError, zlib.error: if it is damaged or too large.
    """
    try:
        packed = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f'its weights are not base64: {error}') from error
    unpacker = zlib.decompressobj(wbits=31)
    content = unpacker.decompress(packed, MAX_WEIGHTS)
    if not unpacker.eof:
        raise ValueError('its weights are cut off or too large')
    return content
