"""One run of a comparison: a config and a seed, trained as `melodyvae_train` does and measured."""

import gc
import json
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from melodyvae.atomic import new_folder
from melodyvae.config.settings import Config
from melodyvae.lab.data import Job, as_played, shared_split
from melodyvae.lab.yardsticks import learned_performance, yardsticks
from melodyvae.loops.dataset import load_loops
from melodyvae.loops.examples import take_examples
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE, losses
from melodyvae.run_folder import RunFolder
from melodyvae.training.best_model import BestModel
from melodyvae.training.calibration import model_threshold
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData
from melodyvae.training.monitors import NotANumber

BATCH = 512  # held-out loops at a time


def run_job(job: Job, on_epoch: Callable[[int], None]) -> None:
    """Trains and measures; leaves the run's folder.

    A loss that turns NaN is a result: `failed` in `result.json` says at which step.

    Args:
      job: the run.
      on_epoch: called with the number of epochs that are done.
    """
    with new_folder(job.folder) as folder:
        RunFolder.create(folder, job.config)
        try:
            result = _trained_and_measured(job, on_epoch)
        except NotANumber as error:
            result = {'failed': str(error)}
        result = {'name': job.name, 'seed': job.config.training.seed, **result}
        (folder / 'result.json').write_text(json.dumps(result, indent=1) + '\n')
    keras.utils.clear_session()
    gc.collect()  # models and their graphs are circles of references


def _trained_and_measured(job: Job, on_epoch: Callable[[int], None]) -> dict[str, Any]:
    config = job.config
    written = load_loops(job.data)
    loops = as_played(written, job.performed)
    training, untransposed, held_out = shared_split(loops, config)
    unseen = take_examples(loops, held_out)
    curve = HeldOutCurve(unseen, config, on_epoch)
    data = TrainingData(loops, training, held_out, config)
    model, history = train(data, curve)
    threshold = model_threshold(model, loops)
    measured = yardsticks(model, unseen, take_examples(loops, untransposed), threshold=threshold)
    playing: dict[str, dict[str, float]] = {}
    if job.performed:
        playing = learned_performance(
            model, unseen, take_examples(written, held_out), threshold=threshold
        )
    return {
        'failed': '',
        'epochs': len(curve.seconds),
        'shipped_epoch': curve.shipped_epoch,
        'steps': len(curve.seconds) * data.steps,
        'seconds': curve.seconds[-1],
        'training_examples': len(training),
        'threshold': threshold,
        'yardsticks': _finite(measured),
        'performance': {name: _finite(values) for name, values in playing.items()},
        'curve': {**curve.terms, 'seconds': curve.seconds},
        'history': {name: list(map(float, values)) for name, values in history.items()},
    }


def train(data: TrainingData, curve: 'HeldOutCurve') -> tuple[MelodyVAE, dict[str, list[float]]]:
    """As `melodyvae_train` trains, without what it writes for resuming, TensorBoard and the eye.

    Returns:
      The model with the weights that the run would ship, and what `metrics.csv` would hold.
    """
    model = MelodyVAE(data.config)
    callbacks = default_callbacks(data.config, quiet=True)
    history = model.fit(data, callbacks=[*callbacks, curve])
    curve.shipped_epoch = next(x.epoch for x in callbacks if isinstance(x, BestModel))
    return model, history.history


class HeldOutCurve(keras.callbacks.Callback):
    """Every term of the held-out negative ELBO after each epoch.

    The same for all configs: unweighted, beta 1, the squared errors counted at onsets, z drawn from
    the posterior with the same noise in every epoch and run.

    Args:
      held_out: at least one loop.
      config: gives the features.
      on_epoch: called with the number of epochs that are done.

    Attributes:
      terms: for each feature and `kl`, a mean over the loops in nats for each epoch.
      seconds: CPU time of the process in training up to the end of each epoch. Tracing the graph
        does not count, and neither does this callback.
      shipped_epoch: whose weights the model has in the end, counted from 1; `train` says so.
    """

    def __init__(self, held_out: Loops, config: Config, on_epoch: Callable[[int], None]):
        super().__init__()
        self.config = config
        self.on_epoch = on_epoch
        grids = held_out.to_dense(np.arange(len(held_out)))
        self.x = [grids[name].reshape(len(held_out), -1) for name in config.features]
        self.noise = np.random.default_rng(0).standard_normal(
            (len(held_out), config.model.latent), np.float32
        )
        self.terms: dict[str, list[float]] = {name: [] for name in (*config.features, 'kl')}
        self.seconds: list[float] = []
        self.shipped_epoch = 0
        self.spent = 0.0
        self.since: float | None = None  # CPU time at which the clock was started, if it runs

    def start_clock(self) -> None:
        if self.since is None:
            self.since = time.process_time()

    def stop_clock(self) -> None:
        if self.since is not None:
            self.spent += time.process_time() - self.since
            self.since = None

    def on_train_batch_end(self, batch, logs=None):
        self.start_clock()  # after the first steps, which is when they have been traced

    def on_test_begin(self, logs=None):
        if not self.seconds:
            self.stop_clock()

    def on_test_batch_end(self, batch, logs=None):
        self.start_clock()

    def on_epoch_end(self, epoch, logs=None):
        self.stop_clock()
        self.seconds.append(self.spent)
        for name, value in self._means().items():
            self.terms[name].append(value)
        self.on_epoch(epoch + 1)
        self.start_clock()

    def _means(self) -> dict[str, float]:
        sums = dict.fromkeys(self.terms, 0.0)
        for start in range(0, len(self.noise), BATCH):
            part = slice(start, start + BATCH)
            for name, values in self._terms([x[part] for x in self.x], self.noise[part]).items():
                sums[name] += float(np.sum(values))
        return {name: total / len(self.noise) for name, total in sums.items()}

    def _terms(self, x: list[np.ndarray], noise: np.ndarray) -> dict[str, Any]:
        posterior = losses.posterior(*self.model.encoder(x, training=False))
        decoded = self.model.decoder(posterior.mean() + posterior.stddev() * noise, training=False)
        terms = {
            name: losses.feature_loss(name, true, guess, x[0])
            for name, true, guess in zip(self.config.features, x, decoded, strict=True)
        }
        return terms | {'kl': losses.kl_divergence(posterior)}


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """As JSON has them: it has no NaN."""
    return {name: float(x) if np.isfinite(x) else None for name, x in values.items()}
