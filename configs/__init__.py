"""Presets, one file per system. Each file defines `get_config(fidelity)`."""
