"""How many threads of TensorFlow share a matrix product."""

import importlib
import os

import pytest

import melodyvae

NAME = 'TF_NUM_INTRAOP_THREADS'


@pytest.mark.parametrize(
    ('cores', 'before', 'after'),
    [(1, None, '1'), (2, None, '1'), (2, '2', '2'), (4, None, None), (None, None, '1')],
)
def test_few_cores_work_on_a_product_each_unless_someone_says_otherwise(
    cores, before, after, monkeypatch
):
    monkeypatch.setattr(os, 'cpu_count', lambda: cores)
    monkeypatch.setenv(NAME, before or '')  # so that it is put back, whatever it was
    if before is None:
        monkeypatch.delenv(NAME)
    importlib.reload(melodyvae)
    assert os.environ.get(NAME) == after
