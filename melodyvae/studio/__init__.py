"""The page that plays a model in a browser, and what serves it."""
