"""One file per system. Each defines `get_config(fidelity)`."""
