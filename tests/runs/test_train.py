"""A run from its config to a finished folder, as Python calls it."""

import numpy as np

from melodyvae.loops.dataset import save_loops
from melodyvae.loops.pattern import NOTE
from melodyvae.runs import train

from runs import small_config


def test_a_silent_model_still_leaves_a_run(golden_loops, tmp_path, monkeypatch, capsys):
    config = small_config()
    config.data.path, config.training.epochs = 'data', 1
    monkeypatch.setattr(train, 'play', lambda player, z: iter([np.zeros(0, NOTE)] * len(z)))
    save_loops(golden_loops.take(np.arange(40)), tmp_path / 'run' / 'data')
    run = train.train(config, tmp_path / 'run', quiet=True)
    assert 'every pattern of this model is silent' in capsys.readouterr().err
    assert (run.path / 'report.html').is_file() and run.finished
