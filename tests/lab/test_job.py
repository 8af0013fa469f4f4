"""A run of a comparison is a run of `melodyvae_train`, measured."""

import copy
import dataclasses
import json

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.evaluation import evaluate
from melodyvae.evaluation.goal import measure_shortfall
from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab import yardsticks
from melodyvae.lab.candidates import take_changes
from melodyvae.lab.data import Job, split_alike
from melodyvae.lab.job import HeldOutCurve, run_job, train
from melodyvae.loops.dataset import save_loops
from melodyvae.model.losses import MAX_LOG_VAR
from melodyvae.runs.fit import fit
from melodyvae.runs.folder import RunFolder
from melodyvae.training.data import TrainingData
from melodyvae.training.examples import take_examples

from runs import made_model, small_config


@pytest.fixture(scope='module', autouse=True)
def few_patterns():
    """Fewer generated patterns are measured than usual."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(yardsticks, 'GENERATED', 100)
        patched.setattr(evaluate, 'MAX_GENERATED', 100)
        yield


def short(name: str = 'melodyvae_improved', fidelity: str = 'documented') -> Config:
    config = small_config(name, fidelity)
    config.data.split = 'file'
    config.training.epochs = 3
    return config


def curve_of(loops, config: Config) -> HeldOutCurve:
    held_out = split_alike(loops, config)[2]
    return HeldOutCurve(take_examples(loops, held_out), config, lambda epochs: None)


def test_it_trains_bit_for_bit_as_melodyvae_train_does(few_loops, tmp_path):
    config = short()
    data = TrainingData(few_loops, *split_alike(few_loops, config)[::2], config)
    product = RunFolder.create(tmp_path / 'product', config)
    fit(product, data, quiet=True)
    model = train(data, curve_of(few_loops, config))
    for ours, theirs in zip(model.get_weights(), product.load_model().get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_curve_has_every_epoch_and_the_same_noise(golden_loops):
    curve = curve_of(golden_loops, short())
    curve.set_model(made_model(short()))
    for epoch in range(3):
        curve.model.decoder.get_layer('onset').bias.assign_add(np.ones(24 * 32))
        curve.on_epoch_end(epoch)
    assert len(set(curve.terms['onset_bce_at_sample'])) == 3 and len(set(curve.terms['kl'])) == 1


@pytest.mark.parametrize(('fidelity', 'keep_best'), [('documented', True), ('js', False)])
def test_the_shipped_epoch_is_the_best_or_the_last(few_loops, fidelity, keep_best):
    config = short(fidelity=fidelity)
    config.training.learning_rate = 0.05  # too much to get better all the time
    config.training.epochs = 6
    data = TrainingData(few_loops, *split_alike(few_loops, config)[::2], config)
    curve = curve_of(few_loops, config)
    monitored = train(data, curve).history.history[config.training.monitor]
    assert curve.shipped_epoch == (int(np.argmin(monitored)) + 1 if keep_best else 6)


def test_the_curve_is_the_negative_elbo_term_by_term(golden_loops):
    """Against NumPy, and whatever the config's own weights and cells are."""
    config = short()
    curve = curve_of(golden_loops, config)
    model = made_model(config)
    curve.set_model(model)
    curve.on_epoch_end(0, {'val_negative_elbo': 1.0})
    held_out = take_examples(golden_loops, split_alike(golden_loops, config)[2])
    grids = held_out.to_dense(np.arange(len(held_out)))
    z_mean, z_log_var = (np.asarray(x) for x in model.encoder(model.flatten(grids)))
    assert np.abs(z_log_var).max() < MAX_LOG_VAR
    decoded = model.decoder(z_mean + np.exp(z_log_var / 2) * curve.noise)
    decoded = {
        name: np.asarray(x).reshape(grids[name].shape)
        for name, x in zip(config.features, decoded, strict=True)
    }
    on = grids['onset'] > 0
    likelihood = np.log(np.where(on, decoded['onset'], 1 - decoded['onset']))
    assert curve.terms['onset_bce_at_sample'] == pytest.approx(
        [-likelihood.sum() / len(on)], rel=1e-4
    )
    for name in config.features[1:]:
        error = (np.square(grids[name] - decoded[name]) * on).sum() / len(on)
        assert curve.terms[f'{name}_sse_at_sample'] == pytest.approx([error], rel=1e-4)
    kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum() / len(on)
    assert curve.terms['kl'] == pytest.approx([kl], rel=1e-3)
    weighted = curve_of(
        golden_loops, take_changes(config, preset('melodyvae_original'), ['onset_weight'])
    )
    weighted.set_model(model)
    weighted.on_epoch_end(0, {'val_negative_elbo': 1.0})
    assert weighted.terms == curve.terms


