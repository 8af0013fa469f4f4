"""One file a system. Each defines `get_config(fidelity)`."""
