"""What cannot be written is refused by name, and no file is touched."""

import keras
import numpy as np
import pytest
from keras import layers

from tfjs_export import ModelFormatError, UnsupportedLayerError, save_layers_model


@pytest.fixture
def small():
    x = keras.Input((2,))
    return keras.Model(x, layers.Dense(3)(x))


class OwnDense(layers.Dense):
    pass


class OwnModel(keras.Model):
    pass


def of(make, shape=(4,)):
    x = keras.Input(shape)
    return keras.Model(x, make(x))


def called_twice(x):
    dense = layers.Dense(4, name='twice')
    return dense(dense(x))


REFUSED = {
    'convolution': (lambda: of(layers.Conv1D(2, 2, name='c'), (4, 2)), r"layer 'c' \(Conv1D\)"),
    'prelu': (lambda: of(layers.PReLU(name='p')), r"layer 'p' \(PReLU\)"),
    'subclass': (lambda: of(OwnDense(3, name='own')), r"layer 'own' \(OwnDense\)"),
    'operation': (lambda: of(lambda x: x * 2), r'Multiply\).*operation on tensors, such as a \+ b'),
    'lambda': (lambda: of(layers.Lambda(lambda x: x, name='l')), r"layer 'l' \(Lambda\)"),
    'inside': (lambda: of(of(layers.Dense(3))), r'Functional\).*class of layer'),
    'shared': (lambda: of(called_twice), r"'twice'.*more than once"),
    'activation': (lambda: of(layers.Dense(2, activation='gelu')), r"Dense\).*'gelu'"),
    'function': (lambda: of(layers.Activation(keras.ops.sin)), r'Activation\).*activation'),
    'renorm': (lambda: of(layers.BatchNormalization(renorm=True)), r'renormalization'),
    'first_axis': (lambda: of(layers.BatchNormalization(axis=1), (3, 4)), r'last axis'),
    'rank_5': (lambda: of(layers.BatchNormalization(), (2, 2, 2, 2)), r'4 dimensions'),
    'noise_shape': (lambda: of(layers.Dropout(0.1, noise_shape=(None, 1))), r'noise_shape'),
    'training': (lambda: of(lambda x: layers.Dropout(0.1)(x, training=True)), r'training'),
    'flat': (lambda: of(layers.Flatten()), r'Flatten\).*flat'),
    'channels_first': (lambda: of(layers.Flatten('channels_first'), (2, 3)), r'channels_last'),
    'open_size': (lambda: of(layers.Dense(2), (None, 4)), r'size'),
    'integers': (
        lambda: keras.Model(
            x := keras.Input((2,), dtype='int32'), layers.Reshape((1, 2), dtype='int32')(x)
        ),
        r'float32',
    ),
    'half': (lambda: of(layers.Dense(2, dtype='mixed_float16')), r"Dense\).*'mixed_float16'"),
    'space': (lambda: of(layers.Dense(2, name='a b')), r"'a b'"),
    'javascript': (lambda: of(layers.Dense(2, name='constructor')), r"'constructor'"),
    'same_output': (lambda: of(lambda x: [x, x]), r'same output twice'),
    'dictionary': (lambda: of(lambda x: {'y': layers.LeakyReLU()(x)}), r'list of tensors'),
    'not_begun': (lambda: keras.Sequential([layers.Dense(1)]), r'begin it with keras\.Input'),
    'own_model': (
        lambda: OwnModel(x := keras.Input((2,)), layers.Dense(1)(x)),
        r'OwnModel.*functional',
    ),
}


@pytest.mark.parametrize('case', REFUSED)
def test_what_tfjs_would_not_compute_alike_is_refused_by_name(case, tmp_path):
    make, message = REFUSED[case]
    with pytest.raises(ModelFormatError, match=message):
        save_layers_model(make(), tmp_path / 'model')
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_layer_has_its_own_error(tmp_path):
    with pytest.raises(UnsupportedLayerError):
        save_layers_model(of(layers.GaussianNoise(0.1)), tmp_path / 'model')


