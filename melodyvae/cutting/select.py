"""Selects the notes of pieces that count for a grid. NumPy only, all pieces at once."""

import dataclasses
import re
from collections.abc import Callable, Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.drums import find_clicks, find_drums
from melodyvae.cutting.key_switches import find_key_switches
from melodyvae.cutting.other_maps import translate_drums
from melodyvae.cutting.voices import Voices, split_voices, take_notes
from melodyvae.loops.drum_maps import list_drum_notes
from melodyvae.loops.pattern import name_pitch, pitch_rows
from melodyvae.midi.piece import (
    CHANNELS,
    DEFAULT_TEMPO,
    DRUM_CHANNEL,
    Notes,
    Piece,
    join_notes,
    number_voices,
)

MAX_LENGTH = 1_000_000  # quarter notes; a damaged file can claim to last for years
ONE_LINE, KEY_SWITCHES = 'one line over', 'key switches left out'  # in remarks
MAX_NAMED = 8  # pitches or tracks that a remark lists


def select_notes(pieces: Sequence[Piece], grid: GridConfig) -> Voices:
    """Selects the notes that count, and splits them into voices.

    Args:
      pieces: any number.
      grid: says which tracks, channels, drums, never-ending notes and tempo changes count.
    """
    notes = join_notes([_hold_notes(piece, grid) for piece in pieces])
    piece = np.repeat(np.arange(len(pieces)), [len(each.notes) for each in pieces])
    track = np.concatenate([np.zeros(0, np.int16), *(each.track for each in pieces)])
    reasons = [_explain_piece(each, grid) for each in pieces]
    remarks: list[list[str]] = [[] for _ in pieces]
    channel = np.concatenate([np.zeros(0, np.int8), *_join_lines(pieces, grid, remarks)])
    takes = np.ones(len(notes), bool)

    def keep(those: np.ndarray, explain: Callable[[Piece], str]) -> None:
        takes[~those] = False
        left = np.bincount(piece[takes], minlength=len(pieces))
        for number in np.flatnonzero(left == 0).tolist():
            reasons[number] = reasons[number] or explain(pieces[number])

    keep(_take_ended(pieces, grid), lambda _: 'no notes')
    is_ignored = np.isin(np.arange(CHANNELS), grid.ignored_channels)[channel]
    drums = takes & is_ignored
    keep(~is_ignored, lambda _: 'only drums')
    kit = np.zeros(len(notes), bool)
    if grid.voices != 'all' and not grid.tracks:
        sounding = notes.pitch[takes], notes.start[takes], piece[takes]
        kit[takes] = find_drums(*sounding, track[takes], channel[takes], pieces)
    if grid.voices in ('highest', 'lowest'):
        drums |= kit & np.isin(piece, piece[takes & ~kit])
        takes &= ~drums
        _name_drums(piece, track, channel, drums, pieces, reasons, remarks)
    if grid.tracks:
        wanted = [find_tracks(each, grid.tracks) for each in pieces]
        keep(np.concatenate([np.zeros(0, bool), *wanted]), lambda x: _list_tracks(x, grid.tracks))
    if grid.voices == 'drums' and not grid.tracks:
        drum = np.flatnonzero(kit)
        clicks = find_clicks(notes.pitch[drum], piece[drum], track[drum], channel[drum], pieces)
        kit[drum[clicks]] = False
        takes &= _take_kit(kit, takes, piece, track, channel, pieces, remarks)
    if grid.voices == 'drums' and not grid.drum_classes:
        translate_drums(
            pitch := notes.pitch.copy(),
            notes.start,
            np.where(takes, piece, -1),
            track,
            list_drum_notes(grid.drum_map),
            remarks,
        )
        notes = dataclasses.replace(notes, pitch=pitch)
    if grid.voices in ('highest', 'lowest'):
        switches = np.zeros(len(notes), bool)
        switches[takes] = find_key_switches(
            take_notes(notes, takes), number_voices(piece[takes], track[takes], channel[takes])[-1]
        )
        takes &= ~switches
        _name_key_switches(piece[switches], notes.pitch[switches], remarks)
    if grid.drum_map:
        has_class = pitch_rows(notes.pitch, grid) >= 0
        _name_pitches(piece[takes], notes.pitch[takes], has_class[takes], remarks)
        keep(has_class, lambda _: 'no drums')
    takes &= ~np.array([bool(reason) for reason in reasons], bool)[piece]
    if not takes.all():
        piece, track, channel = piece[takes], track[takes], channel[takes]
        notes = take_notes(notes, takes)
    if grid.single_tempo:
        notes = _count_in_seconds(notes, pieces, piece, grid)
    return Voices(*split_voices(notes, piece, track, channel, grid), reasons, remarks)


