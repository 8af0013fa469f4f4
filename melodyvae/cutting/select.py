"""Selects the notes of pieces that count for a grid. NumPy only, all pieces at once."""

import collections
import dataclasses
import re
from collections.abc import Callable, Sequence

import numpy as np

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.drums import find_clicks, find_drums
from melodyvae.cutting.key_switches import find_key_switches
from melodyvae.cutting.other_maps import translate_drums
from melodyvae.cutting.voices import PieceNotes, Voices, join_pieces, split_voices
from melodyvae.loops.drum_maps import list_drum_notes
from melodyvae.loops.pattern import name_pitch, pitch_rows
from melodyvae.midi.piece import CHANNELS, DEFAULT_TEMPO, DRUM_CHANNEL, Piece

MAX_LENGTH = 1_000_000  # quarter notes; a damaged file can claim to last for years
ONE_LINE, KEY_SWITCHES = 'one line over', 'key switches left out'  # in remarks
MAX_NAMED = 8  # pitches or tracks that a remark lists


def select_notes(pieces: Sequence[Piece], grid: GridConfig) -> Voices:
    """Selects the notes that count for a grid, and splits them into voices."""
    reasons = [_explain_piece(each, grid) for each in pieces]
    remarks: list[list[str]] = [[] for _ in pieces]
    notes = join_pieces([_adapt_piece(*each, grid) for each in zip(pieces, remarks, strict=True)])
    takes = np.ones(len(notes), bool)

    def keep(those: np.ndarray, explain: Callable[[Piece], str]) -> None:
        takes[~those] = False
        left = np.bincount(notes.piece[takes], minlength=len(pieces))
        for number in np.flatnonzero(left == 0).tolist():
            reasons[number] = reasons[number] or explain(pieces[number])

    unended = np.concatenate([np.zeros(0, bool), *(piece.unended for piece in pieces)])
    keep(~unended | grid.unended_notes, lambda _: 'no notes')
    is_ignored = np.isin(np.arange(CHANNELS), grid.ignored_channels)[notes.channel]
    drums = takes & is_ignored
    keep(~is_ignored, lambda _: 'only drums')
    kit = np.zeros(len(notes), bool)
    if grid.voices != 'all' and not grid.tracks:
        kit[takes] = find_drums(notes.take(takes), pieces)
    if grid.voices in ('highest', 'lowest'):
        drums |= kit & np.isin(notes.piece, notes.piece[takes & ~kit])
        takes &= ~drums
        _name_drums(notes, drums, pieces, reasons, remarks)
    if grid.tracks:
        wanted = [find_tracks(each, grid.tracks) for each in pieces]
        keep(np.concatenate([np.zeros(0, bool), *wanted]), lambda x: _list_tracks(x, grid.tracks))
    if grid.voices == 'drums' and not grid.tracks:
        kit[kit] = ~find_clicks(notes.take(kit), pieces)
        takes &= _take_kit(kit, takes, notes, pieces, remarks)
    if grid.voices == 'drums' and not grid.drum_classes:
        pitch = translate_drums(notes, takes, list_drum_notes(grid.drum_map), remarks)
        notes = dataclasses.replace(notes, pitch=pitch)
    if grid.voices in ('highest', 'lowest'):
        taken = notes.take(takes)
        switches = find_key_switches(taken, taken.number_voices()[-1])
        takes[takes] = ~switches
        _name_key_switches(taken.take(switches), remarks)
    if grid.drum_map:
        has_class = pitch_rows(notes.pitch, grid) >= 0
        _name_pitches(notes, takes, has_class, remarks)
        keep(has_class, lambda _: 'no drums')
    takes &= ~np.array([bool(reason) for reason in reasons], bool)[notes.piece]
    if not takes.all():
        notes = notes.take(takes)
    if grid.single_tempo:
        notes = _count_in_seconds(notes, pieces, grid)
    return Voices(*split_voices(notes, grid), reasons, remarks)


