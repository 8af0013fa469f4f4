"""Reads the embedded default library: folk tunes that the package music21 contains.

They are two printed collections in the public domain, as ABC files:

- Francis O'Neill, Music of Ireland, Chicago 1903 (`oneills1850`), transcribed by Henrik Norbeck,
  Bob Safranek, Trish O'Neil, John Chambers, Dan G. Petersen, Michael Hogan, Stephen Foy, John B.
  Walsh, Michael D. Long, Tom Keays, Chris Falt, Dave Wooldridge, Norbert Paap, Robert Thorpe,
  A. Lee Worman, Nick Terhorst and others;
- Ryan's Mammoth Collection, Boston 1883 (`ryansMammoth`), transcribed by Ray Davies, Bob Puckette,
  John B. Walsh, John Chambers and others.

The `Z:` lines of the files name the transcriber of each tune. According to music21, the music of
its corpus "is believed to be in the public domain" and the encodings "are also either public domain
or used by permission"; a file or folder that may not be used commercially says so. These two
folders do not. (The Essen folk songs do, so they are not used.) The tunes are read from the
installed package and not copied into this project.
"""

import importlib.util
import itertools
from collections.abc import Iterator
from pathlib import Path

from melodyvae.config import Config, GridConfig, preset
from melodyvae.ingest.batch import make_batch
from melodyvae.ingest.file_report import FileReport, format_reports
from melodyvae.loops.loops import Loops
from melodyvae.midi.abc_notation import read_tune_book
from melodyvae.midi.piece import Piece, Reading
from melodyvae.system.errors import UserError

COLLECTIONS = ('oneills1850', 'ryansMammoth')
LICENSES = dict.fromkeys(COLLECTIONS, 'public domain; transcriptions as music21 distributes them')
METERS = {(2, 4), (2, 2), (4, 4)}  # their bars fit two bars of 4/4
WALTZ_METERS = {(3, 4)}


def read_folk_tunes(config: Config | str, *, quiet: bool = False) -> Loops:
    """Reads the embedded folk tunes for a config or the name of a preset, as `read_midi` does."""
    config = preset(config) if isinstance(config, str) else config
    loops, reports = read_folk_loops(config.grid)
    if not quiet:
        print(format_reports(reports))
    return loops


def read_folk_loops(grid: GridConfig) -> tuple[Loops, list[FileReport]]:
    """Reads the tunes in `METERS` into loops, with a report per tune.

    If the loops have whole bars of 3/4, the tunes are waltzes, otherwise those in 4/4 and the like.

    A tune counts as a file, so that its loops stay together when some are held out. Of equal loops
    only the first is kept: tunes repeat themselves, and some have several settings.

    Returns:
      On the grid of `configs/melodyvae_improved.py`, about 9,300 loops of about 1,610 tunes.

    Raises:
      UserError: if music21 is not installed, or the grid is for drums.
    """
    if grid.drum_map:
        raise UserError('The embedded folk tunes have no drums: give a folder of MIDI with some.')
    waltzes = grid.steps % (3 * grid.steps_per_quarter) == 0
    names, tunes = zip(*_read_tunes(WALTZ_METERS if waltzes else METERS), strict=True)
    readings = [Reading([tune], [], []) for tune in tunes]
    batch = make_batch(names, readings, grid)
    loops = zip(batch.loops.position.tolist(), batch.loops, strict=True)
    entries, reports = [], []
    seen: set[bytes] = set()
    for report in batch.reports:
        new = []
        for number, loop in itertools.islice(loops, report.kept):
            if loop.tobytes() not in seen:
                seen.add(loop.tobytes())
                new.append((number, loop))
        reports.append(_without_repeats(report, len(new)))
        if new:
            entries.append((report.path, new))
    return Loops.from_files(entries, grid), reports


def _without_repeats(report: FileReport, new: int) -> FileReport:
    """Returns the report of a tune if only `new` of its loops are new."""
    if new == report.kept:
        return report
    remark = f'{report.kept - new} loops that occurred before'
    reason = '; '.join(filter(None, (report.reason, remark)))
    return report._replace(kept=new, reason=reason)


def _read_tunes(accepted: set[tuple[int, int]]) -> Iterator[tuple[str, Piece]]:
    """Names such as 'oneills1850/0001-0050#12 The Title', and tunes; the same ones every time."""
    corpus = _find_corpus()
    for book in [book for name in COLLECTIONS for book in sorted((corpus / name).glob('*.abc'))]:
        for tune in read_tune_book(book)[0]:
            meters = {(metre.numerator, metre.denominator) for metre in tune.metres}
            if len(meters) == 1 and meters <= accepted:
                yield f'{book.parent.name}/{book.stem}#{tune.title}', tune


def _find_corpus() -> Path:
    """The folder of scores in music21, found without importing music21, which takes seconds."""
    spec = importlib.util.find_spec('music21')
    if spec is None or not spec.submodule_search_locations:
        raise UserError(
            'The embedded folk tunes come with music21, which is not installed: run '
            'pip install "melodyvae[demo]", or give your own MIDI with --midi.'
        )
    return Path(spec.submodule_search_locations[0]) / 'corpus'
