"""Compares an exported model with its Keras original, in Node, with TF.js itself."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfjs_export.errors import NodeMissingError, TfjsMissingError, VerifyError
from tfjs_export.fields import is_integer, quote
from tfjs_export.keras_models import check_kind

if TYPE_CHECKING:
    import keras

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What `verify` found.

    Attributes:
        max_abs_difference: the largest difference of any two numbers; infinite if one of them is
            not a number.
        tfjs_version: the version that ran, as it names itself.
        inputs: how many inputs were applied.
        seconds: how long it took, start of Node included.
    """

    max_abs_difference: float
    tfjs_version: str
    inputs: int
    seconds: float


def verify(
    model: 'keras.Model',
    folder: str | Path,
    *,
    inputs: int | Sequence[np.ndarray] = 64,
    seed: int = 0,
    tfjs_version: str = '4.22.0',
    timeout_s: float = 300,
) -> VerifyResult:
    """Loads an exported model in TF.js and compares its outputs with those of the Keras model.

    TF.js calls the model as the devices do, ``model.apply(input)``, one input at a time.

    Args:
        model: the Keras model, functional or Sequential.
        folder: what `save_layers_model` made of it.
        inputs: one array for each input of the model, ``[count, ...]`` float32 with the same
            count; or a count of standard normal inputs to draw.
        seed: of the drawn inputs.
        tfjs_version: one of those in package.json.
        timeout_s: seconds that Node may take.

    Raises:
        UnsupportedLayerError: ``model`` is neither a functional Keras model nor a Sequential.
        ValueError: ``inputs`` is neither a count nor a list.
        NodeMissingError: there is no Node on the PATH.
        TfjsMissingError: this version of TF.js is not installed beside this package.
        VerifyError: TF.js could not load or apply the model, or took too long.
    """
    import keras

    check_kind(model)
    started = time.monotonic()
    if not isinstance(inputs, Sequence) and not (is_integer(inputs) and inputs >= 1):
        raise ValueError(f'inputs must be a list of arrays or a count, not {quote(inputs)}')
    if isinstance(inputs, int):
        random = np.random.default_rng(seed)
        shapes = [tensor.shape[1:] for tensor in model.inputs]
        arrays = [random.standard_normal((inputs, *shape), np.float32) for shape in shapes]
    else:
        arrays = [np.asarray(array, np.float32) for array in inputs]
    _check_inputs(arrays, len(model.inputs))
    made = model(arrays if len(arrays) > 1 else arrays[0], training=False)
    made = made if isinstance(made, list | tuple) else [made]
    expected = [keras.ops.convert_to_numpy(output) for output in made]
    version, results = apply_in_tfjs([(folder, arrays)], tfjs_version, timeout_s)
    return VerifyResult(
        max_abs_difference=max_abs_difference(results[0], expected),
        tfjs_version=version,
        inputs=len(arrays[0]),
        seconds=time.monotonic() - started,
    )


def _check_inputs(arrays: Sequence[np.ndarray], count: int) -> None:
    if len(arrays) != count:
        raise ValueError(f'the model takes {count} inputs, but {len(arrays)} were given')
    rows = {len(array) for array in arrays}
    if len(rows) > 1 or 0 in rows:
        raise ValueError(f'every input needs the same count of at least 1, not {sorted(rows)}')


def max_abs_difference(outputs: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """The largest difference between two lists of arrays; infinite where a value is NaN.

    Raises:
        VerifyError: they differ in number or in shape.
    """
    shapes = [array.shape for array in outputs], [array.shape for array in expected]
    if shapes[0] != shapes[1]:
        raise VerifyError(f'TF.js made outputs of the shapes {shapes[0]}, Keras {shapes[1]}')
    with np.errstate(invalid='ignore'):
        largest = np.max(
            [
                np.abs(one.astype(np.float64) - other).max()
                for one, other in zip(outputs, expected, strict=True)
            ]
        )
    return float(largest) if np.isfinite(largest) else float('inf')


def apply_in_tfjs(
    models: Sequence[tuple[str | Path, Sequence[np.ndarray]]], tfjs_version: str, timeout_s: float
) -> tuple[str, list[list[np.ndarray]]]:
    """Applies several exported models, each to its own inputs, in one Node process.

    Returns:
        The version that TF.js gives, and for each model its outputs, ``[count, ...]`` float32.

    Raises:
        NodeMissingError, TfjsMissingError, VerifyError: as `verify`.
    """
    node = shutil.which('node')
    if node is None:
        raise NodeMissingError(
            'Node is not installed, or not on the PATH: install Node 18 or later to check a model '
            'in TF.js'
        )
    tfjs = _PACKAGE / 'node_modules' / f'tfjs-{tfjs_version}'
    if not tfjs.is_dir():
        raise TfjsMissingError(
            f'TF.js {tfjs_version} is not installed: run "npm ci" in the folder {_PACKAGE}'
        )
    with tempfile.TemporaryDirectory(prefix='tfjs_export-') as name:
        job = Path(name)
        _write_job(job, tfjs, models)
        _run_node([node, str(_PACKAGE / 'apply_model.cjs'), name], timeout_s)
        return _read_result(job, [(folder, len(arrays[0])) for folder, arrays in models])


def _write_job(
    job: Path, tfjs: Path, models: Sequence[tuple[str | Path, Sequence[np.ndarray]]]
) -> None:
    jobs = []
    for index, (folder, arrays) in enumerate(models):
        inputs = []
        for number, array in enumerate(arrays):
            file = f'input-{index}-{number}.bin'
            (job / file).write_bytes(array.astype('<f4').tobytes())
            inputs.append({'file': file, 'shape': array.shape[1:]})
        path = str(Path(folder).resolve())
        jobs.append({'folder': path, 'rows': len(arrays[0]), 'inputs': inputs})
    (job / 'job.json').write_text(json.dumps({'tfjs': str(tfjs), 'models': jobs}))


def _run_node(command: list[str], timeout_s: float) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, encoding='utf-8', errors='replace', timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        raise VerifyError(f'TF.js did not finish within {timeout_s:g} seconds') from None
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if 'Error' in line]
        raise VerifyError(f'Node failed: {lines[0] if lines else done.stderr[-200:]}')


def _read_result(
    job: Path, models: Sequence[tuple[str | Path, int]]
) -> tuple[str, list[list[np.ndarray]]]:
    result = json.loads((job / 'result.json').read_text(encoding='utf-8'))
    outputs = []
    for (folder, rows), model in zip(models, result['models'], strict=True):
        if 'error' in model:
            raise VerifyError(f'{folder}: TF.js {result["version"]} says: {model["error"]}')
        outputs.append(
            [
                np.fromfile(job / output['file'], '<f4').reshape(rows, *output['shape'])
                for output in model['outputs']
            ]
        )
    return result['version'], outputs
