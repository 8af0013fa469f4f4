"""A run from its config to a finished folder, as Python calls it."""

import signal

import keras
import numpy as np
import pytest

import melodyvae
from melodyvae.loops.dataset import save_loops
from melodyvae.loops.pattern import NOTE
from melodyvae.runs import results
from melodyvae.runs.load import load_player
from melodyvae.runs.train import save_run, train
from melodyvae.system.errors import UserError

from runs import all_weights as weights
from runs import golden_config


def short_config(**settings):
    return golden_config(training__epochs=1, training__least_steps=0, **settings)


def test_few_loops_and_silence_are_told_and_leave_a_run(few_loops, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(results, 'play', lambda player, z: iter([np.zeros(0, NOTE)] * len(z)))
    run = train(short_config(), tmp_path / 'few', loops=few_loops.take(np.arange(5)))
    said = capsys.readouterr().err
    assert 'So few loops give little variety' in said
    assert 'every pattern of this model is silent' in said
    assert run.finished and run.play_page.is_file() and run.report.is_file()


@pytest.fixture(scope='module')
def saved(few_loops, tmp_path_factory):
    """A model that was fitted, and its run."""
    config = short_config()
    model = melodyvae.MelodyVAE(config)
    model.fit(melodyvae.training_data(few_loops, config))
    return model, save_run(model, tmp_path_factory.mktemp('runs') / 'mine')


def test_a_model_that_was_fitted_is_finished_and_saved(saved):
    model, run = saved
    assert run.finished and model.finished and model.anchors > 0
    assert load_player(run).threshold == load_player(run.path).threshold == 0.2
    assert '<title>mine' in run.play_page.read_text()
    assert '<h1>mine</h1>' in run.report.read_text()
    with pytest.raises(UserError, match='mine exists already: choose a new folder'):
        save_run(model, run.path)


def test_a_save_that_fails_leaves_nothing(saved, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError('no space left')

    monkeypatch.setattr(results, 'write_run_page', fail)
    with pytest.raises(OSError, match='no space left'):
        save_run(saved[0], tmp_path / 'again')
    assert not list(tmp_path.iterdir())


def test_a_run_keeps_its_trained_networks_beside_the_pad(saved):
    _, run = saved
    trained, finished = (melodyvae.load_model(path) for path in (run.trained_path, run.model_path))
    assert trained.anchors == 0 and finished.anchors > 0
    np.testing.assert_array_equal(weights(trained.encoder), weights(finished.encoder))


def test_networks_that_do_not_fit_are_refused_before_a_folder_is_made(saved, few_loops, tmp_path):
    config = short_config(model__hidden=9)
    with pytest.raises(UserError, match='mine has other features, another grid or other layers'):
        train(config, tmp_path / 'a' / 'run', loops=few_loops, init_from=saved[1])
    with pytest.raises(UserError, match='none is not a run folder'):
        train(short_config(), tmp_path / 'a', loops=few_loops, init_from=tmp_path / 'none')
    assert not list(tmp_path.iterdir())


def test_a_start_that_fails_leaves_only_what_was_there(few_loops, tmp_path):
    config = short_config(loss__onset=1e38)  # times a hundred nats, it is infinite
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(UserError, match='is not a number any more'):
        train(config, tmp_path / 'run', loops=few_loops, quiet=True)
    assert not list(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGINT) is before
    save_loops(few_loops, tmp_path / 'run' / 'data')
    config.data.path = 'data'
    with pytest.raises(UserError, match='is not a number any more'):
        train(config, tmp_path / 'run', quiet=True)
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['data']


def test_a_model_that_cannot_be_saved_is_refused(few_loops, tmp_path):
    with pytest.raises(UserError, match='was not fitted to training_data'):
        save_run(melodyvae.MelodyVAE(short_config()), tmp_path / 'mine')
    model = type('Mine', (melodyvae.MelodyVAE,), {})(short_config())
    model.learning_from = melodyvae.training_data(few_loops, model.config)
    with pytest.raises(UserError, match='Mine cannot be loaded again: decorate'):
        save_run(model, tmp_path / 'mine')
    assert not list(tmp_path.iterdir())


@keras.saving.register_keras_serializable('tests')
class KeyClassifier(melodyvae.MelodyVAE):
    """Tells the most frequent pitch class of a loop from z."""

    extra_loss_weights = {'key': 0.5}  # noqa: RUF012 - as a user writes it

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.key = keras.layers.Dense(12, name='key')
        self.key.build((None, self.config.model.latent))

    def extra_losses(self, x, z, training):
        rows = keras.ops.sum(keras.ops.reshape(x[0], (-1, 2, 12, self.config.grid.steps)), (1, 3))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction='none')
        return {'key': loss(keras.ops.argmax(rows, axis=-1), self.key(z))}


def test_a_subclass_trains_with_a_loss_of_its_own_and_is_saved_and_exported(few_loops, tmp_path):
    config = short_config()
    model = KeyClassifier(config)
    before = weights(model.key)
    history = model.fit(melodyvae.training_data(few_loops, config)).history
    assert np.any(weights(model.key) != before)
    total = sum(getattr(config.loss, n) * history[f'{n}_loss'][0] for n in config.features)
    total += 0.5 * history['key_loss'][0]
    assert history['objective'][0] == pytest.approx(total + history['kl'][0], rel=1e-4)
    run = save_run(model, tmp_path / 'run')
    loaded = run.load_model()
    assert isinstance(loaded, KeyClassifier)
    np.testing.assert_array_equal(weights(loaded.key), weights(model.key))
    assert len(melodyvae.export(run, tmp_path / 'max')) == 2


def test_keras_s_own_export_is_refused_with_what_to_call(tmp_path):
    with pytest.raises(UserError, match=r'melodyvae\.export'):
        melodyvae.MelodyVAE(short_config()).export(tmp_path / 'model')
