"""The version, which `setup.py` reads from this file without importing the package."""

__version__ = '0.1.0'
