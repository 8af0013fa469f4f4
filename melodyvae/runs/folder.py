"""A run folder: what training leaves, and where each thing is."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from melodyvae.config import Config, read_config, write_config
from melodyvae.loops.dataset import check_grid, load_loops, locate_dataset, read_fingerprint
from melodyvae.loops.loops import Loops
from melodyvae.midi.piece import DEFAULT_TEMPO
from melodyvae.playing.player import Player
from melodyvae.system.atomic import new_file
from melodyvae.system.checked_json import read_checked, write_checked
from melodyvae.system.desktop import is_left_by_desktop
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples
from melodyvae.training.split import split

if TYPE_CHECKING:
    from melodyvae.model.vae import MelodyVAE

# What `summary.json` can hold: counts of no more than this, and tempos that MIDI can have.
MOST, FASTEST = 2**53, 6e7
COUNTS = ('epochs', 'shipped_epoch', 'files', 'loops', 'training_loops', 'validation_loops')


class RunFolder:
    """One training run on disk.

    Attributes:
      path: the folder.
      data: the dataset, where the run made its own.
      trained_on: the fingerprints of the dataset and of the split, and which files are held out.
      model_path: the whole Keras model: encoder, decoder, optimiser.
      metrics: a line of CSV an epoch.
      events: for TensorBoard.
      plots, midi: folders of pictures and of generated MIDI files.
      evaluation: held-out metrics, JSON.
      play_page: plays the model in a browser.
      states: what `--resume` continues from; gone when the run has finished.
      live: the exported model as it is now, while a training writes it; gone afterwards.
    """

    def __init__(self, path: str | Path):
        path = Path(path)
        self.path = path
        self.data = path / 'data'
        self.trained_on = path / 'trained_on.json'
        self.model_path = path / 'model.keras'
        self.metrics = path / 'metrics.csv'
        self.events = path / 'events'
        self.plots = path / 'plots'
        self.midi = path / 'midi'
        self.evaluation = path / 'evaluation.json'
        self.play_page = path / 'play.html'
        self.states = path / 'states'
        self.live = path / 'live'

    @classmethod
    def create(cls, path: str | Path, config: Config) -> 'RunFolder':
        """Starts a run in `path`, which may hold the run's own dataset but no other run.

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
        """The run's configuration; a UserError says that the folder is no run."""
        return read_config(self.path / 'config.json')

    @property
    def finished(self) -> bool:
        """Whether training has come to its end and all results are written."""
        return self.own_export.is_dir() and not self.states.exists()

    @property
    def own_export(self) -> Path:
        """The model for Max that training leaves."""
        return self.path / f'{self.config.name}.model'

    @property
    def live_export(self) -> Path:
        """The same, in `live`."""
        return self.live / f'{self.config.name}.model'

    def refuse_finished(self) -> None:
        """Raises a UserError if the folder is no run, or one with nothing left to train."""
        if self.finished:
            raise UserError(f'{self.path} has finished: there is nothing to resume.')

    @property
    def summary(self) -> dict[str, Any]:
        """What training ended with; empty if it has not ended."""
        path = self.path / 'summary.json'
        try:
            values = json.loads(path.read_text())
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            raise UserError(f'{path} cannot be read: {error}.') from error
        _check_summary(values, path)
        return values

    def write_summary(self, summary: dict[str, Any]) -> None:
        with new_file(self.path / 'summary.json', overwrite=True) as temporary:
            temporary.write_text(json.dumps(summary, indent=2) + '\n')

    def loops(self) -> Loops:
        """The loops that the run was trained on.

        Raises:
          UserError: if they are gone, are of another grid, or have changed since.
        """
        loops = find_dataset(self.config, self.path)
        known = self._read_trained_on()
        folder = locate_dataset(self.config.data.path, self.path)
        if known and known['dataset'] != read_fingerprint(folder):
            raise UserError(
                f'{folder} has changed since {self.path} was trained on '
                f'it, so that nobody can tell what is held out: bring back the dataset as it was, '
                f'or train a new run.'
            )
        return loops

    def split(self, loops: Loops) -> tuple[Examples, Examples]:
        """The sides of the run's loops, training and held out: the same as in training.

        Raises:
          UserError: if they are not the same.
        """
        training, held_out = split(loops, self.config)
        known, found = self._read_trained_on(), fingerprint_sides(training, held_out)
        if known and known['split'] != found:
            raise UserError(
                f'{self.path} was trained on other loops of its dataset than this version would '
                f'take: use the version that trained it, or train a new run.'
            )
        return training, held_out

    def remember_sides(self, loops: Loops, training: Examples, held_out: Examples) -> None:
        """Writes down what the run is trained on, for `loops` and `split` to compare with."""
        values = {
            'dataset': read_fingerprint(locate_dataset(self.config.data.path, self.path)),
            'split': fingerprint_sides(training, held_out),
            'held_out_files': [loops.files[file] for file in np.unique(loops.file[held_out.loop])],
        }
        with new_file(self.trained_on, overwrite=True) as temporary:
            write_checked(values, temporary)

    def _read_trained_on(self) -> dict[str, Any]:
        """What was written down; empty if nothing was."""
        try:
            return read_checked(self.trained_on)
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise UserError(f'{self.trained_on} cannot be read: {error}.') from error

    def load_model(self) -> 'MelodyVAE':
        """The trained model.

        Raises:
          UserError: if the folder is no run, or has no checkpoint, one that cannot be read, or one
            of another config.
        """
        self.refuse_untrained()

        from melodyvae.model.saved import read_model

        model = read_model(self.model_path)
        for part in ('features', 'grid', 'model'):
            if getattr(model.config, part) != getattr(self.config, part):
                raise UserError(
                    f'{self.model_path} was trained with other settings ({part}) than '
                    f'{self.path / "config.json"} has: they are not of one run.'
                )
        return model

    def load_player(self) -> Player:
        """The trained model, at the threshold that was calibrated for it.

        Raises:
          UserError: as `load_model`.
        """
        model, summary = self.load_model(), self.summary
        return Player.of(model, summary.get('threshold'), summary.get('tempo', DEFAULT_TEMPO))

    def refuse_untrained(self) -> None:
        """Raises a UserError if the folder is no run, or has no checkpoint."""
        self.config  # noqa: B018 - says first if this is no run folder at all
        if not self.model_path.is_file():
            raise UserError(
                f'{self.path} has no checkpoint ({self.model_path.name}): train it first.'
            )


