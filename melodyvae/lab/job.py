"""One run of a comparison: a config and a seed, trained like `melodyvae_train` and measured."""

import contextlib
import gc
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from melodyvae.config.settings import Config
from melodyvae.evaluation.goal import measure_shortfall
from melodyvae.evaluation.metrics import ELBO_TERMS
from melodyvae.evaluation.reconstruction import count_elbo_terms
from melodyvae.lab.data import Job, split_alike
from melodyvae.lab.results import Run
from melodyvae.lab.workers import Progress
from melodyvae.lab.yardsticks import measure_yardsticks
from melodyvae.loops.dataset import load_loops
from melodyvae.loops.loops import Loops
from melodyvae.model import losses
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode_batches
from melodyvae.runs.folder import RunFolder
from melodyvae.system.atomic import new_folder
from melodyvae.system.errors import UserError
from melodyvae.system.workers import Channel
from melodyvae.training.best_model import BestModel
from melodyvae.training.callbacks import default_callbacks
from melodyvae.training.data import TrainingData
from melodyvae.training.examples import take_examples
from melodyvae.training.finish import finish
from melodyvae.training.monitors import NotANumber

WEIGHTS, CURVE = 'model.weights.h5', 'curve.json'  # of a first stage


class Pruned(Exception):
    """A run was stopped: other runs were closer to the goal after as many epochs."""


def run_job(
    job: Job,
    on_epoch: Callable[[int], None],
    goes_on: Callable[[int, float], bool] = lambda epochs, shortfall: True,
) -> None:
    """Trains and measures a run, and writes its folder.

    A loss that turns NaN is a result: `failed` in `result.json` says at which step.

    Args:
      job: the run.
      on_epoch: called with the number of trained epochs.
      goes_on: called at the job's rungs with the number of trained epochs, and the shortfall of the
        run if it ended there; returns whether to continue.

    Raises:
      Pruned: if the run is stopped; nothing is written then.
    """
    try:
        with new_folder(job.folder) as folder:
            RunFolder.create(folder, job.config)
            try:
                run = _train_and_measure(job, on_epoch, goes_on)
            except NotANumber as error:
                run = Run(name=job.name, seed=job.config.training.seed, failed=str(error))
            run.write(folder)
    finally:
        keras.utils.clear_session()
        gc.collect()  # models and their graphs are reference cycles


def serve(channel: Channel) -> None:
    """Trains the runs that arrive: the process of `workers.run_all`."""

    def goes_on(epochs: int, shortfall: float) -> bool:
        channel.send(Progress(epochs, shortfall))
        return channel.receive()

    while True:
        job = channel.receive()
        error = ''
        try:
            run_job(job, lambda epochs: channel.send(Progress(epochs)), goes_on)
        except Pruned:
            pass
        except (BrokenPipeError, EOFError):  # the other side has gone
            raise
        except Exception as failure:  # the other runs continue
            traceback.print_exc()
            error = f'{type(failure).__name__}: {" ".join(str(failure).split())[:200]}'
        channel.send(Progress(error=error))


def _train_and_measure(
    job: Job, on_epoch: Callable[[int], None], goes_on: Callable[[int, float], bool]
) -> Run:
    config = job.config
    loops = load_loops(job.data)
    training, untransposed, held_out = split_alike(loops, config)
    unseen = take_examples(loops, held_out)
    seen = take_examples(loops, untransposed)
    data = TrainingData(loops, training, held_out, config)

    def measure(model: MelodyVAE) -> tuple[dict[str, float], float]:
        threshold = finish(model, data)
        return measure_yardsticks(model, unseen, seen, threshold=threshold), threshold

    def look(epochs: int) -> None:
        on_epoch(epochs)
        if epochs in job.rungs:
            measured, _ = measure(curve.model.copy())
            if not goes_on(epochs, measure_shortfall(measured)):
                raise Pruned

    curve = HeldOutCurve(unseen, config, look)
    model = train(data, curve, job.first_stage)
    measured, threshold = measure(model)
    return Run(
        name=job.name,
        seed=config.training.seed,
        epochs=len(curve.seconds),
        shipped_epoch=curve.shipped_epoch,
        steps=len(curve.seconds) * data.steps,
        seconds=curve.seconds[-1],
        training_examples=len(training),
        threshold=threshold,
        yardsticks={key: float(x) if np.isfinite(x) else None for key, x in measured.items()},
        curve={**curve.terms, 'seconds': curve.seconds},
    )


