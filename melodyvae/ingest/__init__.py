"""A folder of music becomes loops."""

READER = 'melodyvae.ingest.reader:serve'  # here, since a program can start it before NumPy
