"""The studio: a local server on whose page models are trained and played."""
