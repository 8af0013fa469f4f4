"""The decoder in a page: half the bytes, and weights that a half cannot hold."""

import base64
import gzip

import numpy as np

from melodyvae.pages.decoder import SMALL, pack_decoder
from tfjs_export import NumpyModel
from tfjs_export.reader import load_numpy_model

from runs import lay_made_weights


def test_large_weights_become_halves_if_their_values_fit(tmp_path):
    lay_made_weights('rhythmvae.tfjs-4.22.model.json', tmp_path / 'device')
    model = load_numpy_model(tmp_path / 'device')
    large = [name for name, value in model.weights.items() if value.size > SMALL]
    outside, *others = large
    weights = model.weights | {outside: np.full_like(model.weights[outside], 7e4)}
    packed = pack_decoder(NumpyModel(model.graph, weights))
    halved = [spec['name'] for spec in packed['weightSpecs'] if 'quantization' in spec]
    assert halved == others != []
    assert len(halved) < len(weights) - 1
    content = gzip.decompress(base64.b64decode(packed['weights']))
    assert len(content) == sum(
        value.size * (2 if name in halved else 4) for name, value in weights.items()
    )
    assert weights[outside].tobytes() in content
