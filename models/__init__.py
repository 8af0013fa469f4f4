"""Models to start with, made by `models/make.py` from music that it makes itself."""
