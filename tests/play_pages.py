"""Runs to make pages of."""

from pathlib import Path

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.evaluation.evaluate import evaluate
from melodyvae.ingest.file_report import FileReport, write_report
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.playing.latent import z_random
from melodyvae.playing.outputs import write_outputs
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.training.history import write_history
from melodyvae.training.split import split

from runs import made_model, make_run, make_run_with_loops, small_config


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


def make_finished_run(path: Path, loops: Loops, config: Config) -> RunFolder:
    """A run with all that training leaves, by an untrained model."""
    run = make_run_with_loops(path, loops, config)
    reports = [FileReport(name.replace('\udcff', '?'), 2, 1) for name in loops.files]
    reports.append(FileReport('empty.mid', 0, reason='no notes'))
    write_report(reports, run.data / 'report.csv')
    training, held_out = split(loops, config)
    run.write_summary(
        run.summary
        | {
            'files': len(loops.files),
            'loops': len(loops),
            'training_loops': len(training),
            'validation_loops': len(held_out),
            'shipped_epoch': 2,
            'objective': 123.4,
            'tempo': 90.0,
        }
    )
    if len(held_out):
        unseen, trained = (loops.take(np.unique(side.loop)) for side in (held_out, training))
        model = made_model(config)
        evaluate(model, unseen, threshold=0.2, training_loops=trained).write(run.evaluation)
    names = ['beta', 'learning_rate', 'kl', 'objective']
    names += [f'{name}_loss' for name in config.features]
    names += [f'val_{name}' for name in names[2:]]
    history: dict[str, list[float]] = {'epoch': [0, 1, 2]}
    for place, name in enumerate(names, start=1):
        history[name] = [100 / (epoch + place) for epoch in range(3)]
    write_history(history, run.metrics)
    write_outputs(load_player(path), z_random(16), run.midi)
    model = path / f'{config.name}.model'
    model.mkdir()
    (model / 'model.json').write_text('{}')  # the report only looks whether it is there
    return run
