"""Every setting of a system, as data.

A system (RhythmVAE, MelodyVAE Original, MelodyVAE Improved) is one `Config`. `configs/*.py` build
them; a run keeps its own as `config.json`, and whatever reads a run reads that file.
"""

import dataclasses
import json
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from melodyvae.errors import UserError

FEATURES = ('onset', 'velocity', 'duration', 'timeshift')
FIDELITIES = ('documented', 'js')
DRUM_MAPS = ('', 'strict', 'greedy')
MESSAGES = ('monophonic', 'voices', 'drums')
LARGEST_GRID_SIDE = 256  # a pattern stores its rows and steps in one byte each


class _Section:
    """What all parts of a configuration can do."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(typing.cast(Any, self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the section from plain JSON values.

        Raises:
          UserError: on a name that is no setting, or a value of another type.
        """
        hints = typing.get_type_hints(cls)
        unknown = sorted(set(values) - set(hints))
        if unknown:
            raise UserError(f'{cls.__name__} has no setting named {", ".join(unknown)}.')
        return cls(**{name: _from_json(hints[name], value) for name, value in values.items()})


def _from_json(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise UserError(f'{typing.cast(Any, hint).__name__} needs an object, not {value!r}.')
        return typing.cast(Any, hint).from_dict(value)
    return tuple(value) if isinstance(value, list) else value


@dataclasses.dataclass(slots=True, kw_only=True)
class GridConfig(_Section):
    """The cells of a pattern, and how notes of a file reach them.

    Attributes:
      rows: pitches, or drum classes. Row 0 is the lowest.
      steps: length of a loop in steps.
      steps_per_quarter: 4 is a sixteenth grid, 12 holds triplets as well.
      lowest_pitch: MIDI pitch of row 0 on playback. Pitches outside the rows fold in by octaves.
      drum_map: '' for melodies; 'strict' or 'greedy' sorts General MIDI drums into 9 classes.
      minimum_onsets: a loop with fewer is dropped.
      ignored_channels: MIDI channels, counted from 0, whose notes are dropped.
      single_tempo: reject files with more than one tempo event, as the devices do.
    """

    rows: int = 24
    steps: int = 32
    steps_per_quarter: int = 4
    lowest_pitch: int = 48
    drum_map: str = ''
    minimum_onsets: int = 6
    ignored_channels: tuple[int, ...] = (9,)
    single_tempo: bool = False


@dataclasses.dataclass(slots=True, kw_only=True)
class DataConfig(_Section):
    """What a run is trained on.

    Attributes:
      path: dataset folder that `melodyvae_prepare` wrote; if relative, to the run folder.
      transpositions: semitones by which every training loop is copied, where it fits the grid.
      recombination: share of the training loops, drawn anew for every step, whose second half is
        taken from another loop of their file, before halves change places in every second loop;
        0 leaves all loops as they are. The grid needs an even number of steps.
      split: 'file' keeps the loops of one file on one side and transposes after the split;
        'loop' shuffles transposed copies of a loop over both sides, as the devices do.
      validation_fraction: share of the files (or loops) held out.
    """

    path: str = ''
    transpositions: tuple[int, ...] = ()
    recombination: float = 0.0
    split: str = 'file'
    validation_fraction: float = 1 / 6


@dataclasses.dataclass(slots=True, kw_only=True)
class ModelConfig(_Section):
    """Layers.

    Attributes:
      hidden: width of every block but those the decoder starts with.
      decoder_hidden: width of the blocks that the decoder starts with.
      decoder_depth: how many these are.
      one_encoder_branch: all features share the encoder's first block, and it is the first of two
        alike; in the devices each feature has one of its own.
      normalisation: batch normalisation in every block.
      latent: dimensions of z. The devices play two.
      dropout: rate after every hidden block; 0 leaves the layers out.
      decoder_dropout: whether the decoder's blocks have `dropout` too.
      z_spread: standard deviation of the decoder's first kernel at the start; its biases then are
        uniform within three times as much, so that the kinks of its units lie all over the pad.
        A network of two inputs is slow to learn detail without (N. Rahaman et al., "On the
        spectral bias of neural networks", 2019). 0 starts that layer like the others.
      timeshift_from_zero: start with all notes on the grid.
      duration_activation: 'relu' as in the released devices, or 'sigmoid', 'softplus'.
      training_mode: whether dropout drops and batch normalisation uses the batch's statistics
        while training. The devices never turn this on.
      kernel_scale: variance of the initial kernels over Glorot's. TF.js does not correct its
        truncated normal, which leaves 0.774 (standard deviation 0.88).
    """

    hidden: int = 512
    decoder_hidden: int = 1024
    decoder_depth: int = 1
    one_encoder_branch: bool = False
    normalisation: bool = True
    latent: int = 2
    dropout: float = 0.2
    decoder_dropout: bool = True
    z_spread: float = 0.0
    timeshift_from_zero: bool = False
    duration_activation: str = 'relu'
    training_mode: bool = True
    kernel_scale: float = 1.0


@dataclasses.dataclass(slots=True, kw_only=True)
class LossConfig(_Section):
    """What each feature's loss weighs, and where it counts.

    Attributes:
      onset, velocity, duration, timeshift: weights; a feature that the system lacks has no effect.
      only_at_onsets: count the errors of velocity, duration and timeshift where a note starts, and
        not over the whole grid, whose empty cells teach the devices' heads to whisper.
      huber_delta: errors of velocity, duration and timeshift over this count by their size and no
        longer by their square (`losses.huber_error`); 0 for squares always.
    """

    onset: float = 1.0
    velocity: float = 2.5
    duration: float = 1.0
    timeshift: float = 1.5
    only_at_onsets: bool = False
    huber_delta: float = 0.0


@dataclasses.dataclass(slots=True, kw_only=True)
class TrainingConfig(_Section):
    """Schedule.

    Attributes:
      batch_size: capped at the number of training loops.
      validation_batch_size: loops a batch of validation.
      validation_batches: batches of one validation; 0 for all held-out loops, 1 in the devices.
      epochs: at most.
      least_steps: of an epoch; the batches of a small library wrap around.
      steps_from_all_loops: epochs of `floor(all loops / batch)` wrapping batches, as in the
        devices; otherwise an epoch is every training loop once.
      learning_rate: of Adam, at the start.
      decay: 'none', 'step' (every `decay_epochs`), 'plateau' (after `decay_epochs` without a better
        `monitor`) or 'cosine' (half a wave, down to a hundredth in the last epoch).
      decay_factor: what 'step' and 'plateau' multiply the learning rate by.
      decay_epochs: see `decay`.
      decay_resets_optimizer: forget Adam's moments at a decay, as the devices do.
      paper_adam: add Adam's epsilon after the bias correction, as the paper and TF.js do.
      beta: weight of the KL term when annealing is over.
      kl_annealing_epochs: beta grows linearly from 0 over this many epochs; 0 for none.
      kl_cycle_epochs: epochs after which it starts from 0 again; 0 for never.
      early_stopping_patience: epochs without a better `monitor`; 0 never stops early.
      keep_best: the run ends with the weights of the best `monitor`, not with the last ones.
      monitor: 'val_objective' (beta at 1) or 'val_loss' (beta as annealed).
      pitch_balance: how far, in logits, onset biases may be moved after training, the same for all
        steps of a row, so that pitches are played as often as in the training loops; 0 for never.
      seed: of weights, batches, dropout and sampling.
    """

    batch_size: int = 64
    validation_batch_size: int = 128
    validation_batches: int = 0
    epochs: int = 100
    least_steps: int = 0
    steps_from_all_loops: bool = False
    learning_rate: float = 1e-3
    decay: str = 'step'
    decay_factor: float = 0.95
    decay_epochs: int = 5
    decay_resets_optimizer: bool = False
    paper_adam: bool = False
    beta: float = 1.0
    kl_annealing_epochs: int = 10
    kl_cycle_epochs: int = 0
    early_stopping_patience: int = 15
    keep_best: bool = True
    monitor: str = 'val_objective'
    pitch_balance: float = 0.0
    seed: int = 0


@dataclasses.dataclass(slots=True, kw_only=True)
class DeviceConfig(_Section):
    """How the device plays a decoded pattern.

    Attributes:
      messages: 'monophonic' (the most probable row of a step), 'voices' (16 tracks, from the
        lowest row up) or 'drums' (a track a drum class).
      threshold_min: least onset probability of a note, in the device's start message.
      threshold_max: largest onset probability of a note.
      pad: how far the pad reaches from its middle, in both dimensions of z.
    """

    messages: str = 'monophonic'
    threshold_min: float = 0.1
    threshold_max: float = 1.0
    pad: float = 3.0


@dataclasses.dataclass(slots=True, kw_only=True)
class Config(_Section):
    """One system. The defaults are MelodyVAE (Improved) as documented.

    Attributes:
      name: of the preset; exported models carry it.
      fidelity: 'documented' or 'js'. It only names how the other settings were chosen.
      features: decoder heads, in the device's output order.
    """

    name: str = 'melodyvae_improved'
    fidelity: str = 'documented'
    features: tuple[str, ...] = FEATURES
    grid: GridConfig = dataclasses.field(default_factory=GridConfig)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    loss: LossConfig = dataclasses.field(default_factory=LossConfig)
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    device: DeviceConfig = dataclasses.field(default_factory=DeviceConfig)

    def validate(self) -> Self:
        """Returns the config, or says which setting cannot work.

        Raises:
          UserError: names the setting, its value and what it may be.
        """
        for setting, value, choices in (
            ('fidelity', self.fidelity, FIDELITIES),
            ('grid.drum_map', self.grid.drum_map, DRUM_MAPS),
            ('data.split', self.data.split, ('file', 'loop')),
            ('model.duration_activation', self.model.duration_activation, _DURATION_ACTIVATIONS),
            ('training.decay', self.training.decay, ('none', 'step', 'plateau', 'cosine')),
            ('training.monitor', self.training.monitor, ('val_objective', 'val_loss')),
            ('device.messages', self.device.messages, MESSAGES),
        ):
            if value not in choices:
                _refuse(setting, value, f'one of {", ".join(map(repr, choices))}')
        for setting, number, low, high in self._ranges():
            if not low <= number <= high:
                _refuse(setting, number, f'from {low} to {high}')
        if self.features[:1] != ('onset',) or list(self.features) != [
            name for name in FEATURES if name in self.features
        ]:
            _refuse('features', self.features, f'onset and then any of {FEATURES[1:]}, in order')
        if len(self.features) < 2:
            _refuse('features', self.features, f'onset and at least one of {FEATURES[1:]}')
        if self.grid.lowest_pitch + self.grid.rows > 128:
            _refuse('grid.lowest_pitch', self.grid.lowest_pitch, '128 less the rows, at most')
        if self.data.recombination and self.grid.steps % 2:
            _refuse('data.recombination', self.data.recombination, '0 for an odd number of steps')
        if self.grid.drum_map and self.grid.rows != 9:
            _refuse('grid.rows', self.grid.rows, '9 with a drum map')
        return self

    def _ranges(self) -> list[tuple[str, float, float, float]]:
        grid, data, model, training = self.grid, self.data, self.model, self.training
        most = float('inf')
        return [
            ('grid.rows', grid.rows, 1, LARGEST_GRID_SIDE),
            ('grid.steps', grid.steps, 1, LARGEST_GRID_SIDE),
            ('grid.steps_per_quarter', grid.steps_per_quarter, 1, 96),
            ('grid.lowest_pitch', grid.lowest_pitch, 0, 127),
            ('grid.minimum_onsets', grid.minimum_onsets, 1, grid.rows * grid.steps),
            ('data.recombination', data.recombination, 0, 1),
            ('data.validation_fraction', data.validation_fraction, 0, 0.99),
            ('model.hidden', model.hidden, 1, 16384),
            ('model.decoder_hidden', model.decoder_hidden, 1, 16384),
            ('model.decoder_depth', model.decoder_depth, 1, 64),
            ('model.z_spread', model.z_spread, 0, 100),
            ('model.latent', model.latent, 1, 512),
            ('model.dropout', model.dropout, 0, 0.99),
            ('model.kernel_scale', model.kernel_scale, 1e-6, 100),
            *((f'loss.{name}', getattr(self.loss, name), 0, most) for name in FEATURES),
            ('loss.huber_delta', self.loss.huber_delta, 0, most),
            ('training.batch_size', training.batch_size, 1, most),
            ('training.validation_batch_size', training.validation_batch_size, 1, most),
            ('training.validation_batches', training.validation_batches, 0, most),
            ('training.epochs', training.epochs, 1, most),
            ('training.least_steps', training.least_steps, 0, most),
            ('training.learning_rate', training.learning_rate, 1e-12, 10),
            ('training.decay_factor', training.decay_factor, 1e-6, 1),
            ('training.decay_epochs', training.decay_epochs, 1, most),
            ('training.beta', training.beta, 0, most),
            ('training.kl_annealing_epochs', training.kl_annealing_epochs, 0, most),
            ('training.kl_cycle_epochs', training.kl_cycle_epochs, 0, most),
            ('training.early_stopping_patience', training.early_stopping_patience, 0, most),
            ('training.pitch_balance', training.pitch_balance, 0, 10),
            ('training.seed', training.seed, 0, 2**32 - 1),
            ('device.threshold_min', self.device.threshold_min, 0, 1),
            ('device.pad', self.device.pad, 0.01, 100),
            ('device.threshold_max', self.device.threshold_max, 0, 1),
        ]


_DURATION_ACTIVATIONS = ('relu', 'sigmoid', 'softplus')


def _refuse(setting: str, value: object, allowed: str) -> typing.NoReturn:
    raise UserError(f'--config.{setting}={value} cannot be used: it must be {allowed}.')


def write_config(config: Config, path: Path) -> None:
    """Writes `config.json`, replacing the file in one move."""
    temporary = path.with_name(path.name + '.tmp')
    temporary.write_text(json.dumps(config.to_dict(), indent=2) + '\n')
    temporary.replace(path)


def read_config(path: Path) -> Config:
    """Reads and checks what `write_config` wrote.

    Raises:
      UserError: if the file is missing, is not JSON or holds unknown settings.
    """
    try:
        values = json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f'{path.parent} is not a run folder: it has no {path.name}.') from None
    except (OSError, ValueError) as error:
        raise UserError(f'{path} cannot be read as a configuration: {error}') from error
    if not isinstance(values, Mapping):
        raise UserError(f'{path} cannot be read as a configuration: it holds no JSON object.')
    try:
        return Config.from_dict(values).validate()
    except (UserError, TypeError) as error:
        raise UserError(f'{path} is not a configuration of this version: {error}') from error
