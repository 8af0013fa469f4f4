"""Reads music into loops: files with a report per file, and NoteSequences."""

import collections
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from melodyvae.config import Config, GridConfig, preset
from melodyvae.ingest.batch import join_batches, make_batch
from melodyvae.ingest.file_report import FileReport, format_reports
from melodyvae.ingest.find import find_named_files, name_some
from melodyvae.ingest.reader import read_all
from melodyvae.loops.loops import Loops
from melodyvae.midi.note_sequence import sequence_to_piece
from melodyvae.midi.piece import Reading
from melodyvae.midi.read import count_reasons
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def read_midi(
    paths: str | Path | Sequence[str | Path], config: Config | str, *, quiet: bool = False
) -> Loops:
    """Reads MIDI, ABC and MusicXML files into loops, and prints a report per file.

    Args:
      paths: a file or a folder, or several.
      config: its grid is used; the config itself or the name of its preset.
      quiet: print no report.

    Returns:
      At least one loop.

    Raises:
      UserError: if there is nothing to read, or no loop to keep: says what was found instead.
    """
    several = [paths] if isinstance(paths, (str, Path)) else list(paths)
    config = preset(config) if isinstance(config, str) else config
    loops, reports = ingest([Path(path).expanduser() for path in several], config.grid)
    if not quiet:
        print(format_reports(reports))
    return loops


def sequence_to_loops(
    sequence: 'NoteSequence | Sequence[NoteSequence]', config: Config | str
) -> Loops:
    """Cuts NoteSequences of note-seq into loops, as `read_midi` does with files.

    Args:
      sequence: one or several. If quantized to steps per quarter note, its steps are the positions;
        otherwise its seconds, along its tempos. `part` is the track and `instrument` the channel.
      config: its grid is used; the config itself or the name of its preset.

    Returns:
      At least one loop. Files are named by `filename`, or 'sequence 1' and so on.

    Raises:
      UserError: if there is no loop to keep: says why.
    """
    config = preset(config) if isinstance(config, str) else config
    several: list[Any] = [sequence] if hasattr(sequence, 'notes') else list(sequence)
    if not several:
        raise UserError('There is no NoteSequence to cut into loops: give at least one.')
    names = [each.filename or f'sequence {number}' for number, each in enumerate(several, 1)]
    readings = [Reading([sequence_to_piece(each)], [], []) for each in several]
    reports, loops = make_batch(names, readings, config.grid)
    if not len(loops):
        raise explain_no_loops(names, reports, config.grid)
    return loops


def ingest(paths: Sequence[str | Path], grid: GridConfig) -> tuple[Loops, list[FileReport]]:
    """Reads files into loops, with a report per file.

    Returns:
      Loops, at least one, and one report per file, both in the order of `find.find_files`.

    Raises:
      UserError: if there is nothing to read, or no loop to keep: says what was found instead.
    """
    files = find_named_files(paths)
    batch = join_batches([batch for _, batch in read_all(files, grid)], grid)
    if not len(batch.loops):
        raise explain_no_loops(paths, batch.reports, grid)
    return batch.loops, batch.reports


def explain_no_loops(
    paths: Sequence[str | Path], reports: Sequence[FileReport], grid: GridConfig
) -> UserError:
    """Returns the error for files without a loop to keep: it says what was found instead."""
    kinds = collections.Counter(Path(report.path).suffix.lower() for report in reports)
    found = ', '.join(f'{count} {kind or "without suffix"}' for kind, count in kinds.most_common())
    hint = ''
    if any(report.looks_like == 'drums' for report in reports):
        hint = ' Use --config=drums for drums.'
    return UserError(
        f'No loop of at least {grid.minimum_onsets} onsets in {name_some(paths)} ({found}): '
        f'{count_reasons([report.reason for report in reports])}.{hint}'
    )
