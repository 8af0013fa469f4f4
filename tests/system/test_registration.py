"""Keras loads our files, whichever of both is imported first."""

import pytest

import runs
from programs import run_python

LOAD = """
import {imports}
model = keras.models.load_model({path!r})
assert type(model) is melodyvae.MelodyVAE, type(model)
"""


@pytest.mark.parametrize('imports', ['melodyvae.model.networks, keras', 'keras, melodyvae'])
def test_keras_loads_our_file(imports, tmp_path):
    run = runs.make_run(tmp_path / 'run')
    run_python(LOAD.format(imports=imports, path=str(run.model_path)))
