"""What `import melodyvae` gives, and what it leaves alone."""

import inspect
import pkgutil

import pytest

import melodyvae

import runs
from programs import run_python


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


def test_no_import_of_a_room_hides_a_public_name():
    rooms = {module.name for module in pkgutil.iter_modules(melodyvae.__path__)}
    assert not rooms & set(melodyvae.__all__)


def test_other_names_are_no_attributes():
    with pytest.raises(AttributeError, match='no_such_name'):
        _ = melodyvae.no_such_name


@pytest.mark.parametrize('backend', ['jax', 'torch', 'numpy'])
def test_another_keras_backend_that_is_missing_is_one_sentence(backend):
    done = run_python(
        'import os, sys\n'
        f'os.environ["KERAS_BACKEND"] = {backend!r}\n'
        'class Missing:\n'  # even if it is installed
        '    def find_spec(self, name, path=None, target=None):\n'
        '        if name in ("jax", "torch"):\n'
        '            raise ModuleNotFoundError(f"No module named {name!r}", name=name)\n'
        'sys.meta_path.insert(0, Missing())\n'
        'import melodyvae\n'
        'try:\n'
        '    melodyvae.MelodyVAE\n'
        'except melodyvae.UserError as error:\n'
        '    print(error)\n'
    )
    assert done.stdout.startswith('Keras is set to another backend, which needs ')
    assert done.stdout.endswith('set KERAS_BACKEND=tensorflow before Python starts.\n')


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
