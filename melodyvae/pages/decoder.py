"""The decoder of a TF.js model as a page holds it, at half the size."""

import base64
import gzip
from typing import Any

import numpy as np

from tfjs_export import NumpyModel
from tfjs_export.topology import topology_json
from tfjs_export.weights import encode_weight

MAX_HALF = float(np.finfo(np.float16).max)
SMALL = 4096  # weights up to this size stay float32: the first layer holds the place of loops


def pack_decoder(decoder: NumpyModel) -> dict[str, Any]:
    """Packs a decoder for TensorFlow.js in a page: `PartData.model` of `web/src/data.ts`.

    Large weights become float16 if their values fit.
    """
    tensors = [_pack_weight(name, value) for name, value in decoder.weights.items()]
    return {
        'topology': topology_json(decoder.graph),
        'weightSpecs': [spec for spec, _ in tensors],
        'weights': pack(b''.join(content for _, content in tensors)),
    }


def pack(content: bytes) -> str:
    """Compresses to gzip in base64; the same content always gives the same text."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode('ascii')


def _pack_weight(name: str, value: np.ndarray) -> tuple[dict[str, Any], bytes]:
    halve = value.size > SMALL and np.abs(value).max(initial=0) <= MAX_HALF
    return encode_weight(name, value, 'float16' if halve else None)
