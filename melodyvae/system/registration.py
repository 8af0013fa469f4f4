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
    """Finds Keras, once, and nothing else."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != 'keras':
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            spec.loader = _KerasLoader(spec.loader)
        return spec


class _KerasLoader(importlib.abc.Loader):
    """Imports Keras with its own loader, and then our model."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        importlib.import_module(MODEL)
