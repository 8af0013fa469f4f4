"""The model that is played while it learns. test_tensorboard.py: training does not notice it."""

import keras
import numpy as np
import pytest

from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.live import LiveModel
from melodyvae.runs.load import load_player
from melodyvae.runs.train import resume, train
from melodyvae.system.errors import UserError

from runs import small_config


def test_it_is_the_model_of_the_moment_without_its_dial(golden_loops, tmp_path):
    config = small_config()
    keras.utils.set_random_seed(1)
    model = MelodyVAE(config)
    callback = LiveModel(tmp_path / 'live', golden_loops)
    callback.set_model(model)
    callback.on_epoch_end(0)
    assert [path.name for path in tmp_path.iterdir()] == ['live']  # nothing is left half-written
    written = load_player(tmp_path / 'live' / f'{config.name}.model')
    now = Player.of(model)
    assert written.threshold == config.device.threshold_as_loaded
    assert written.timing.tempo == golden_loops.tempo
    some = golden_loops.take_at_most(8)
    np.testing.assert_allclose(encode(written, some)[0], encode(now, some)[0], atol=1e-5)
    z = np.zeros((1, 2))
    np.testing.assert_allclose(
        decode(written, z)['velocity'], decode(now, z)['velocity'], atol=1e-5
    )


def test_what_a_killed_training_has_left_goes_at_the_next(tmp_path):
    run = RunFolder.create(tmp_path / 'run', small_config())
    half_written = run.path / f'.live.{"0" * 16}.part'
    for left in (run.live, half_written):
        left.mkdir()
        (left / 'model.json').write_text('{')
    with pytest.raises(UserError):  # it has no library
        resume(run.path, quiet=True)
    assert not run.live.exists() and not half_written.exists()


def test_a_folder_of_that_name_that_is_no_run_s_is_kept(golden_loops, tmp_path):
    kept = tmp_path / 'run' / 'live' / 'set.als'
    kept.parent.mkdir(parents=True)
    kept.write_text('music')
    with pytest.raises(UserError, match='is not empty'):
        train(small_config(), tmp_path / 'run', loops=golden_loops, quiet=True, live=True)
    assert kept.read_text() == 'music'
