"""Valid models with random damage: each is refused with a clean error or loads correctly.

Correctly means that Keras and NumPy compute the same, and that the weights come back.
"""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from keras_models import apply_keras, draw_inputs, randomize

from tfjs_export import ModelFormatError, NumpyModel, read_metadata, save_layers_model
from tfjs_export.graph import Graph
from tfjs_export.keras_models import build_model
from tfjs_export.reader import read_saved_model

QUICK = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def wired() -> keras.Model:
    a, b = keras.Input((2,), name='a'), keras.Input((2,), name='b')
    first = layers.Dense(2, activation='tanh', name='first')(a)
    second = layers.Dense(2, use_bias=False, name='second')(b)
    joined = layers.Concatenate(name='product')([first, second, b])
    grid = layers.Flatten(name='flat')(layers.Reshape((3, 2), name='grid')(joined))
    return keras.Model([a, b], [first, layers.Activation('softplus', name='s')(grid)], name='w')


@pytest.fixture(scope='module')
def originals(tmp_path_factory, plain_model) -> list[tuple[dict, dict[str, bytes]]]:
    """(model.json, binary files) of two valid models, the second quantized."""
    root = tmp_path_factory.mktemp('valid')
    folders = [
        save_layers_model(plain_model, root / 'plain', metadata={'a': 1}),
        save_layers_model(randomize(wired()), root / 'wired', quantization='uint8'),
    ]
    return [
        (
            json.loads((folder / 'model.json').read_text()),
            {path.name: path.read_bytes() for path in folder.glob('*.bin')},
        )
        for folder in folders
    ]


@pytest.fixture(scope='module')
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp('mutated').resolve()


@pytest.fixture(scope='module')
def check(folder, tmp_path_factory) -> Callable[[bytes, dict[str, bytes]], None]:
    """Writes a model's files and checks what becomes of them."""
    seen: set[tuple[Graph, bytes]] = set()
    copies = tmp_path_factory.mktemp('copies')

    def check_files(text: bytes, binaries: dict[str, bytes]) -> None:
        for path in folder.iterdir():
            path.unlink()
        for name, data in {**binaries, 'model.json': text}.items():
            (folder / name).write_bytes(data)
        try:
            saved = read_saved_model(folder)
        except ModelFormatError as error:
            check_message(str(error), folder)
            return
        key = saved.graph, b''.join(value.tobytes() for value in saved.weights.values())
        if key not in seen:
            seen.add(key)
            check_model(saved.graph, saved.weights, copies)

    return check_files


def check_message(message: str, folder: Path) -> None:
    assert message.startswith(str(folder))
    assert message.isprintable()
    assert len(message) < 800


def check_model(graph: Graph, weights: dict[str, np.ndarray], copies: Path) -> None:
    model = build_model(graph, weights)
    inputs = draw_inputs(model, 2)
    made = apply_keras(model, inputs)
    with np.errstate(all='ignore'):
        computed = NumpyModel(graph, weights)(inputs)
    for output, expected in zip(made, computed, strict=True):
        # Absurd but legal options, like a slope of 1e30, leave the range of float32.
        if np.isfinite(expected).all() and np.abs(expected).max() < 1e6:
            np.testing.assert_allclose(output, expected, rtol=1e-3, atol=1e-4)
    again = read_saved_model(save_layers_model(model, copies / 'model', overwrite=True))
    assert {name: value.tobytes() for name, value in again.weights.items()} == {
        name: value.tobytes() for name, value in weights.items()
    }


NAMES = ('z', 'dense', 'norm', 'head', 'joined', 'a', 'first', 'second', 'product')
VALUES = st.one_of(
    st.sampled_from(
        [
            *NAMES,
            *('linear', 'relu', 'sigmoid', 'softmax', 'tanh'),
            *('Dense', 'LeakyReLU', 'Flatten', 'Model', 'Lambda', 'InputLayer', 'Concatenate'),
            *('uint8', 'uint16', 'float16', 'int32', '../weights.bin', 'weights.bin', '/', '\0'),
            *(None, True, False, 0, 1, 2, 3, -1, 10**12, 10**400, -0.5, 0.5, 1.0, 1e308, '', 'ü\n'),
            *([], {}, [[]], [[[]]], [None, 2], [2, 3], [None, 10**12], [6], [-1, 2], [1] * 9),
        ]
    ),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
)


def paths_of(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all values inside a JSON value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    return [found for key, one in items for found in ((*path, key), *paths_of(one, (*path, key)))]


def at(document: Any, path: tuple) -> Any:
    for key in path:
        document = document[key]
    return document


def mutate(document: dict, operation: str, where: int, other: int, value: Any) -> None:
    """Changes one place of a JSON document."""
    paths = paths_of(document)
    if not paths:
        return
    *parent_path, key = paths[where % len(paths)]
    parent = at(document, tuple(parent_path))
    if operation == 'remove':
        del parent[key]
    elif operation == 'replace':
        parent[key] = copy.deepcopy(value)
    elif operation == 'copy':
        parent[key] = copy.deepcopy(at(document, paths[other % len(paths)]))
    elif operation == 'nudge' and isinstance(parent[key], int | float):
        parent[key] += (-1, 1)[other % 2]
    elif isinstance(parent, list):
        if operation == 'repeat':
            parent.insert(other % (len(parent) + 1), copy.deepcopy(parent[key]))
        elif operation == 'swap':
            second = other % len(parent)
            parent[key], parent[second] = parent[second], parent[key]


PLACES = st.integers(0, 10_000)
OPERATIONS = st.sampled_from(['remove', 'replace', 'replace', 'copy', 'nudge', 'repeat', 'swap'])


@settings(QUICK, max_examples=250)
@given(
    which=st.integers(0, 1),
    mutations=st.lists(st.tuples(OPERATIONS, PLACES, PLACES, VALUES), min_size=1, max_size=3),
)
def test_damaged_values(originals, check, folder, which, mutations):
    document, binaries = copy.deepcopy(originals[which])
    for operation, where, other, value in mutations:
        mutate(document, operation, where, other, value)
    check(json.dumps(document).encode(), binaries)
    try:
        assert isinstance(read_metadata(folder), dict)
    except ModelFormatError as error:
        check_message(str(error), folder)


@settings(QUICK, max_examples=100)
@given(
    which=st.integers(0, 1), file=PLACES, start=PLACES, put=st.binary(max_size=6), cut=st.booleans()
)
def test_damaged_weights(originals, check, which, file, start, put, cut):
    document, binaries = originals[which]
    name = sorted(binaries)[file % len(binaries)]
    data = binaries[name]
    start %= len(data)
    # Either some bytes change, or the file changes its length.
    rest = data[start:] if cut else data[start + len(put) :]
    check(json.dumps(document).encode(), {**binaries, name: data[:start] + put + rest})
