"""The weights of a model: their specs, quantization, and the bytes of the binary files."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tfjs_export.errors import ModelFormatError, locate_errors
from tfjs_export.fields import Fields, as_list, first_repeated, is_integer, quote
from tfjs_export.kind import Shape

Quantization = Literal['float16', 'uint8']

MAX_FILES = 9_999

# Weights are float32; the others occur in the state of an optimizer, which is skipped.
_BYTES = {'float32': 4, 'int32': 4, 'bool': 1}
_QUANTIZED_BYTES = {'float16': 2, 'uint8': 1}
_MAX_DIMENSIONS = 8
_CHUNK = 2**16  # numbers that are converted at a time
_MAX_SIZE = 2**53  # the largest integer that JavaScript represents exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSpec:
    """One tensor of the binary files, as described by an item of ``weights`` in the manifest."""

    name: str
    shape: Shape
    dtype: str
    stored_dtype: str  # differs from dtype if quantized
    scale: float
    minimum: float
    is_of_optimizer: bool

    @property
    def bytes(self) -> int:
        """Length in the binary files."""
        sizes = _BYTES if self.stored_dtype == self.dtype else _QUANTIZED_BYTES
        return math.prod(self.shape) * sizes[self.stored_dtype]


def parse_weight_spec(value: object) -> WeightSpec:
    """Reads an item of ``weights`` in the manifest.

    Raises:
        ModelFormatError: a value is missing, of the wrong type, or unknown to TF.js.
    """
    spec = Fields(value, 'each item of weights')
    name = spec.text('name')
    with locate_errors(f'weight {quote(name)}'):
        shape = tuple(spec.list('shape'))
        sane = all(is_integer(size) and 0 < size <= _MAX_SIZE for size in shape)
        if len(shape) > _MAX_DIMENSIONS or not sane:
            raise ModelFormatError(
                f'shape must hold whole numbers of at least 1, not {quote(shape)}'
            )
        is_of_optimizer = spec.text('group', '') == 'optimizer'
        dtype = stored_dtype = spec.text('dtype')
        if dtype not in _BYTES or (dtype != 'float32' and not is_of_optimizer):
            raise ModelFormatError(f'dtype must be float32, not {quote(dtype)}')
        scale, minimum = 1.0, 0.0
        if spec.any('quantization', None) is not None:
            quantization = spec.object('quantization')
            stored_dtype = quantization.text('dtype')
            if stored_dtype not in _QUANTIZED_BYTES:
                raise ModelFormatError(f'the quantization {quote(stored_dtype)} cannot be read')
            if stored_dtype != 'float16':
                scale, minimum = quantization.number('scale'), quantization.number('min')
        return WeightSpec(
            name=name,
            shape=shape,
            dtype=dtype,
            stored_dtype=stored_dtype,
            scale=scale,
            minimum=minimum,
            is_of_optimizer=is_of_optimizer,
        )


def decode_weight(spec: WeightSpec, data: memoryview) -> np.ndarray:
    """Decodes the bytes of a tensor to float32, as TF.js does.

    Raises:
        ModelFormatError: a value is not finite.
    """
    stored = np.frombuffer(data, np.dtype(spec.stored_dtype).newbyteorder('<'))
    if spec.stored_dtype in ('float32', 'float16'):
        value = stored.astype(np.float32, copy=False)
    else:
        value = np.empty(len(stored), np.float32)
        for part in _parts(len(stored)):
            # In double precision, as JavaScript does.
            with np.errstate(over='ignore'):
                value[part] = stored[part].astype(np.float64) * spec.scale + spec.minimum
    _check_finite(spec.name, value)
    return value.reshape(spec.shape)


def _parts(length: int) -> Iterator[slice]:
    """Yields slices of an array, so that intermediate results take little memory."""
    for start in range(0, length, _CHUNK):
        yield slice(start, start + _CHUNK)


def encode_weight(
    name: str, value: np.ndarray, quantization: Quantization | None
) -> tuple[dict[str, Any], bytes]:
    """Encodes an array as an item of ``weights`` in the manifest and its bytes.

    Raises:
        ModelFormatError: a value is not finite, or too large for float16.
    """
    _check_finite(name, value)
    spec: dict[str, Any] = {'name': name, 'shape': list(value.shape), 'dtype': 'float32'}
    if quantization is None:
        return spec, value.astype('<f4').tobytes()
    spec['quantization'] = {'dtype': quantization, 'original_dtype': 'float32'}
    if quantization == 'float16':
        with np.errstate(over='ignore'):
            halves = value.astype('<f2')
        if not np.isfinite(halves).all():
            raise ModelFormatError(f'weight {quote(name)} has a value too large for float16')
        return spec, halves.tobytes()
    low, high = float(value.min()), float(value.max())
    # If all values are equal, they are stored as zeros above the minimum.
    scale = (high - low) / 255 or 1.0
    levels = np.empty(value.size, np.uint8)
    flat = value.reshape(-1)
    for part in _parts(value.size):
        levels[part] = np.rint((flat[part].astype(np.float64) - low) / scale).clip(0, 255)
    spec['quantization'] |= {'min': low, 'scale': scale}
    return spec, levels.tobytes()


def _check_finite(name: str, value: np.ndarray) -> None:
    flat = value.reshape(-1)
    if not all(np.isfinite(flat[part]).all() for part in _parts(value.size)):
        raise ModelFormatError(f'weight {quote(name)} has a value that is not finite')


def parse_manifest(manifest: object) -> list[tuple[list[str], list[WeightSpec]]]:
    """Reads a ``weightsManifest``: the paths and weight specs of each group."""
    groups = []
    for item in as_list(manifest, 'weightsManifest'):
        group = Fields(item, 'each item of weightsManifest')
        paths = group.list('paths')
        if len(paths) > MAX_FILES or not all(isinstance(path, str) for path in paths):
            raise ModelFormatError(
                f'paths must be a list of at most {MAX_FILES} texts, not {quote(paths)}'
            )
        groups.append((paths, [parse_weight_spec(spec) for spec in group.list('weights')]))
    twice = first_repeated(spec.name for _, specs in groups for spec in specs)
    if twice is not None:
        raise ModelFormatError(f'weight {quote(twice)} is listed twice')
    return groups
