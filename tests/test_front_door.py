"""What `import melodyvae` gives, and what it leaves alone."""

import inspect
import subprocess
import sys

import pytest

import melodyvae

import runs
from programs import run_python

LOAD = """
import {imports}
model = keras.models.load_model({path!r})
assert type(model) is melodyvae.MelodyVAE, type(model)
"""


def test_importing_is_quick_and_changes_nothing():
    run_python(
        'import os, sys\n'
        'before = dict(os.environ)\n'
        'import melodyvae\n'
        'assert dict(os.environ) == before\n'
        "assert not {'tensorflow', 'keras', 'numpy', 'matplotlib'} & set(sys.modules)\n"
        "assert 'os' not in dir(melodyvae)\n"
    )


@pytest.mark.parametrize('name', [name for name in melodyvae.__all__ if name != '__version__'])
def test_public_names_are_listed_there_and_documented(name):
    assert name in dir(melodyvae)
    assert f'\n  {name} ' in melodyvae.__doc__
    value = getattr(melodyvae, name)
    assert value is getattr(melodyvae, name)
    assert not inspect.ismodule(value)
    assert value.__name__ == name
    first_line = inspect.getdoc(value).splitlines()[0]
    assert first_line.endswith(('.', ':')), first_line


def test_public_names_stay_what_they_are_whatever_is_imported():
    run_python(
        'import melodyvae, pkgutil, importlib\n'
        'for module in pkgutil.walk_packages(melodyvae.__path__, "melodyvae."):\n'
        '    if ".cli." not in module.name:\n'  # programs define the same flags
        '        importlib.import_module(module.name)\n'
        'import inspect\n'
        'modules = [n for n in melodyvae.__all__ if inspect.ismodule(getattr(melodyvae, n))]\n'
        'assert not modules, modules\n'
    )


def test_other_names_are_no_attributes():
    with pytest.raises(AttributeError, match='no_such_name'):
        _ = melodyvae.no_such_name


@pytest.mark.parametrize('imports', ['melodyvae, keras', 'keras, melodyvae'])
def test_keras_loads_our_file(imports, tmp_path):
    run = runs.make_run(tmp_path / 'run')
    run_python(LOAD.format(imports=imports, path=str(run.model_path)))


def test_a_model_is_built_from_the_name_of_its_preset():
    model = melodyvae.MelodyVAE('melodyvae')
    assert model.config == melodyvae.preset('melodyvae')
    assert melodyvae.MelodyVAE('rhythmvae:js').config == melodyvae.preset('rhythmvae', 'js')


def test_a_run_and_a_file_of_it_are_loaded_by_name(tmp_path):
    run = runs.make_run(tmp_path / 'run')
    for path in (run.path, str(run.path), run.model_path):
        assert melodyvae.load_model(path).config == run.config
    with pytest.raises(melodyvae.UserError, match='does not exist'):
        melodyvae.load_model(tmp_path / 'none.keras')


def test_threads_are_set_by_the_documented_call_and_not_over_one_s_own():
    code = (
        'import os, melodyvae.cores\n'
        'melodyvae.cores.count_cores = lambda: {cores}\n'
        'import melodyvae\n'
        'melodyvae.set_threads()\n'
        "print(os.environ.get('TF_NUM_INTRAOP_THREADS'))\n"
    )
    for cores, before, after in [(1, '', '1'), (2, '', '1'), (2, '2', '2'), (4, '', 'None')]:
        environment = {'TF_NUM_INTRAOP_THREADS': before} if before else {}
        done = subprocess.run(
            [sys.executable, '-c', code.format(cores=cores)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.stdout.strip() == after, done.stderr