def find_tracks(piece: Piece, wanted: Sequence[str]) -> np.ndarray:
    """Finds the notes on the wanted tracks.

    Args:
      piece: any.
      wanted: numbers of tracks from 1 on, channels from 'ch1' to 'ch16', or parts of the names of
        tracks, in capitals or not; '808' is a name where there are fewer tracks.

    Returns:
      `[notes]` bool.
    """
    takes = np.zeros(len(piece.notes), bool)
    for text in wanted:
        if channel := re.fullmatch(r'ch(?:annel)? ?(\d{1,2})', text.strip().lower()):
            takes |= piece.channel == int(channel[1]) - 1
        elif text.strip().isdecimal() and int(text) <= len(piece.track_names):
            takes |= piece.track == int(text) - 1
        else:
            named = [text.strip().lower() in name.lower() for name in piece.track_names]
            takes |= np.array(named, bool)[piece.track]
    return takes


def name_track(piece: Piece, track: int) -> str:
    """Returns the name of a track or, if it has none, its number from 1."""
    return repr(piece.track_names[track]) if piece.track_names[track] else f'track {track + 1}'


def _explain_piece(piece: Piece, grid: GridConfig) -> str:
    """Returns why no note of a piece can count; '' if some can."""
    if piece.length > MAX_LENGTH and piece.notes.start.max(initial=0) > MAX_LENGTH:
        return f'damaged (it claims to last {piece.notes.start.max():.0f} quarter notes)'
    if grid.single_tempo and len(piece.tempos) > 1 and len(piece.notes):
        return 'several tempos'
    return ''


def _hold_notes(piece: Piece, grid: GridConfig) -> Notes:
    """Returns the notes of a piece; the devices ignore the sustain pedal, and drums do too."""
    if piece.held is None or grid.voices not in ('highest', 'lowest'):
        return piece.notes
    return dataclasses.replace(piece.notes, length=piece.held)


def _take_ended(pieces: Sequence[Piece], grid: GridConfig) -> np.ndarray:
    """Finds notes that end or count although they do not, `[notes]` bool."""
    unended = np.concatenate([np.zeros(0, bool), *(piece.unended for piece in pieces)])
    return ~unended | grid.unended_notes


def _join_lines(
    pieces: Sequence[Piece], grid: GridConfig, remarks: list[list[str]]
) -> list[np.ndarray]:
    """Returns the channels of notes, `[notes]` int8 per piece; a line is on one channel."""
    channels = []
    for piece, words in zip(pieces, remarks, strict=True):
        channel = piece.channel
        for track, line in piece.lines if grid.voices != 'all' else ():
            is_on_line = (piece.track == track) & np.isin(piece.channel, line)
            home = next(each for each in line if each != DRUM_CHANNEL)
            channel = np.where(is_on_line, np.int8(home), channel)
            words.append(f'{ONE_LINE} {len(line)} channels: {name_track(piece, track)}')
        channels.append(channel)
    return channels


def _name_key_switches(piece: np.ndarray, pitch: np.ndarray, remarks: list[list[str]]) -> None:
    """Adds remarks on key switches that are left out; `piece` and `pitch` are `[notes]`."""
    for number in np.unique(piece).tolist():
        pitches = pitch[piece == number]
        names = ', '.join(map(name_pitch, np.unique(pitches).tolist()[:MAX_NAMED]))
        remarks[number].append(f'{len(pitches)} {KEY_SWITCHES}: {names}')


