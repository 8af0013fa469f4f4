"""Which notes of pieces count for a grid. NumPy only, all pieces at once."""

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import Notes, join_notes, pitch_rows
from melodyvae.loops.piece import DEFAULT_TEMPO, DRUM_CHANNEL, Piece

LONGEST_PIECE = 1_000_000  # quarter notes; a damaged file can claim to last for years
MOST_NAMED = 8  # pitches or tracks that a remark lists


@dataclasses.dataclass(frozen=True, slots=True)
class Selection:
    """The notes of several pieces that count, piece after piece.

    Attributes:
      notes: in the order of each piece.
      piece: `[notes]` int64, which piece each is of; it never falls.
      track: `[notes]` int16, from 0.
      channel: `[notes]` int8, from 0.
      reasons: one a piece, why nothing of it counts; otherwise ''.
      remarks: one list a piece, of what was left out.
    """

    notes: Notes
    piece: np.ndarray
    track: np.ndarray
    channel: np.ndarray
    reasons: list[str]
    remarks: list[list[str]]


def select_notes(pieces: Sequence[Piece], grid: GridConfig) -> Selection:
    """Takes the notes that count.

    Args:
      pieces: any number.
      grid: says which tracks, channels, drums, never-ending notes and tempo changes count.
    """
    notes = join_notes([piece.notes for piece in pieces])
    piece = np.repeat(np.arange(len(pieces)), [len(each.notes) for each in pieces])
    track = np.concatenate([np.zeros(0, np.int16), *(each.track for each in pieces)])
    channel = np.concatenate([np.zeros(0, np.int8), *(each.channel for each in pieces)])
    remarks: list[list[str]] = [[] for _ in pieces]

    def count(takes: np.ndarray) -> np.ndarray:
        return np.bincount(piece[takes], minlength=len(pieces))

    takes = np.ones(len(notes), bool)
    if not grid.unended_notes:
        takes &= ~np.concatenate([np.zeros(0, bool), *(each.unended for each in pieces)])
    ended = count(takes)
    takes &= ~np.isin(np.arange(16), grid.ignored_channels)[channel]
    pitched = count(takes)
    if grid.tracks:
        wanted = [find_tracks(each, grid.tracks) for each in pieces]
        takes &= np.concatenate([np.zeros(0, bool), *wanted])
    named = count(takes)
    if grid.drum_map:
        if grid.voices == 'drums':
            takes &= _take_drum_channel(piece, channel, takes, remarks)
        classless = takes & (pitch_rows(notes.pitch, grid) < 0)
        takes &= ~classless
        _name_pitches(piece[classless], notes.pitch[classless], remarks)
    elif grid.voices != 'all':
        _name_drums(pieces, ended > pitched, remarks)
    reasons = [''] * len(pieces)
    for number, left in enumerate(count(takes).tolist()):
        each = pieces[number]
        if not left and not ended[number]:
            reasons[number] = 'no notes'
        elif not left and not pitched[number]:
            reasons[number] = 'only drums'
        elif not left and not named[number]:
            reasons[number] = _explain_no_track(each, grid.tracks)
        elif not left:
            reasons[number] = 'no drums'
        elif each.length > LONGEST_PIECE and each.notes.start.max() > LONGEST_PIECE:
            claimed = f'{each.notes.start.max():.0f} quarter notes'
            reasons[number] = f'damaged (it claims to last {claimed})'
        elif grid.single_tempo and len(each.tempos) > 1:
            reasons[number] = 'several tempos'
    takes &= ~np.array([bool(reason) for reason in reasons])[piece]
    if not takes.all():
        piece, track, channel = piece[takes], track[takes], channel[takes]
        notes = take_notes(notes, takes)
    if grid.single_tempo:
        notes = _count_in_seconds(notes, pieces, piece, grid)
    return Selection(notes, piece, track, channel, reasons, remarks)


def take_notes(notes: Notes, which: np.ndarray) -> Notes:
    """The notes at an index or a mask."""
    return Notes(notes.pitch[which], notes.velocity[which], notes.start[which], notes.length[which])


