"""A run from its config to a finished folder, as Python calls it."""

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
from runs import golden_config, small_config


def test_a_silent_model_still_leaves_a_run(few_loops, tmp_path, monkeypatch, capsys):
    config = small_config()
    config.data.path, config.training.epochs = 'data', 1
    monkeypatch.setattr(results, 'play', lambda player, z: iter([np.zeros(0, NOTE)] * len(z)))
    save_loops(few_loops, tmp_path / 'run' / 'data')
    run = train(config, tmp_path / 'run', quiet=True)
    assert 'every pattern of this model is silent' in capsys.readouterr().err
    assert (run.path / 'report.html').is_file() and run.finished


def short_config(**settings):
    return golden_config(training__epochs=1, training__least_steps=0, **settings)


def test_few_loops_are_told_what_to_expect(few_loops, tmp_path, capsys):
    run = train(short_config(), tmp_path / 'few', loops=few_loops.take(np.arange(5)))
    assert 'So few loops give little variety' in capsys.readouterr().err
    assert run.finished and (run.path / 'play.html').is_file()


BREAKING = {
    'training__learning_rate': 10.0,
    'training__beta': 1e30,
    'training__kl_annealing_epochs': 0,
}


@pytest.fixture(scope='module')
def first(few_loops, tmp_path_factory):
    """A finished run."""
    folder = tmp_path_factory.mktemp('runs') / 'first'
    return train(short_config(), folder, loops=few_loops, quiet=True)


def test_a_run_keeps_its_trained_networks_beside_the_pad(first):
    trained, finished = (
        melodyvae.load_model(path) for path in (first.trained_path, first.model_path)
    )
    assert trained.anchors == 0 and finished.anchors > 0
    np.testing.assert_array_equal(weights(trained.encoder), weights(finished.encoder))
    assert first.summary['threshold'] == 0.2


def test_networks_that_do_not_fit_are_refused_before_a_folder_is_made(first, few_loops, tmp_path):
    config = short_config(model__hidden=9)
    with pytest.raises(UserError, match='first has other features, another grid or other layers'):
        train(config, tmp_path / 'a' / 'run', loops=few_loops, init_from=first.path)
    with pytest.raises(UserError, match='none is not a run folder'):
        train(short_config(), tmp_path / 'a', loops=few_loops, init_from=tmp_path / 'none')
    assert not list(tmp_path.iterdir())


def test_a_start_that_fails_leaves_no_folder_in_the_way(golden_loops, tmp_path):
    with pytest.raises(UserError, match='not a number'):
        train(short_config(**BREAKING), tmp_path / 'run', loops=golden_loops, quiet=True)
    assert not list(tmp_path.iterdir())


def test_a_failed_start_keeps_the_dataset(golden_loops, tmp_path):
    config = short_config(**BREAKING, data__path='data')
    save_loops(golden_loops, tmp_path / 'run' / 'data')
    with pytest.raises(UserError, match='not a number'):
        train(config, tmp_path / 'run', quiet=True)
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['data']


def fitted(loops):
    config = short_config()
    model = melodyvae.MelodyVAE(config)
    model.fit(melodyvae.training_data(loops, config))
    return model


def test_a_model_that_was_fitted_is_finished_and_saved(few_loops, tmp_path):
    model = fitted(few_loops)
    run = save_run(model, tmp_path / 'mine')
    assert run.finished and model.finished and model.anchors > 0
    assert load_player(run).threshold == load_player(run.path).threshold == 0.2
    assert melodyvae.load_model(run.trained_path).anchors == 0
    assert '<title>mine' in run.play_page.read_text()
    assert '<h1>mine</h1>' in run.report.read_text()
    with pytest.raises(UserError, match='mine exists already: choose a new folder'):
        save_run(model, tmp_path / 'mine')
    again = save_run(model, tmp_path / 'again')
    np.testing.assert_array_equal(weights(again.load_model()), weights(run.load_model()))


def test_a_save_that_fails_leaves_nothing(few_loops, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise OSError('no space left')

    monkeypatch.setattr(results.plots, 'map_loops', fail)
    with pytest.raises(OSError, match='no space left'):
        save_run(fitted(few_loops), tmp_path / 'mine')
    assert not list(tmp_path.iterdir())


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