@pytest.fixture(scope='module')
def first(few_loops, tmp_path_factory) -> tuple[Job, list[int]]:
    """A run of two epochs and a second stage, and the epochs that it has told of."""
    folder = tmp_path_factory.mktemp('runs')
    save_loops(few_loops, folder / 'data')
    config = short('melodyvae')
    config.training.least_steps, config.training.epochs = 0, 2
    stage = folder / 'first_stage'
    job = Job('tiny', config, folder / 'data', folder / 'runs' / 'first', first_stage=stage)
    epochs: list[int] = []
    run_job(job, epochs.append)
    return job, epochs


def read_result(job: Job) -> dict:
    """All of a result but what it took."""
    result = json.loads((job.folder / 'result.json').read_text())
    del result['seconds'], result['curve']['seconds']
    return result


def test_a_run_leaves_its_figures(first):
    job, epochs = first
    assert epochs == [1, 2]
    result = json.loads((job.folder / 'result.json').read_text())
    assert (result['name'], result['seed'], result['failed']) == ('tiny', 0, '')
    assert result['epochs'] == 2 and 1 <= result['shipped_epoch'] <= 2
    assert sorted(result['curve']['seconds']) == result['curve']['seconds']
    assert result['curve']['seconds'][-1] == result['seconds'] > 0
    assert all(len(values) == 2 for values in result['curve'].values())
    assert result['curve'].keys() <= METRICS.keys()
    assert 0 < result['threshold'] <= 1 and result['yardsticks']['onset_bce'] > 0
    names = {key.removeprefix('real_') for key in result['yardsticks']}
    assert {'bits', 'exact_copies', 'visited_loops'} <= names <= METRICS.keys()
    assert {path.name for path in job.folder.iterdir()} == {'config.json', 'result.json'}


def test_a_look_says_what_a_run_would_be_and_changes_nothing(first):
    looks = {}

    def goes_on(epochs: int, shortfall: float) -> bool:
        looks[epochs] = shortfall
        return True

    folder = first[0].folder.with_name('looks')
    job = dataclasses.replace(first[0], folder=folder, rungs=(1, 2), first_stage=None)
    run_job(job, lambda epochs: None, goes_on)
    result = read_result(first[0])
    assert read_result(job) == result
    assert looks.keys() == {1, 2} and looks[1] != looks[2]
    figures = {key: value for key, value in result['yardsticks'].items() if value is not None}
    assert looks[2] == measure_shortfall(figures) > 0


def test_runs_that_differ_in_their_second_stage_are_trained_once(first):
    job, _ = first
    other = copy.deepcopy(job.config)
    other.pad.tiles = 20
    second = dataclasses.replace(job, folder=job.folder.with_name('second'))
    third = dataclasses.replace(job, folder=job.folder.with_name('third'), config=other)
    epochs: list[int] = []
    for each in (second, third):
        run_job(each, epochs.append)
    assert not epochs
    result = read_result(job)
    assert read_result(second) == result
    assert read_result(third)['yardsticks'] != result['yardsticks']
    assert read_result(third)['curve'] == result['curve']
