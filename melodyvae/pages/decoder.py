"""The decoder of a TF.js model as a page holds it, at half the size. Needs no TensorFlow."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.playing.exported import load_exported, read_exported_card
from melodyvae.playing.timing import Timing
from tfjs_export import NumpyModel, read_metadata
from tfjs_export.topology import topology_json
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
      metadata: of the model, JSON values.
      card: the model card, JSON values; None if it has none.
    """

    config: Config
    threshold: float
    timing: Timing
    topology: dict[str, Any]
    specs: list[dict[str, Any]]
    weights: bytes
    metadata: dict[str, Any]
    card: dict[str, Any] | None


def read_decoder(folder: Path) -> Decoder:
    """Reads a TF.js model of this package or of a device, from its folder or its `model.json`.

    Raises:
      UserError: if it is missing, damaged, not a decoder, or fits no system.
    """
    player = load_exported(folder)
    decoder = player.decoder
    assert isinstance(decoder, NumpyModel)
    tensors = [_pack_weight(name, value) for name, value in decoder.weights.items()]
    return Decoder(
        config=player.config,
        threshold=player.threshold,
        timing=player.timing,
        topology=topology_json(decoder.graph),
        specs=[spec for spec, _ in tensors],
        weights=b''.join(content for _, content in tensors),
        metadata=read_metadata(folder),
        card=read_exported_card(folder),
    )


def _pack_weight(name: str, value: np.ndarray) -> tuple[dict[str, Any], bytes]:
    halve = value.size > SMALL and np.abs(value).max(initial=0) <= MAX_HALF
    return encode_weight(name, value, 'float16' if halve else None)
