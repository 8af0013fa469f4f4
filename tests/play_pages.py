"""Runs to make play pages of."""

from pathlib import Path

from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder

from runs import make_run, small_config


def make_exported_run(path: Path, loops: Loops | None, preset: str) -> RunFolder:
    """An untrained run with its models for Max, and with loops unless they are gone."""
    config = small_config(preset)
    config.data.path = 'data'
    run = make_run(path, config)
    model = run.load_model()
    onset = model.decoder.get_layer('onset')
    onset.bias.assign(onset.bias + 1.5)  # so that the middle of the pad sounds
    model.save(run.model_path)
    if loops:
        save_loops(loops, run.data)
    export(run, run.path)
    return run
