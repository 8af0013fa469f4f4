"""The models that these tests exchange with TF.js, and the check that Node and TF.js are there."""

import shutil
from pathlib import Path

import keras
import pytest
from keras import layers
from keras_models import LAYERS, SYSTEMS, decoder, encoder, randomize

import tfjs_export

PACKAGE = Path(tfjs_export.__file__).parent


@pytest.fixture(scope='session')
def runtimes() -> None:
    """Fails a test that needs Node where Node or the TF.js versions are missing."""
    if shutil.which('node') is None:
        pytest.fail('these tests need Node 18 or later on the PATH')
    for version in ('1.2.8', '1.7.4', '4.22.0'):
        if not (PACKAGE / 'node_modules' / f'tfjs-{version}').is_dir():
            pytest.fail(f'TF.js {version} is not installed: run "npm ci" in {PACKAGE}')


@pytest.fixture(scope='session')
def system_models() -> dict[str, keras.Model]:
    """Decoder and encoder of each system, in the shapes of the devices."""
    models = {}
    for name, shape in SYSTEMS.items():
        models[f'{name}.decoder'] = randomize(decoder(*shape))
        models[f'{name}.encoder'] = randomize(encoder(*shape))
    return models


@pytest.fixture(scope='session')
def layer_models() -> dict[str, keras.Model]:
    """Small models that use each layer and each kind of wiring."""
    return {make.__name__: randomize(make()) for make in LAYERS}


@pytest.fixture(scope='session')
def all_models(system_models, layer_models) -> dict[str, keras.Model]:
    return system_models | layer_models


@pytest.fixture(scope='session')
def exported(all_models, tmp_path_factory) -> dict[str, Path]:
    """The folder of each model, only to be read."""
    root = tmp_path_factory.mktemp('exported')
    return {
        name: tfjs_export.save_layers_model(model, root / name)
        for name, model in all_models.items()
    }


@pytest.fixture(scope='session')
def plain_model() -> keras.Model:
    """z -> dense -> norm -> leaky -> dropout -> head, and head joined with dense, reshaped."""
    z = keras.Input((2,), name='z')
    dense = layers.Dense(3, name='dense')(z)
    leaky = layers.LeakyReLU(0.3, name='leaky')(layers.BatchNormalization(name='norm')(dense))
    dropped = layers.Dropout(0.2, name='dropout')(leaky)
    head = layers.Dense(4, activation='sigmoid', name='head')(dropped)
    joined = layers.Concatenate(name='joined')([head, dense])
    shaped = layers.Reshape((7, 1), name='shaped')(joined)
    return randomize(keras.Model(z, [head, shaped], name='decoder'))