def _check_summary(values: Any, path: Path) -> None:
    """Refuses values that training never writes, before they lead anything astray."""
    if not isinstance(values, dict):
        raise UserError(f'{path} cannot be read: it holds no JSON object.')
    bounds = {'threshold': 1, 'tempo': FASTEST, **dict.fromkeys(COUNTS, MOST)}
    for name, most in bounds.items():
        value = values.get(name, 0)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (is_number and 0 <= value <= most):  # which NaN is not
            raise UserError(f'{path} is damaged: {name} cannot be {value!r}.')


def fingerprint_sides(training: Examples, held_out: Examples) -> str:
    """What differs wherever two splits do."""
    parts = (training.loop, training.shift, held_out.loop, held_out.shift)
    return hashlib.sha256(b'-'.join(part.tobytes() for part in parts)).hexdigest()


def find_dataset(config: Config, run_dir: Path) -> Loops:
    """The loops that a config names; a relative path is relative to the run folder.

    Raises:
      UserError: if there are none, or they are of another grid.
    """
    if not config.data.path:
        raise UserError(
            'The config names no dataset: set --dataset to one, or in Python give train its loops=.'
        )
    folder = locate_dataset(config.data.path, run_dir)
    loops = load_loops(folder)
    check_grid(loops, config.grid, folder)
    return loops


def refuse_run(path: Path) -> None:
    """Raises a UserError if `path` holds a run or anything else that training would mix with."""
    if path.is_file():
        raise UserError(f'{path} is a file: name a folder for the run.')
    if path.is_dir() and any(not _is_data(entry.name) for entry in path.iterdir()):
        raise UserError(f'{path} is not empty: name a new folder for the run with --run_dir.')


def _is_data(name: str) -> bool:
    """Whether it is the run's dataset, what a killed run left half-written, or a desktop's."""
    return name == 'data' or name.startswith(('.data.', '.config.')) or is_left_by_desktop(name)