def find_tracks(piece: Piece, wanted: Sequence[str]) -> np.ndarray:
    """Finds the notes on the wanted tracks, `[notes]` bool.

    A track is wanted by its number from 1, by a channel from 'ch1' to 'ch16', or by a part of its
    name, in capitals or not; '808' is a name if there are fewer tracks.
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


def _adapt_piece(piece: Piece, remarks: list[str], grid: GridConfig) -> Piece:
    """Applies the sustain pedal and puts each line on one channel, but not for devices."""
    if piece.held is not None and grid.voices in ('highest', 'lowest'):
        notes = dataclasses.replace(piece.notes, length=piece.held)
        piece = dataclasses.replace(piece, notes=notes)
    for track, line in piece.lines if grid.voices != 'all' else ():
        is_on_line = (piece.track == track) & np.isin(piece.channel, line)
        home = next(each for each in line if each != DRUM_CHANNEL)
        channel = np.where(is_on_line, np.int8(home), piece.channel)
        piece = dataclasses.replace(piece, channel=channel)
        remarks.append(f'{ONE_LINE} {len(line)} channels: {name_track(piece, track)}')
    return piece


def _name_key_switches(switches: PieceNotes, remarks: list[list[str]]) -> None:
    """Adds remarks on key switches, which are left out."""
    for number, here in switches.by_piece():
        names = ', '.join(map(name_pitch, np.unique(here.pitch).tolist()[:MAX_NAMED]))
        remarks[number].append(f'{len(here)} {KEY_SWITCHES}: {names}')


def _list_tracks(piece: Piece, wanted: Sequence[str]) -> str:
    tracks = [name_track(piece, track) for track in np.unique(piece.track).tolist()]
    return f'no track that is {" or ".join(wanted)} (it has {", ".join(tracks[:MAX_NAMED])})'


def _take_kit(
    kit: np.ndarray,
    takes: np.ndarray,
    notes: PieceNotes,
    pieces: Sequence[Piece],
    remarks: list[list[str]],
) -> np.ndarray:
    """Returns the drum kits of pieces, `[notes]` bool; a piece without one is all drums."""
    piece = notes.piece
    has_kit = np.bincount(piece[kit], minlength=len(pieces)) > 0
    for number in np.unique(piece[takes & ~has_kit[piece]]).tolist():
        remarks[number].append('no drums by channel, name or pitches: all channels taken for drums')
    for number in np.unique(piece[takes & has_kit[piece] & ~kit]).tolist():
        here = notes.take(kit & (piece == number))
        if np.all(here.channel == DRUM_CHANNEL):
            remarks[number].append('only channel 10 taken')
        else:
            names = [name_track(pieces[number], each) for each in np.unique(here.track).tolist()]
            names = list(dict.fromkeys(names))[:MAX_NAMED]
            remarks[number].append(f'drums taken from {", ".join(names)} (--tracks takes others)')
    return kit | ~has_kit[piece]


def _name_pitches(
    notes: PieceNotes, takes: np.ndarray, has_class: np.ndarray, remarks: list[list[str]]
) -> None:
    """Adds remarks on the pitches without a drum class, and how often each occurs."""
    counts = np.bincount(notes.piece[takes], minlength=len(remarks))
    for number, here in notes.take(takes & ~has_class).by_piece():
        pitches = collections.Counter(sorted(here.pitch.tolist()))
        listed = [f'{pitch} ({count})' for pitch, count in pitches.most_common()]
        more = f' and {len(listed) - MAX_NAMED} more' if len(listed) > MAX_NAMED else ''
        share = f'{len(here)} of {counts[number]} notes'
        named = ', '.join(listed[:MAX_NAMED])
        remarks[number].append(f'{share} have no drum class: {named}{more}')


def _name_drums(
    notes: PieceNotes,
    drums: np.ndarray,
    pieces: Sequence[Piece],
    reasons: Sequence[str],
    remarks: list[list[str]],
) -> None:
    """Adds remarks on the drums that a melody leaves out, unless it has nothing else.

    They are named by their tracks, or by their channels on a track with other notes.
    """
    others = {number: set(here.track.tolist()) for number, here in notes.take(~drums).by_piece()}
    for number, here in notes.take(drums).by_piece():
        if reasons[number]:
            continue
        names = []
        for track in np.unique(here.track).tolist():
            if track in others.get(number, ()):
                channels = np.unique(here.channel[here.track == track])
                names += [f'channel {channel + 1}' for channel in channels]
            else:
                names.append(name_track(pieces[number], track))
        remarks[number].append(f'drums left out: {", ".join(names[:MAX_NAMED])}')


def _count_in_seconds(notes: PieceNotes, pieces: Sequence[Piece], grid: GridConfig) -> PieceNotes:
    """Moves notes to the steps on which they fall in the devices, which count in seconds.

    Floating point decides there on which side of the border a note falls that is just half way
    between two steps. Those that fall on the early one are moved.
    """
    tempos = [each.tempos[0] if each.tempos else DEFAULT_TEMPO for each in pieces]
    quarter = 60 / np.array(tempos)[notes.piece]
    unit = quarter / grid.steps_per_quarter
    step = np.floor((quarter * notes.start + unit * 0.5) / unit)
    early = step < np.floor(notes.start * grid.steps_per_quarter + 0.5)
    return dataclasses.replace(notes, start=notes.start - 1e-7 * early)
