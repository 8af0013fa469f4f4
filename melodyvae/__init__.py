"""Variational autoencoders of two-bar melodies and rhythms for the MelodyVAE Max for Live devices.

Import what you need from the modules; this one stays light, because TensorFlow takes seconds.
"""

__version__ = '0.1.0'
