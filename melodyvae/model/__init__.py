"""The networks, losses and metrics, and the Keras model of them."""

# Before any module of this package: the first import of Keras imports our model, see
# `melodyvae.system.registration`, and a module that is half imported then would be a cycle.
import keras  # noqa: F401
