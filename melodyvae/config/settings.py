"""Every setting of a system, as data.

A system (RhythmVAE, MelodyVAE Original, MelodyVAE Improved) is one `Config`. `configs/*.py` build
them; a run keeps its own as `config.json`, and whatever reads a run reads that file. What a setting
does and may be is said at its field, and nowhere else.
"""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Self

from melodyvae.config.check import check_config
from melodyvae.config.field import Setting, define, find_settings
from melodyvae.config.section import Section

FEATURES = ('onset', 'velocity', 'duration', 'timeshift')
FIDELITIES = ('documented', 'js')
LARGEST_GRID_SIDE = 256  # a pattern stores its rows and steps in one byte each
LARGEST_WIDTH = 16384
# Settings of `pad` in configs of earlier versions, whose second stage had others: they are ignored.
EARLIER_PAD = (
    'width', 'slope', 'rest', 'trust', 'wandering', 'view', 'whim', 'agreement',
)  # fmt: skip
EARLIER_MONITORS = {'val_negative_elbo': 'val_objective', 'val_total_loss': 'val_loss'}


@dataclasses.dataclass(slots=True, kw_only=True)
class GridConfig(Section):
    """The cells of a pattern, and how notes of a file reach them."""

    rows: int = define(
        24, 'Pitches, or drum classes; row 0 is the lowest.', low=1, high=LARGEST_GRID_SIDE
    )
    steps: int = define(32, 'Length of a loop in steps.', low=1, high=LARGEST_GRID_SIDE)
    steps_per_quarter: int = define(
        4, '4 is a sixteenth grid, 12 holds triplets as well.', low=1, high=96
    )
    lowest_pitch: int = define(
        48,
        'MIDI pitch of row 0 on playback.',
        low=0,
        high=127,
    )
    octaves: str = define(
        'fold',
        "What becomes of pitches outside the rows: 'fold' moves each note by octaves of its own, "
        "as the devices do, which breaks contours; 'shift' moves a voice as one, or, where that "
        'does not fit, each loop, and folds only what is left.',
        choices=('fold', 'shift'),
    )
    voices: str = define(
        'all',
        "What of a file makes one loop: 'all' of its notes, as in the devices; 'highest' or "
        "'lowest', the channels of its tracks apart without a song's drums, of each that note of a "
        "step; 'drums', channel 10 where the file has notes there, otherwise all.",
        choices=('all', 'highest', 'lowest', 'drums'),
    )
    bars: str = define(
        'start',
        "Where loops begin: 'start', every so many steps from the start of the file on, as in the "
        "devices; 'metre', at bar lines of its time signatures, a loop of whole bars, of which "
        "those of 3/4 and the like leave its end empty; 'fitting', the same, without such bars.",
        choices=('start', 'metre', 'fitting'),
    )
    tracks: tuple[str, ...] = define(
        (),
        'Only these tracks: a part of the name, a number from 1, or a channel from ch1 to ch16; '
        'all if empty.',
    )
    rows_from_pitch_0: bool = define(
        False,
        'A note goes to row `pitch % 24`, whatever row 0 is played back as: the slip of the device '
        'with 25 rows.',
    )
    drum_map: str = define(
        '',
        "'' for melodies; 'strict' or 'greedy' sorts General MIDI drums into 9 classes as the "
        "devices do; 'device' knows the nine notes that RhythmVAE_M4L plays, 'nearest' all of "
        "General MIDI's, each as the one of these that sounds most like it.",
        choices=('', 'strict', 'greedy', 'device', 'nearest'),
    )
    drum_notes: str = define(
        'device',
        "What drum classes are played back as: 'device', as RhythmVAE_M4L does, or 'strict', the "
        'first note of each class of that map.',
        choices=('device', 'strict'),
    )
    minimum_onsets: int = define(6, 'A loop with fewer is dropped.', low=1)
    ignored_channels: tuple[int, ...] = define(
        (9,), 'MIDI channels, counted from 0, whose notes are dropped.', low=0, high=15
    )
    single_tempo: bool = define(
        False, 'Reject files with more than one tempo event, as the devices do.'
    )
    unended_notes: bool = define(
        True, 'Whether notes count that a file never ends; the devices drop them.'
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class DataConfig(Section):
    """What a run is trained on."""

    path: str = define(
        '', 'Dataset folder that `melodyvae_prepare` wrote; if relative, to the run folder.'
    )
    transpositions: tuple[int, ...] = define(
        (),
        'Semitones by which every training loop is copied, where it fits the grid.',
        low=-127,
        high=127,
    )
    recombination: float = define(
        0.0,
        'Share of the training loops, drawn anew for every step, whose second half is taken from '
        'another loop of their voice, before halves change places in every second loop; 0 leaves '
        'all loops as they are. The grid needs an even number of steps.',
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
        'Share of the files (or loops) held out; with 0 nothing is, and nothing is validated.',
        low=0,
        high=0.99,
    )
    learn_all_below: int = define(
        0,
        'A library of fewer files with loops than this is learned whole: nothing is held out, '
        'whatever `validation_fraction` says, and nothing is validated.',
        low=0,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class ModelConfig(Section):
    """Layers."""

    hidden: int = define(
        512,
        'Width of every block but those the decoder starts with.',
        low=1,
        high=LARGEST_WIDTH,
    )
    decoder_hidden: int = define(
        1024, 'Width of the blocks that the decoder starts with.', low=1, high=LARGEST_WIDTH
    )
    decoder_depth: int = define(1, 'How many these are.', low=1, high=64)
    one_encoder_branch: bool = define(
        False,
        "All features share the encoder's first block, and it is the first of two alike; in the "
        'devices each feature has one of its own.',
    )
    normalisation: bool = define(True, 'Batch normalisation in every block.')
    latent: int = define(2, 'Dimensions of z. The devices play two.', low=1, high=512)
    dropout: float = define(
        0.2, 'Rate after every hidden block; 0 leaves the layers out.', low=0, high=0.99
    )
    decoder_dropout: bool = define(True, "Whether the decoder's blocks have `dropout` too.")
    anchors: int = define(
        0,
        'Loops of the library that get a place of their own on the pad when training is over, at '
        'most; between them the pad plays new loops (see training/pad.py). 0 keeps the decoder '
        'that was trained.',
        low=0,
        high=4096,
    )
    # A network of two inputs is slow to learn detail without: N. Rahaman et al., "On the spectral
    # bias of neural networks", 2019.
    z_spread: float = define(
        0.0,
        "Standard deviation of the decoder's first kernel at the start; its biases then are "
        'uniform within three times as much, so that the kinks of its units lie all over the pad. '
        '0 starts that layer like the others.',
        low=0,
        high=100,
    )
    timeshift_from_zero: bool = define(False, 'Start with all notes on the grid.')
    duration_activation: str = define(
        'relu',
        "'relu' as in the released devices, or 'sigmoid', 'softplus'.",
        choices=('relu', 'sigmoid', 'softplus'),
    )
    training_mode: bool = define(
        True,
        "Whether dropout drops and batch normalisation uses the batch's statistics while "
        'training. The devices never turn this on.',
    )
    kernel_scale: float = define(
        1.0,
        "Variance of the initial kernels over Glorot's. TF.js does not correct its truncated "
        'normal, which leaves 0.774 (standard deviation 0.88).',
        low=1e-6,
        high=100,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class PadConfig(Section):
    """The second stage, if `model.anchors` asks for it: see training/pad.py."""

    tiles: int = define(
        160,
        'Tiles of each segment of a loop, over the whole pad: the more, the more different loops, '
        'and the more notes change on the way.',
        low=1,
        high=1024,
    )
    variety: float = define(
        0.63,
        'Different loops of 1,000 random points, as a share, that the pad aims at. Segments are '
        'chosen more freely until it is reached, and less often as the library has them.',
        low=0,
        high=1,
    )
    own_share: float = define(
        0.2,
        'Share of random points, at most, that lie at the place of a loop of the library.',
        low=0,
        high=1,
    )
    own_border: float = define(
        1.5,
        'Sum of the radii of all places, at most, in z on a pad that reaches to 2.',
        low=0.001,
        high=100,
    )
    guide: float = define(
        0.3, "Weight of the trained decoder's log odds in what sounds where.", low=0, high=10
    )
    rhythm: float = define(
        1.4, 'Weight of the rhythm of the loop of the library that is nearest.', low=0, high=10
    )
    form: float = define(
        1.5,
        'Weight of what the second half takes over of the first in the library.',
        low=0,
        high=10,
    )
    smoothness: float = define(
        2.0, 'Weight of the cells that two tiles next to each other share.', low=0, high=30
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class LossConfig(Section):
    """What each feature's loss weighs, and where it counts."""

    onset: float = define(1.0, 'Weight of the onsets.', low=0)
    velocity: float = define(2.5, 'Weight of the velocities, if the system has them.', low=0)
    duration: float = define(1.0, 'Weight of the durations, if the system has them.', low=0)
    timeshift: float = define(1.5, 'Weight of the timeshifts, if the system has them.', low=0)
    only_at_onsets: bool = define(
        False,
        'Count the errors of velocity, duration and timeshift where a note starts, and not over '
        "the whole grid, whose empty cells teach the devices' heads to whisper.",
    )
    huber_delta: float = define(
        0.0,
        'Errors of velocity, duration and timeshift over this count by their size and no longer '
        'by their square (`losses.huber_error`); 0 for squares always.',
        low=0,
    )


@dataclasses.dataclass(slots=True, kw_only=True)
class TrainingConfig(Section):
    """Schedule."""

    batch_size: int = define(64, 'Capped at the number of training loops.', low=1)
    validation_batch_size: int = define(128, 'Loops in a batch of validation.', low=1)
    validation_batches: int = define(
        0, 'Batches of one validation; 0 for all held-out loops, 1 in the devices.', low=0
    )
    epochs: int = define(100, 'How many, at most.', low=1)
    least_steps: int = define(
        0, 'Least steps of an epoch; the batches of a small library wrap around.', low=0
    )
    steps_from_all_loops: bool = define(
        False,
        'Epochs of `floor(all loops / batch)` wrapping batches, as in the devices; otherwise an '
        'epoch is every training loop once.',
    )
    learning_rate: float = define(1e-3, 'Of Adam, at the start.', low=1e-12, high=10)
    decay: str = define(
        'step',
        "'none', 'step' (every `decay_epochs`), 'plateau' (after `decay_epochs` without a better "
        "`monitor`) or 'cosine' (half a wave, down to a hundredth in the last epoch).",
        choices=('none', 'step', 'plateau', 'cosine'),
    )
    decay_factor: float = define(
        0.95, "What 'step' and 'plateau' multiply the learning rate by.", low=1e-6, high=1
    )
    decay_epochs: int = define(5, 'See `decay`.', low=1)
    decay_resets_optimizer: bool = define(
        False, "Forget Adam's moments at a decay, as the devices do."
    )
    paper_adam: bool = define(
        False, "Add Adam's epsilon after the bias correction, as the paper and TF.js do."
    )
    beta: float = define(1.0, 'Weight of the KL term when annealing is over.', low=0)
    kl_annealing_epochs: int = define(
        10, 'Beta grows linearly from 0 over this many epochs; 0 for none.', low=0
    )
    kl_cycle_epochs: int = define(
        0, 'Epochs after which beta starts from 0 again; 0 for never.', low=0
    )
    early_stopping_patience: int = define(
        15, 'Epochs without a better `monitor`; 0 never stops early.', low=0
    )
    keep_best: bool = define(
        True, 'The run ends with the weights of the best `monitor`, not with the last ones.'
    )
    monitor: str = define(
        'val_objective',
        "'val_objective' (beta at 1) or 'val_loss' (beta as annealed).",
        choices=('val_objective', 'val_loss'),
    )
    pitch_balance: float = define(
        0.0,
        'How far, in logits, onset biases may be moved after training, the same for all steps of '
        'a row, so that pitches are played as often as in the training loops; 0 for never.',
        low=0,
        high=10,
    )
    seed: int = define(0, 'Of weights, batches, dropout and sampling.', low=0, high=2**32 - 1)


@dataclasses.dataclass(slots=True, kw_only=True)
class DeviceConfig(Section):
    """How the device plays a decoded pattern."""

    messages: str = define(
        'monophonic',
        "'monophonic' (the most probable row of a step), 'monophonic_scaled' (the same, but "
        'timeshifts go from 0 to 127 and the grid shows what is played), '
        "'voices' (16 tracks, from the lowest row up) or 'drums' (a track a drum class).",
        choices=('monophonic', 'monophonic_scaled', 'voices', 'drums'),
    )
    threshold_min: float = define(
        0.2,
        'Least onset probability of a note, of a model for which none was calibrated.',
        low=0,
        high=1,
    )
    threshold_max: float = define(1.0, 'Largest onset probability of a note.', low=0, high=1)
    pad: float = define(
        2.0,
        'How far the pad reaches from its middle, in both dimensions of z.',
        low=0.01,
        high=100,
    )

    @property
    def threshold_as_loaded(self) -> float:
        """The least onset probability with which the device loads; drums have no dial for it."""
        return 0.5 if self.messages == 'drums' else 0.2

    @property
    def is_monophonic(self) -> bool:
        """Whether the device plays one note a step."""
        return self.messages.startswith('monophonic')


@dataclasses.dataclass(slots=True, kw_only=True)
class Config(Section):
    """One system. The defaults are MelodyVAE (Improved) as documented."""

    name: str = define('melodyvae_improved', 'Of the preset; exported models carry it.')
    fidelity: str = define(
        'documented',
        "'documented' or 'js'. It only names how the other settings were chosen.",
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
        """As `Section.from_dict`; takes configs of earlier versions as well."""
        pad = values.get('pad')
        if isinstance(pad, Mapping):
            known = {name: value for name, value in pad.items() if name not in EARLIER_PAD}
            values = {**values, 'pad': known}
        training = values.get('training')
        if isinstance(training, Mapping) and str(training.get('monitor')) in EARLIER_MONITORS:
            monitor = EARLIER_MONITORS[training['monitor']]
            values = {**values, 'training': {**training, 'monitor': monitor}}
        return super(Config, cls).from_dict(values)  # a slotted dataclass knows no bare super()

    def validate(self) -> Self:
        """Returns the config, or says which setting cannot work.

        Raises:
          UserError: names the setting, its value and what it may be.
        """
        check_config(self, list_settings())
        return self


@functools.cache
def list_settings() -> tuple[Setting, ...]:
    """All settings of a `Config`, in order, with help, range, choices and default."""
    return tuple(find_settings(Config))