def find_tracks(piece: Piece, wanted: Sequence[str]) -> np.ndarray:
    """Which notes are on one of the wanted tracks.

    Args:
      piece: any.
      wanted: numbers of tracks from 1 on, channels from 'ch1' to 'ch16', or parts of the names of
        tracks, in capitals or not.

    Returns:
      `[notes]` bool.
    """
    takes = np.zeros(len(piece.notes), bool)
    for text in wanted:
        if channel := re.fullmatch(r'ch(?:annel)? ?(\d{1,2})', text.strip().lower()):
            takes |= piece.channel == int(channel[1]) - 1
        elif text.strip().isdecimal():
            takes |= piece.track == int(text) - 1
        else:
            named = [text.strip().lower() in name.lower() for name in piece.track_names]
            takes |= np.array(named, bool)[piece.track]
    return takes


def name_track(piece: Piece, track: int) -> str:
    """A track as people know it: by its name, or else by its number from 1 on."""
    return repr(piece.track_names[track]) if piece.track_names[track] else f'track {track + 1}'


def _explain_no_track(piece: Piece, wanted: Sequence[str]) -> str:
    tracks = [name_track(piece, track) for track in np.unique(piece.track).tolist()]
    return f'no track that is {" or ".join(wanted)} (it has {", ".join(tracks[:MOST_NAMED])})'


def _take_drum_channel(
    piece: np.ndarray, channel: np.ndarray, takes: np.ndarray, remarks: list[list[str]]
) -> np.ndarray:
    """The notes on channel 10, `[notes]` bool; of a piece that has none there, all."""
    on_drum_channel = channel == DRUM_CHANNEL
    has_some = np.zeros(len(remarks), bool)
    has_some[piece[takes & on_drum_channel]] = True
    for number in np.unique(piece[takes & ~has_some[piece]]).tolist():
        remarks[number].append('nothing on channel 10: all channels taken for drums')
    for number in np.unique(piece[takes & has_some[piece] & ~on_drum_channel]).tolist():
        remarks[number].append('only channel 10 taken')
    return on_drum_channel | ~has_some[piece]


def _name_pitches(piece: np.ndarray, pitch: np.ndarray, remarks: list[list[str]]) -> None:
    """Adds a remark on the pitches that are in no drum class, and how often each occurs."""
    both, counts = np.unique(piece * 128 + pitch, return_counts=True)
    for number in np.unique(both // 128).tolist():
        here = both // 128 == number
        order = np.argsort(-counts[here], kind='stable')
        some = zip((both[here] % 128)[order], counts[here][order], strict=True)
        listed = [f'{pitch} ({count})' for pitch, count in some]
        more = f' and {len(listed) - MOST_NAMED} more' if len(listed) > MOST_NAMED else ''
        remarks[number].append(
            f'{counts[here].sum()} notes without a drum class: '
            f'{", ".join(listed[:MOST_NAMED])}{more}'
        )


def _name_drums(pieces: Sequence[Piece], have_some: np.ndarray, remarks: list[list[str]]) -> None:
    """Adds a remark on the tracks of drums, which a melody leaves out."""
    for number in np.flatnonzero(have_some).tolist():
        piece = pieces[number]
        tracks = np.unique(piece.track[piece.channel == DRUM_CHANNEL]).tolist()
        names = [name_track(piece, track) for track in tracks]
        if names:
            remarks[number].append(f'drums left out: {", ".join(names[:MOST_NAMED])}')


def _count_in_seconds(
    notes: Notes, pieces: Sequence[Piece], piece: np.ndarray, grid: GridConfig
) -> Notes:
    """Notes that fall on the steps that they do in the devices, which count in seconds.

    Floating point decides there on which side of the border a note falls that is just half way
    between two steps. Those that fall on the early one are moved.
    """
    tempos = [each.tempos[0] if each.tempos else DEFAULT_TEMPO for each in pieces]
    quarter = 60 / np.array(tempos)[piece]
    unit = quarter / grid.steps_per_quarter
    step = np.floor((quarter * notes.start + unit * 0.5) / unit)
    early = step < np.floor(notes.start * grid.steps_per_quarter + 0.5)
    return dataclasses.replace(notes, start=notes.start - 1e-7 * early)