def test_a_model_that_a_desktop_has_looked_at_is_overwritten(small, tmp_path):
    folder = save_layers_model(small, tmp_path / 'model')
    for name in ('.DS_Store', '._model.json', 'Thumbs.db'):
        (folder / name).write_bytes(b'')
    save_layers_model(small, folder, overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == ['model.json', 'weights.bin']


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(value, small, tmp_path):
    small.layers[1].bias.assign([0, value, 0])
    with pytest.raises(ModelFormatError, match=r'/bias.*not finite'):
        save_layers_model(small, tmp_path / 'model')
    assert list(tmp_path.iterdir()) == []


def test_weights_too_large_for_float16_are_refused(small, tmp_path):
    small.layers[1].bias.assign([0, 70000, 0])
    with pytest.raises(ModelFormatError, match=r'/bias.*too large for float16'):
        save_layers_model(small, tmp_path / 'model', quantization='float16')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ({'quantization': 'int4'}, 'quantization'),
        ({'metadata': ['a']}, 'metadata'),
        ({'metadata': {'a': float('nan')}}, 'metadata'),
        ({'metadata': {'a': object()}}, 'metadata'),
        ({'model': 'decoder.model'}, "'decoder.model' is a str"),
        ({'model': None}, 'None is a NoneType'),
        ({'folder': 3}, 'folder must be a path'),
        ({'folder': None}, 'folder must be a path, not None'),
    ],
)
def test_arguments_that_make_no_sense(arguments, message, small, tmp_path):
    with pytest.raises(ValueError, match=message):
        save_layers_model(**{'model': small, 'folder': tmp_path / 'model', **arguments})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_overwritten_only_when_asked(small, tmp_path):
    folder = save_layers_model(small, tmp_path / 'model')
    before = (folder / 'model.json').read_bytes()
    with pytest.raises(FileExistsError, match='exists already'):
        save_layers_model(small, folder)
    assert (folder / 'model.json').read_bytes() == before
    save_layers_model(small, folder, overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == ['model.json', 'weights.bin']
    assert [path.name for path in tmp_path.iterdir()] == ['model']


def test_a_folder_with_other_files_is_never_overwritten(small, tmp_path):
    save_layers_model(small, tmp_path / 'model')
    (tmp_path / 'model' / 'song.mid').write_bytes(b'MThd')
    with pytest.raises(FileExistsError, match=r'song\.mid'):
        save_layers_model(small, tmp_path / 'model', overwrite=True)
    (tmp_path / 'home').mkdir()
    (tmp_path / 'home' / 'a.bin').write_bytes(b'a')
    with pytest.raises(FileExistsError, match=r'no model\.json'):
        save_layers_model(small, tmp_path / 'home', overwrite=True)
    (tmp_path / 'file').write_bytes(b'a')
    with pytest.raises(FileExistsError, match='is a file'):
        save_layers_model(small, tmp_path / 'file', overwrite=True)


def test_an_empty_folder_is_filled_and_parents_are_made(small, tmp_path):
    (tmp_path / 'empty').mkdir()
    assert (save_layers_model(small, tmp_path / 'empty') / 'weights.bin').exists()
    assert (save_layers_model(small, tmp_path / 'a' / 'b' / 'model') / 'weights.bin').exists()


@pytest.mark.parametrize(('method', 'fails'), [('write_bytes', 'weights.bin'), ('rename', '.new-')])
def test_a_write_or_rename_that_fails_leaves_the_old_model(
    method, fails, small, tmp_path, monkeypatch
):
    folder = save_layers_model(small, tmp_path / 'model')
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    works = getattr(type(folder), method)

    def fail(path, argument):
        if path.name.startswith(fails):
            raise OSError(28, 'No space left on device')
        return works(path, argument)

    monkeypatch.setattr(type(folder), method, fail)
    for target in (folder, tmp_path / 'other'):
        with pytest.raises(OSError, match='No space'):
            save_layers_model(small, target, overwrite=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ['model']
