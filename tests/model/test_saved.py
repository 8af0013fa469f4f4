"""Untrusted `.keras` files."""

import json
import shutil
import zipfile

import keras
import numpy as np
import pytest

from melodyvae.model.saved import read_model
from melodyvae.model.vae import MelodyVAE
from melodyvae.system.errors import UserError

from runs import made_model, small_config


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    model = made_model(small_config())
    model.compile()
    path = tmp_path_factory.mktemp('saved') / 'model.keras'
    model.save(path)
    return path


def rewrite(saved, path, change, **options):
    """Writes the file again, with a changed description."""
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, 'w', **options) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == 'config.json':
                described = json.loads(data)
                change(described)
                data = json.dumps(described).encode()
            new.writestr(name, data)
    return path


def test_what_was_saved_comes_back(saved):
    expected = made_model(small_config())
    model = read_model(saved)
    assert model.config == small_config()
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_whether_xla_is_used_is_for_the_machine_that_loads(tmp_path):
    model = made_model(small_config())
    model.compile()
    here = model.jit_compile
    model.compile(jit_compile=not here)
    model.save(tmp_path / 'model.keras')
    assert read_model(tmp_path / 'model.keras').jit_compile == here


def test_a_subclass_of_a_script_comes_back(tmp_path):
    kind = type('Mine', (MelodyVAE,), {'__module__': '__main__'})
    keras.saving.register_keras_serializable('tests')(kind)
    kind(small_config()).save(tmp_path / 'model.keras')
    assert type(read_model(tmp_path / 'model.keras')) is kind


def call(command):
    """What Keras would make a layer that runs a command of."""
    config = {'command': command}
    return {'module': 'os', 'class_name': 'system', 'registered_name': None, 'config': config}


def hide_in_optimizer(described, call):
    described['compile_config']['optimizer']['config']['learning_rate'] = call


OTHER = 'wants to load|holds another model'


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        (lambda x, call: (x.clear(), x.update(call)), OTHER),
        (lambda x, call: x['compile_config'].update(optimizer=call), OTHER),
        (lambda x, call: x['compile_config'].update(metrics=[call]), OTHER),
        (hide_in_optimizer, OTHER),
        (lambda x, call: x.update(module='keras.layers', class_name='Lambda'), OTHER),
        (lambda x, call: x.update(class_name='Functional', module='keras'), OTHER),
        (lambda x, call: x.update(config=3), 'cannot be read'),
        (lambda x, call: x['config'].update(config=[]), 'cannot be read'),
        (lambda x, call: x['config']['config']['model'].update(hidden='wide'), 'hidden=wide'),
        (lambda x, call: x['config']['config']['model'].update(hidden=9), 'cannot be read'),
    ],
)
def test_a_file_with_another_description_is_refused_and_runs_nothing(
    saved, tmp_path, change, reason
):
    path, proof = tmp_path / 'model.keras', tmp_path / 'proof'
    rewrite(saved, path, lambda described: change(described, call(f'touch {proof}')))
    with pytest.raises(UserError, match=reason) as refused:
        read_model(path)
    assert '\n' not in str(refused.value) and not proof.exists()


def test_a_packed_file_could_be_a_bomb(saved, tmp_path):
    packed = {'compression': zipfile.ZIP_DEFLATED}
    path = rewrite(saved, tmp_path / 'm.keras', lambda described: None, **packed)
    with pytest.raises(UserError, match='is compressed'):
        read_model(path)


def test_a_file_with_more_in_it_is_refused(saved, tmp_path):
    shutil.copy(saved, tmp_path / 'm.keras')
    with zipfile.ZipFile(tmp_path / 'm.keras', 'a') as archive:
        archive.writestr('assets/../../evil', 'x')
    with pytest.raises(UserError, match='holds another model'):
        read_model(tmp_path / 'm.keras')


def test_a_flipped_bit_is_told_or_changes_nothing(saved, tmp_path):
    whole = saved.read_bytes()
    expected = read_model(saved).get_weights()
    path = tmp_path / 'model.keras'
    told = 0
    for bit in np.random.default_rng(1).integers(0, 8 * len(whole), 5).tolist():
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found = read_model(path).get_weights()
        except UserError as error:
            assert str(path) in str(error)
            told += 1
        else:
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)
    assert told > 3


@pytest.mark.parametrize('length', [0, 3000, -100])
def test_a_file_that_was_cut_off_is_one_sentence(saved, tmp_path, length):
    (tmp_path / 'm.keras').write_bytes(saved.read_bytes()[:length])
    with pytest.raises(UserError, match=r'm\.keras'):
        read_model(tmp_path / 'm.keras')
