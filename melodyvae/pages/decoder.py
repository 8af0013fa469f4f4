"""The decoder of a TF.js model as a page holds it, at half the size. Needs no TensorFlow."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.playing.metadata import identify, read_timing
from melodyvae.playing.timing import Timing
from melodyvae.system.errors import UserError
from tfjs_export import ModelFormatError, read_metadata
from tfjs_export.layers import InputLayer
from tfjs_export.reader import read_saved_model
from tfjs_export.topology import topology_json
from tfjs_export.validate import check_graph
from tfjs_export.weights import encode_weight

MAX_HALF = float(np.finfo(np.float16).max)
SMALL = 4096  # weights up to this size stay float32: the first layer holds the place of loops


@dataclasses.dataclass(frozen=True, slots=True)
class Decoder:
    """A decoder, ready for TensorFlow.js in a page.

    Attributes:
      config: the system; `model.latent` is that of the decoder.
      threshold: minimum onset probability of a note.
      timing: tempos and time signatures of the library.
      topology: `modelTopology`, as JSON values.
      specs: the item of each tensor in `weights` of the manifest.
      weights: the bytes of all tensors; large weights are float16 if their values fit.
    """

    config: Config
    threshold: float
    timing: Timing
    topology: dict[str, Any]
    specs: list[dict[str, Any]]
    weights: bytes


def read_decoder(folder: Path) -> Decoder:
    """Reads a TF.js model of this package or of a device, from its folder or its `model.json`.

    Raises:
      UserError: if it is missing, cannot be read, is not a decoder, or fits no system.
    """
    try:
        saved, metadata = read_saved_model(folder), read_metadata(folder)
    except (ModelFormatError, FileNotFoundError) as error:
        raise UserError(f'{error}.') from error
    inputs = [
        layer.kind.shape for layer in saved.graph.layers if isinstance(layer.kind, InputLayer)
    ]
    if len(inputs) != 1 or len(inputs[0]) != 1:
        raise UserError(f'{folder} is not a decoder: it has other inputs than z.')
    widths = [shape[-1] for shape in check_graph(saved.graph).outputs]
    config, threshold = identify(folder, metadata, widths)
    config.model.latent = inputs[0][0]
    tensors = [_pack_weight(name, value) for name, value in saved.weights.items()]
    return Decoder(
        config=config,
        threshold=threshold,
        timing=read_timing(metadata, config.model.latent),
        topology=topology_json(saved.graph),
        specs=[spec for spec, _ in tensors],
        weights=b''.join(content for _, content in tensors),
    )


def _pack_weight(name: str, value: np.ndarray) -> tuple[dict[str, Any], bytes]:
    halve = value.size > SMALL and np.abs(value).max(initial=0) <= MAX_HALF
    return encode_weight(name, value, 'float16' if halve else None)
