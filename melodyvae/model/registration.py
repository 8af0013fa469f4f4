"""Makes `keras.models.load_model` know our models after a mere `import melodyvae`.

Keras knows only classes that were registered, and to register ours takes Keras and TensorFlow,
which take seconds and which reading MIDI does without. So it is done once Keras is there.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys

MODEL = 'melodyvae.model.vae'


def register_with_keras() -> None:
    """Registers MelodyVAE with Keras: now if Keras is imported, otherwise as soon as it is."""
    if 'keras' in sys.modules:
        importlib.import_module(MODEL)
    else:
        sys.meta_path.insert(0, _KerasFinder())


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Stands aside but for Keras, once."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != 'keras':
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec and spec.loader:
            spec.loader = _KerasLoader(spec.loader)
        return spec


class _KerasLoader(importlib.abc.Loader):
    """Imports Keras as its own loader does, and then our model."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        importlib.import_module(MODEL)
