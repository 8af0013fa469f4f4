"""Keras 3 models, functional and Sequential, to TensorFlow.js layers models and back.

save_layers_model(model, 'decoder.model')        # decoder.model/model.json, weights.bin
model = load_layers_model('decoder.model')
outputs = load_numpy_model('decoder.model')(inputs)  # the same, without Keras
verify(model, 'decoder.model', inputs=64)        # the same numbers in Node, with TF.js
"""

from tfjs_export.errors import (
    ModelFormatError,
    NodeMissingError,
    TfjsMissingError,
    UnsupportedLayerError,
    VerifyError,
)
from tfjs_export.numpy_model import NumpyModel
from tfjs_export.reader import load_layers_model, load_numpy_model, read_metadata
from tfjs_export.verify import VerifyResult, verify
from tfjs_export.writer import save_layers_model

__all__ = [
    'ModelFormatError',
    'NodeMissingError',
    'NumpyModel',
    'TfjsMissingError',
    'UnsupportedLayerError',
    'VerifyError',
    'VerifyResult',
    'load_layers_model',
    'load_numpy_model',
    'read_metadata',
    'save_layers_model',
    'verify',
]