def train(data: TrainingData, curve: 'HeldOutCurve', first_stage: Path | None = None) -> MelodyVAE:
    """Trains like `melodyvae_train`, without checkpoints, TensorBoard and pictures.

    Args:
      data: what the model is trained on.
      curve: called after every epoch.
      first_stage: see `data.Job`.

    Returns:
      The model of the best epoch, to be finished.
    """
    model = MelodyVAE(data.config)
    if first_stage and first_stage.exists():
        model.load_weights(first_stage / WEIGHTS)
        curve.read(first_stage)
        return model
    callbacks = default_callbacks(data, quiet=True)
    model.fit(data, callbacks=[*callbacks, curve])
    curve.shipped_epoch = next(x.epoch for x in callbacks if isinstance(x, BestModel))
    if first_stage:
        # Another run may have written it meanwhile.
        with contextlib.suppress(UserError), new_folder(first_stage) as folder:
            model.save_weights(folder / WEIGHTS)
            curve.write(folder)
    return model


class HeldOutCurve(keras.callbacks.Callback):
    """Measures every term of the held-out negative ELBO after each epoch.

    Counts the same for all configs: unweighted, beta 1, squared errors at onsets, z drawn from the
    posterior with the same noise in every epoch and run.

    Args:
      held_out: at least one loop.
      config: for the features.
      on_epoch: called with the number of trained epochs.

    Attributes:
      terms: by key of `metrics.METRICS`, the `ELBO_TERMS` of the features and `kl`: the mean over
        loops after each epoch, see `reconstruction.count_elbo_terms`; in nats.
      seconds: CPU time of training up to the end of each epoch, without this callback.
      shipped_epoch: the epoch whose weights the model keeps, from 1; set by `train`.
    """

    def __init__(self, held_out: Loops, config: Config, on_epoch: Callable[[int], None]):
        super().__init__()
        self.on_epoch = on_epoch
        self.held_out = held_out
        self.noise = np.random.default_rng(0).standard_normal(
            (len(held_out), config.model.latent), np.float32
        )
        self.terms: dict[str, list[float]] = {
            key: [] for key in (*(ELBO_TERMS[name] for name in config.features), 'kl')
        }
        self.seconds: list[float] = []
        self.shipped_epoch = 0
        self.spent = 0.0
        self.since = 0.0  # CPU time when this callback returned

    def write(self, folder: Path) -> None:
        """Writes the attributes, for `read`."""
        (folder / CURVE).write_text(json.dumps([self.terms, self.seconds, self.shipped_epoch]))

    def read(self, folder: Path) -> None:
        """Restores what `write` wrote."""
        self.terms, self.seconds, self.shipped_epoch = json.loads((folder / CURVE).read_text())

    def on_train_begin(self, logs=None):
        self.since = time.process_time()

    def on_epoch_end(self, epoch, logs=None):
        self.spent += time.process_time() - self.since
        self.seconds.append(self.spent)
        for key, value in self._average_terms().items():
            self.terms[key].append(value)
        self.on_epoch(epoch + 1)
        self.since = time.process_time()

    def _average_terms(self) -> dict[str, float]:
        player = Player.of(self.model)
        sums = dict.fromkeys(self.terms, 0.0)
        for batch in encode_batches(player, self.held_out):
            posterior = losses.posterior(batch.z_mean, batch.z_log_var)
            noise = self.noise[batch.first :][: len(batch.z_mean)]
            decoded = decode(player, batch.z_mean + posterior.stddev().numpy() * noise)
            for name, values in count_elbo_terms(batch.grids, decoded).items():
                sums[ELBO_TERMS[name]] += float(np.sum(values))
            sums['kl'] += float(np.sum(losses.kl_divergence(posterior).numpy()))
        return {key: total / len(self.noise) for key, total in sums.items()}