def _list_tracks(piece: Piece, wanted: Sequence[str]) -> str:
    tracks = [name_track(piece, track) for track in np.unique(piece.track).tolist()]
    return f'no track that is {" or ".join(wanted)} (it has {", ".join(tracks[:MAX_NAMED])})'


def _take_kit(
    kit: np.ndarray,
    takes: np.ndarray,
    piece: np.ndarray,
    track: np.ndarray,
    channel: np.ndarray,
    pieces: Sequence[Piece],
    remarks: list[list[str]],
) -> np.ndarray:
    """Returns the drum kits of pieces, `[notes]` bool; a piece without one is all drums."""
    has_kit = np.bincount(piece[kit], minlength=len(pieces)) > 0
    for number in np.unique(piece[takes & ~has_kit[piece]]).tolist():
        remarks[number].append('no drums by channel, name or pitches: all channels taken for drums')
    for number in np.unique(piece[takes & has_kit[piece] & ~kit]).tolist():
        here = kit & (piece == number)
        if np.all(channel[here] == DRUM_CHANNEL):
            remarks[number].append('only channel 10 taken')
        else:
            names = [name_track(pieces[number], each) for each in np.unique(track[here]).tolist()]
            names = list(dict.fromkeys(names))[:MAX_NAMED]
            remarks[number].append(f'drums taken from {", ".join(names)} (--tracks takes others)')
    return kit | ~has_kit[piece]


def _name_pitches(
    piece: np.ndarray, pitch: np.ndarray, has_class: np.ndarray, remarks: list[list[str]]
) -> None:
    """Adds a remark on the pitches that are in no drum class, and how often each occurs."""
    notes = np.bincount(piece, minlength=len(remarks))
    both, counts = np.unique((piece * 128 + pitch)[~has_class], return_counts=True)
    for number in np.unique(both // 128).tolist():
        here = both // 128 == number
        order = np.argsort(-counts[here], kind='stable')
        some = zip((both[here] % 128)[order], counts[here][order], strict=True)
        listed = [f'{pitch} ({count})' for pitch, count in some]
        more = f' and {len(listed) - MAX_NAMED} more' if len(listed) > MAX_NAMED else ''
        share = f'{counts[here].sum()} of {notes[number]} notes'
        named = ', '.join(listed[:MAX_NAMED])
        remarks[number].append(f'{share} have no drum class: {named}{more}')


def _name_drums(
    piece: np.ndarray,
    track: np.ndarray,
    channel: np.ndarray,
    drums: np.ndarray,
    pieces: Sequence[Piece],
    reasons: Sequence[str],
    remarks: list[list[str]],
) -> None:
    """Adds remarks on the drums that a melody leaves out, where that leaves others.

    They have the names of their tracks, but of their channels where a track is not drums alone.
    """
    for number in np.unique(piece[drums]).tolist():
        if reasons[number]:
            continue
        here = slice(*np.searchsorted(piece, (number, number + 1)))
        drum, on_track, on_channel = drums[here], track[here], channel[here]
        names = []
        for each in np.unique(on_track[drum]).tolist():
            if drum[on_track == each].all():
                names.append(name_track(pieces[number], each))
            else:
                channels = np.unique(on_channel[drum & (on_track == each)])
                names += [f'channel {channel + 1}' for channel in channels]
        remarks[number].append(f'drums left out: {", ".join(names[:MAX_NAMED])}')


def _count_in_seconds(
    notes: Notes, pieces: Sequence[Piece], piece: np.ndarray, grid: GridConfig
) -> Notes:
    """Moves notes to the steps on which they fall in the devices, which count in seconds.

    Floating point decides there on which side of the border a note falls that is just half way
    between two steps. Those that fall on the early one are moved.
    """
    tempos = [each.tempos[0] if each.tempos else DEFAULT_TEMPO for each in pieces]
    quarter = 60 / np.array(tempos)[piece]
    unit = quarter / grid.steps_per_quarter
    step = np.floor((quarter * notes.start + unit * 0.5) / unit)
    early = step < np.floor(notes.start * grid.steps_per_quarter + 0.5)
    return dataclasses.replace(notes, start=notes.start - 1e-7 * early)
