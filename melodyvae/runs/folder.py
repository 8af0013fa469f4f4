"""A run folder: the files that a training leaves."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melodyvae.config import Config, read_config, write_config
from melodyvae.loops.dataset import check_grid, load_loops, locate_dataset, read_fingerprint
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player
from melodyvae.playing.timing import Timing
from melodyvae.runs.dataset import refuse_run
from melodyvae.runs.summary import read_summary
from melodyvae.system.atomic import new_file, write_json
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.checksums import CHECKSUMS, check_file, write_checksums
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

if TYPE_CHECKING:
    from melodyvae.model.vae import MelodyVAE


class RunFolder:
    """One training run on disk.

    Attributes:
      path: the folder.
      data: the dataset, if the run has its own.
      trained_on: the fingerprints of the dataset and of the split, and the held-out files.
      model_path: the Keras model, with encoder, decoder and optimizer.
      trained_path: the same before it was finished, see `training.finish`.
      metrics: losses as CSV, one line per epoch.
      events: for TensorBoard.
      plots, midi: folders of pictures and of generated MIDI files.
      evaluation: held-out metrics, JSON.
      about: what the author says of it, JSON.
      card: the model card, JSON.
      play_page: plays the model in a browser.
      report: says how good the model is.
      states: for `--resume`; removed when the run has finished.
      live: the exported model during training; removed afterwards.
    """

    def __init__(self, path: str | Path):
        path = Path(path)
        self.path = path
        self.data = path / 'data'
        self.trained_on = path / 'trained_on.json'
        self.model_path = path / 'model.keras'
        self.trained_path = path / 'trained.keras'
        self.metrics = path / 'metrics.csv'
        self.events = path / 'events'
        self.plots = path / 'plots'
        self.midi = path / 'midi'
        self.evaluation = path / 'evaluation.json'
        self.about = path / 'about.json'
        self.card = path / 'card.json'
        self.play_page = path / 'play.html'
        self.report = path / 'report.html'
        self.states = path / 'states'
        self.live = path / 'live'

    @classmethod
    def create(cls, path: str | Path, config: Config) -> 'RunFolder':
        """Starts a run in `path`, which may contain the run's dataset, but no other run.

        Raises:
          UserError: if there is a run already.
        """
        run = cls(path)
        refuse_run(run.path)
        run.path.mkdir(parents=True, exist_ok=True)
        write_config(config, run.path / 'config.json')
        return run

    @property
    def config(self) -> Config:
        """The configuration of the run.

        Raises:
          UserError: if the folder is not a run, or the file has changed since the run finished.
        """
        path = self.path / 'config.json'
        check_file(path)
        return read_config(path)

    @property
    def finished(self) -> bool:
        """Whether training has ended and all results are written."""
        return self.own_export.is_dir() and not self.states.exists()

    @property
    def own_export(self) -> Path:
        """The model for Max that training writes."""
        return self.path / f'{self.config.name}.model'

    @property
    def live_export(self) -> Path:
        """The model for Max in `live`."""
        return self.live / f'{self.config.name}.model'

    def refuse_finished(self) -> None:
        """Raises a UserError if the folder is not a run, or if the run has finished."""
        if self.finished:
            raise UserError(f'{self.path} has finished: there is nothing to resume.')

    @property
    def summary(self) -> dict[str, Any]:
        """The result of the training; empty if it has not ended."""
        path = self.path / 'summary.json'
        check_file(path)
        return read_summary(path)

    def write_summary(self, summary: dict[str, Any]) -> None:
        write_json(summary, self.path / 'summary.json')

    def write_checksums(self) -> None:
        """Writes the checksums of the settings and the summary of a finished run."""
        write_checksums(self.path, ('config.json', 'summary.json'))

    def forget_checksums(self) -> None:
        """Removes the checksums before the results of a run are written again."""
        (self.path / CHECKSUMS).unlink(missing_ok=True)

    def loops(self) -> Loops:
        """Loads the loops that the run was trained on.

        Raises:
          UserError: if they are missing, have another grid, or have changed since.
        """
        loops = find_dataset(self.config, self.path)
        known = self._read_trained_on()
        folder = locate_dataset(self.config.data.path, self.path)
        if known and known['dataset'] != read_fingerprint(folder):
            raise UserError(
                f'{folder} has changed since {self.path} was trained on it, so that it is unknown '
                f'what was held out: restore the dataset, or train a new run.'
            )
        return loops

    def split(self, loops: Loops) -> tuple[Examples, Examples]:
        """Splits the loops of the run into training and held-out examples, as in training.

        Raises:
          UserError: if the split is not the same.
        """
        training, held_out = split(loops, self.config)
        known, found = self._read_trained_on(), _fingerprint(training, held_out)
        if known and known['split'] != found:
            raise UserError(
                f'{self.path} was trained on other loops of its dataset than this version '
                f'selects: use the version that trained it, or train a new run.'
            )
        return training, held_out

    def remember_sides(self, loops: Loops, training: Examples, held_out: Examples) -> None:
        """Records what the run is trained on; `loops` and `split` compare with it."""
        values = {
            'dataset': read_fingerprint(locate_dataset(self.config.data.path, self.path)),
            'split': _fingerprint(training, held_out),
            'held_out_files': [loops.files[file] for file in np.unique(loops.file[held_out.loop])],
        }
        with new_file(self.trained_on, overwrite=True) as temporary:
            write_checked(values, temporary)

    def _read_trained_on(self) -> dict[str, Any]:
        """Returns the record; empty if there is none."""
        try:
            return read_checked(self.trained_on)
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UserError(f'{self.trained_on} cannot be read: {error}.') from error

    def load_model(self) -> 'MelodyVAE':
        """Loads the trained model.

        Raises:
          UserError: if the folder is not a run, or has no checkpoint, or one that cannot be read or
            has another config.
        """
        self.refuse_untrained()

        from melodyvae.model.saved import read_model  # deferred: it imports TensorFlow

        model = read_model(self.model_path)
        for part in ('features', 'grid', 'model'):
            if getattr(model.config, part) != getattr(self.config, part):
                raise UserError(
                    f'{self.model_path} was trained with other settings ({part}) than '
                    f'{self.path / "config.json"} has: they belong to different runs.'
                )
        return model

    def load_player(self) -> Player:
        """Loads the trained model, at its calibrated threshold.

        Raises:
          UserError: as `load_model`.
        """
        model, summary = self.load_model(), self.summary
        timing = Timing.from_dict(summary, model.config.model.latent)
        return Player.of(model, summary.get('threshold'), timing)

    def refuse_untrained(self) -> None:
        """Raises a UserError if the folder is not a run, or has no checkpoint."""
        self.config  # noqa: B018 - raises if this is not a run folder
        if not self.model_path.is_file():
            raise UserError(
                f'{self.path} has no checkpoint ({self.model_path.name}): train it first.'
            )


def _fingerprint(training: Examples, held_out: Examples) -> str:
    parts = (training.loop, training.shift, held_out.loop, held_out.shift)
    return hashlib.sha256(b'-'.join(part.tobytes() for part in parts)).hexdigest()


def find_dataset(config: Config, run_dir: Path) -> Loops:
    """Loads the loops that a config names; a relative path is relative to the run folder.

    Raises:
      UserError: if there are none, or they have another grid.
    """
    if not config.data.path:
        raise UserError(
            'The config names no dataset: use --dataset, or in Python the argument loops= of train.'
        )
    folder = locate_dataset(config.data.path, run_dir)
    loops = load_loops(folder)
    check_grid(loops, config.grid, folder)
    return loops
