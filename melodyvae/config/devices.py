"""What is known about each Max for Live device, and about the play page.

To support a new device, add an entry to `DEVICES` and a config file to `configs/`.
"""

import dataclasses
from collections.abc import Mapping

DRUM_CLASSES = (
    'kick',
    'snare',
    'closed hi-hat',
    'open hi-hat',
    'low tom',
    'mid tom',
    'high tom',
    'clap',
    'rim',
)
DURATION_DIAL = 4.0  # notes last as learned; at 1, the value on loading, a quarter of that
DRUM_OFFSET_DIAL = 0.67  # timeshifts as learned; at 1, the value on loading, half as wide again


@dataclasses.dataclass(frozen=True, slots=True)
class Dial:
    """A control on the panel of a device: its name there, its best value, and the reason."""

    name: str
    setting: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class OwnDecoder:
    """The decoder that a device itself saves, recognized by its outputs of `width` cells each.

    It is that of a preset, except for some settings of the `grid`.
    """

    outputs: int
    width: int
    preset: str
    grid: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A Max for Live device: how it chooses and plays notes, and which models it loads.

    Attributes:
      name: its own.
      tfjs: the version of TensorFlow.js that it runs.
      choice: the notes that it plays in a step. 'best': the most probable row. 'lowest': the 16
        lowest rows. 'chord': the 6 most probable rows. 'all': every row, on a track for each.
      in_max: whether the device exists in Max. Other models play on the page and as MIDI only.
      threshold: the minimum onset probability when the device loads.
      has_threshold_dial: whether a user can change it.
      includes_threshold: whether a note exactly at the threshold sounds.
      velocity_offset: what it adds to MIDI velocities before it rounds them down.
      plays_timeshift: whether Live plays early and late notes; such a device ignores durations.
      pad: how far the pad reaches from its center, in both dimensions of z.
      dials: the controls besides threshold and pad that matter for playing as learned.
      own_decoders: the decoders that this device saves.
    """

    name: str
    tfjs: str
    choice: str
    in_max: bool = True
    threshold: float = 0.2
    has_threshold_dial: bool = True
    includes_threshold: bool = True
    velocity_offset: int = 0
    plays_timeshift: bool = False
    pad: float = 2.0
    dials: tuple[Dial, ...] = ()
    own_decoders: tuple[OwnDecoder, ...] = ()


_SHUFFLE = Dial('shuffle', '0', 'it stands at 0.1, a little swing that nobody has played')
_MELODY_DIALS = (
    Dial(
        'duration',
        f'{DURATION_DIAL:g}',
        'at 1, where it stands, notes sound a quarter as long as learned',
    ),
    _SHUFFLE,
)
_DRUM_DIALS = (
    Dial(
        'grid offset',
        f'{DRUM_OFFSET_DIAL:g}',
        'at 1, where it stands, notes are half as much again off the grid as learned',
    ),
    _SHUFFLE,
)

# By the value of the setting `device.messages`.
DEVICES = {
    'monophonic': Device(
        name='MelodyVAE (Improved)',
        tfjs='4.22.0',
        choice='best',
        dials=_MELODY_DIALS,
        own_decoders=(OwnDecoder(4, 768, 'melodyvae_improved'),),
    ),
    'monophonic_scaled': Device(  # the latest revision
        name='MelodyVAE (Improved), 25 rows',
        tfjs='4.22.0',
        choice='best',
        dials=_MELODY_DIALS,
        own_decoders=(OwnDecoder(4, 800, 'melodyvae_improved_25x32'),),
    ),
    'voices': Device(
        name='MelodyVAE (Original)',
        tfjs='1.2.8',
        choice='lowest',
        dials=_MELODY_DIALS,
        own_decoders=(OwnDecoder(3, 768, 'melodyvae_original'),),
    ),
    'drums': Device(
        name='RhythmVAE',
        tfjs='1.7.4',
        choice='all',
        threshold=0.5,
        has_threshold_dial=False,
        includes_threshold=False,
        velocity_offset=1,
        plays_timeshift=True,
        pad=3.0,
        dials=_DRUM_DIALS,
        own_decoders=(
            OwnDecoder(3, 864, 'rhythmvae'),
            # An early version with 32 steps, which are sixteenths.
            OwnDecoder(3, 288, 'rhythmvae', {'steps': 32, 'steps_per_quarter': 4}),
        ),
    ),
    'page': Device(name='the play page', tfjs='4.22.0', choice='best', in_max=False),
    'page_chords': Device(
        name='the play page, with chords', tfjs='4.22.0', choice='chord', in_max=False
    ),
}
