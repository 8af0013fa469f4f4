"""Every setting of a system, as data.

A system (RhythmVAE, MelodyVAE Original, MelodyVAE Improved) is one `Config`, built by a file in
`configs/`. A run keeps its config as `config.json`, and everything that reads a run reads that
file. Each setting is documented at its field only. This file is long because it has all of them.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

from melodyvae.config.check import check_config
from melodyvae.config.devices import DEVICES, Device
from melodyvae.config.field import Setting, define, find_settings
from melodyvae.config.former import replace_former
from melodyvae.config.section import Section

FEATURES = ('onset', 'velocity', 'duration', 'timeshift')
FIDELITIES = ('documented', 'js')
MAX_GRID_SIDE = 256  # a pattern stores its rows and steps in one byte each
MAX_WIDTH = 16384


@dataclasses.dataclass(slots=True, kw_only=True)
class GridConfig(Section):
    """The cells of a pattern, and how the notes of a file are mapped to them."""

    rows: int = define(
        24, 'Pitches, or drum classes; row 0 is the lowest.', low=1, high=MAX_GRID_SIDE
    )
    steps: int = define(32, 'Length of a loop in steps.', low=1, high=MAX_GRID_SIDE)
    steps_per_quarter: int = define(
        4, '4 for a grid of sixteenths; 12 can represent triplets as well.', low=1, high=96
    )
    lowest_pitch: int = define(48, 'MIDI pitch of row 0 on playback.', low=0, high=127)
    octaves: str = define(
        'fold',
        "How pitches outside the rows are moved: 'fold' moves each note by octaves, as the devices "
        "do, which breaks contours; 'shift' moves a whole voice, or each loop if the voice does "
        'not fit, and folds only the remaining notes.',
        choices=('fold', 'shift'),
    )
    voices: str = define(
        'all',
        "The notes that make a loop: 'all', as in the devices; 'highest' or 'lowest', one note per "
        "step of each channel and track without the drums; 'drums', the drum kit, found by channel "
        '10, track name or pitches, and the loudest hit of a cell.',
        choices=('all', 'highest', 'lowest', 'drums'),
    )
    bars: str = define(
        'start',
        "Where loops begin: 'start', one after another from the start of the file, as in the "
        "devices; 'metre', on bar lines of its time signatures, in whole bars, so that bars of 3/4 "
        "leave the end of a loop empty; 'fitting', the same, without bars that do not fill a loop.",
        choices=('start', 'metre', 'fitting'),
    )
    metre: str = define(
        '',
        'Time signature, such as 3/4, of files that name none or only 4/4, which many programs '
        'write whatever is played.',
    )
    tracks: tuple[str, ...] = define(
        (),
        'The tracks to read: a part of the name, a number from 1, or a channel from ch1 to ch16; '
        'all if empty.',
    )
    rows_from_pitch_0: bool = define(
        False,
        'Map a note to row `pitch % 24`, whatever the pitch of row 0: a bug of the device with 25 '
        'rows.',
    )
    drum_map: str = define(
        '',
        "'' for melodies; 'strict' or 'greedy' sorts General MIDI drums into 9 classes as the "
        "devices do; 'device' accepts the nine notes that RhythmVAE_M4L plays; 'nearest' accepts "
        'all drums of General MIDI, each as the most similar of the nine.',
        choices=('', 'strict', 'greedy', 'device', 'nearest'),
    )
    drum_classes: tuple[str, ...] = define(
        (),
        "The notes that are read and their classes, such as '36 kick', instead of those of "
        '`drum_map`; --drum_map=FILE.csv reads them from a file.',
    )
    drum_notes: str = define(
        'device',
        "The notes of drum classes on playback: 'device', as in RhythmVAE_M4L, or 'strict', the "
        'first note of each class of that map.',
        choices=('device', 'strict'),
    )
    minimum_onsets: int = define(6, 'Loops with fewer onsets are dropped.', low=1)
    ignored_channels: tuple[int, ...] = define(
        (9,), 'MIDI channels, counted from 0, whose notes are dropped.', low=0, high=15
    )
    single_tempo: bool = define(
        False, 'Reject files with more than one tempo event, as the devices do.'
    )
    unended_notes: bool = define(True, 'Keep notes that a file never ends; the devices drop them.')


@dataclasses.dataclass(slots=True, kw_only=True)
class DataConfig(Section):
    """The data of a run."""

    path: str = define(
        '', 'Dataset folder of `melodyvae prepare`, absolute or relative to the run folder.'
    )
    transpositions: tuple[int, ...] = define(
        (),
        'Semitones by which copies of every training loop are transposed, if they fit the grid.',
        low=-127,
        high=127,
    )
    recombination: float = define(
        0.0,
        'Share of the training loops, drawn at every step, whose second half is replaced by that '
        'of another loop of their voice; then every second loop swaps its halves. 0 changes no '
        'loop. The grid needs an even number of steps.',
        low=0,
        high=1,
    )
    split: str = define(
        'file',
        "'file' keeps the loops of one file on one side and transposes after the split; 'loop' "
        'shuffles transposed copies of a loop over both sides, as the devices do.',
        choices=('file', 'loop'),
    )
    validation_fraction: float = define(
        1 / 6,
        'Share of the files (or loops) that are held out; 0 for none, and no validation.',
        low=0,
        high=0.99,
    )
    learn_all_below: int = define(
        0,
        'Minimum number of files for validation: if fewer have loops, nothing is held out, even if '
        '`validation_fraction` is above 0.',
        low=0,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class ModelConfig(Section):
    """The layers of the model."""

    hidden: int = define(
        512, 'Width of all blocks but the first of the decoder.', low=1, high=MAX_WIDTH
    )
    decoder_hidden: int = define(
        1024, 'Width of the first blocks of the decoder.', low=1, high=MAX_WIDTH
    )
    decoder_depth: int = define(1, 'Number of the first blocks of the decoder.', low=1, high=64)
    one_encoder_branch: bool = define(
        False,
        "All features share the encoder's first block; in the devices each feature has its own.",
    )
    normalization: bool = define(True, 'Batch normalization in every block.')
    latent: int = define(2, 'Dimensions of z. The devices play two.', low=1, high=512)
    dropout: float = define(
        0.2, 'Rate after every hidden block; 0 for no dropout layers.', low=0, high=0.99
    )
    decoder_dropout: bool = define(True, "Whether the decoder's blocks have `dropout` as well.")
    anchors: int = define(
        0,
        'Maximum number of library loops that get their own place on the pad after training; '
        'between them, the pad plays new loops (see training/pad.py). 0 keeps the trained decoder.',
        low=0,
        high=4096,
    )
    # Without it, a network with two inputs learns detail slowly: N. Rahaman et al., "On the
    # spectral bias of neural networks", 2019.
    z_spread: float = define(
        0.0,
        "Standard deviation of the decoder's initial first kernel. Its biases are uniform within "
        'three times that, so that the kinks of its units are spread over the pad. 0 initializes '
        'this layer like the others.',
        low=0,
        high=100,
    )
    timeshift_from_zero: bool = define(False, 'Start with all notes on the grid.')
    duration_activation: str = define(
        'relu',
        "'relu', as in the released devices, 'sigmoid' or 'softplus'.",
        choices=('relu', 'sigmoid', 'softplus'),
    )
    training_mode: bool = define(
        True,
        "Whether dropout acts and batch normalization uses the batch's statistics during "
        'training. In the devices they never do.',
    )
    kernel_scale: float = define(
        1.0,
        "Variance of the initial kernels, relative to Glorot's. TF.js does not correct its "
        'truncated normal, which has 0.774 (standard deviation 0.88).',
        low=1e-6,
        high=100,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class PadConfig(Section):
    """The second stage, if `model.anchors` asks for it: see training/pad.py."""

    tiles: int = define(
        106,
        'Number of tiles per segment of a loop, over the whole pad. More tiles play more different '
        'loops, and change more notes on the way.',
        low=1,
        high=1024,
    )
    variety: float = define(
        0.665,
        'Target for the share of different loops at 1,000 random points. Until it is reached, '
        'neighboring tiles take different segments.',
        low=0,
        high=1,
    )
    guide: float = define(0.3, "Weight of the trained decoder's log odds.", low=0, high=10)
    rhythm: float = define(1.0, 'Weight of the rhythm of the nearest loop.', low=0, high=10)
    smoothness: float = define(
        4.6, 'Weight of the cells that neighboring tiles share.', low=0, high=30
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class LossConfig(Section):
    """The weights of the features' losses, and where errors count."""

    onset: float = define(1.0, 'Weight of the onsets.', low=0)
    velocity: float = define(2.5, 'Weight of the velocities, if the system has them.', low=0)
    duration: float = define(1.0, 'Weight of the durations, if the system has them.', low=0)
    timeshift: float = define(1.5, 'Weight of the timeshifts, if the system has them.', low=0)
    only_at_onsets: bool = define(
        False,
        'Count errors of velocity, duration and timeshift at onsets only. In the devices, empty '
        'cells count too, and bias the heads toward zero.',
    )
    huber_delta: float = define(
        0.0,
        'Errors of velocity, duration and timeshift above this count linearly, not squared '
        '(`losses.value_error`); 0 squares all errors.',
        low=0,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class TrainingConfig(Section):
    """The schedule of the training."""

    batch_size: int = define(64, 'Loops per step; at most the number of training loops.', low=1)
    validation_batch_size: int = define(128, 'Loops per batch of the validation.', low=1)
    validation_batches: int = define(
        0, 'Batches per validation; 0 for all held-out loops, 1 in the devices.', low=0
    )
    epochs: int = define(100, 'Number of epochs, at most.', low=1)
    least_steps: int = define(
        0, 'Minimum number of steps per epoch; batches of a small library wrap around.', low=0
    )
    steps_from_all_loops: bool = define(
        False,
        'An epoch has `floor(all loops / batch)` wrapping batches, as in the devices; otherwise it '
        'has every training loop once.',
    )
    learning_rate: float = define(1e-3, 'Initial learning rate of Adam.', low=1e-12, high=10)
    decay: str = define(
        'step',
        "'none', 'step' (x0.95 every 5 epochs), 'plateau' (the same, after 5 epochs without "
        "a better `monitor`) or 'cosine' (half a wave, down to a hundredth in the last epoch).",
        choices=('none', 'step', 'plateau', 'cosine'),
    )
    device_adam: bool = define(
        False,
        'Adam as in the devices: epsilon is added after the bias correction, and a decay of the '
        'learning rate resets the moments.',
    )
    beta: float = define(1.0, 'Weight of the KL term after annealing.', low=0)
    kl_annealing_epochs: int = define(
        10, 'Epochs in which beta grows linearly from 0; 0 for no annealing.', low=0
    )
    early_stopping_patience: int = define(
        15, 'Epochs without a better `monitor` before training stops; 0 for never.', low=0
    )
    keep_best: bool = define(
        True, 'End with the weights of the best `monitor`, not with the last ones.'
    )
    monitor: str = define(
        'val_objective',
        "'val_objective' (with a beta of 1) or 'val_loss' (with the annealed beta).",
        choices=('val_objective', 'val_loss'),
    )
    pitch_balance: float = define(
        0.0,
        'Maximum change of onset biases after training, in logits, equal for all steps of a row, '
        'so that pitches are played as often as in the training loops; 0 for none.',
        low=0,
        high=10,
    )
    seed: int = define(0, 'Seed of weights, batches, dropout and sampling.', low=0, high=2**32 - 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class DeviceConfig(Section):
    """The Max for Live device that plays the model; `devices.py` describes each."""

    messages: str = define(
        'monophonic',
        "The device, by the messages that it sends: 'monophonic' (the most probable row of a "
        "step), 'monophonic_scaled' (the same; timeshifts go from 0 to 127, and the grid shows the "
        "notes that are played), 'voices' (16 tracks, from the lowest row up) or 'drums' (one "
        "track per drum class). Without a device in Max: 'page' (the most probable row of a step) "
        "and 'page_chords' (the 6 most probable).",
        choices=tuple(DEVICES),
    )

    @property
    def spec(self) -> Device:
        """What is known about the device."""
        return DEVICES[self.messages]

    @property
    def threshold_as_loaded(self) -> float:
        """The minimum onset probability when the device loads."""
        return self.spec.threshold

    @property
    def pad(self) -> float:
        """How far the pad reaches from its center, in both dimensions of z."""
        return self.spec.pad

    @property
    def is_monophonic(self) -> bool:
        """Whether the device plays at most one note per step."""
        return self.spec.choice == 'best'


@dataclasses.dataclass(slots=True, kw_only=True)
class Config(Section):
    """A system. The defaults are MelodyVAE (Improved) as documented."""

    name: str = define('melodyvae_improved', 'Name of the preset and of exported models.')
    fidelity: str = define(
        'documented',
        "'documented' or 'js'; only records how the other settings were chosen.",
        choices=FIDELITIES,
    )
    features: tuple[str, ...] = define(
        FEATURES, "Decoder heads, in the device's output order.", choices=FEATURES
    )
    grid: GridConfig = dataclasses.field(default_factory=GridConfig)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    pad: PadConfig = dataclasses.field(default_factory=PadConfig)
    loss: LossConfig = dataclasses.field(default_factory=LossConfig)
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)
    device: DeviceConfig = dataclasses.field(default_factory=DeviceConfig)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Does what `Section.from_dict` does, and ignores `FORMER` settings of finished runs."""
        # A slotted dataclass does not support a bare super().
        return super(Config, cls).from_dict(replace_former(values))

    def validate(self) -> Self:
        """Returns the config if its settings can work.

        Raises:
          UserError: names the setting, its value and what it may be.
        """
        check_config(self, list_settings())
        return self


@functools.cache
def list_settings() -> tuple[Setting, ...]:
    """Returns all settings of a `Config`, in order, with help, range, choices and default."""
    return tuple(find_settings(Config))
