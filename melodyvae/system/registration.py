"""Lets `keras.models.load_model` load our models after a plain `import melodyvae`.

Keras can load registered classes only. Registering ours imports Keras and TensorFlow, which takes
seconds, and which reading MIDI does not need. So they are registered once Keras is imported.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys

MODEL = 'melodyvae.model.vae'


def register_with_keras() -> None:
    """Registers MelodyVAE with Keras: now if Keras is imported, otherwise when it is."""
    if 'keras' in sys.modules:
        importlib.import_module(MODEL)
    else:
        sys.meta_path.insert(0, _KerasFinder())


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Finds Keras, once, and has our model imported after it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != 'keras':
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def execute_and_register(module):
                execute(module)
                importlib.import_module(MODEL)

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec
