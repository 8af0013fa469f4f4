"""Checks a library before training: one sentence per problem, with the flag that helps."""

import collections
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from melodyvae.config.settings import GridConfig
from melodyvae.cutting.other_maps import OTHER_MAP, READ_BY
from melodyvae.cutting.select import KEY_SWITCHES, ONE_LINE
from melodyvae.cutting.threes import THREES
from melodyvae.ingest.file_report import FileReport
from melodyvae.ingest.find import SUFFIXES
from melodyvae.loops.pattern import name_pitch, row_pitches

MIN_LOOPS = 12  # fewer are memorized
MIN_SHARE = 0.01  # of the notes, from which folded and lost notes are worth a sentence
MIN_THREES = 0.25  # of the files, from which doubts about the meter are worth a sentence
LIKENESS = {
    'drums': 'look like drums, and this is for melodies: --config=drums is for drums.',
    'melody': 'look like melodies, and this is for drums: --config=melodyvae is for melodies.',
    'song': (
        'have notes beside channel 10, and these are taken for drums too: '
        '--config.grid.voices=drums leaves them out.'
    ),
}
REMARKS = {
    ONE_LINE: 'have one line over several channels (MPE, guitar strings), read as one voice',
    KEY_SWITCHES: 'have key switches, which are left out',
    READ_BY: 'follow another drum map than General MIDI, and are read by that map',
    OTHER_MAP: (
        'seem to have another drum map than General MIDI, so that drums have wrong classes: '
        '--drum_map=FILE.csv says which note is which drum'
    ),
}
METRE = re.compile(r'(\d+)/(\d+)')


def check_library(
    reports: Sequence[FileReport], grid: GridConfig, others: Mapping[str, int] | None = None
) -> list[str]:
    """Checks a library before training; returns a sentence per thing that the user should know.

    `others` tells how many files of each suffix were not read, as `find.count_others` returns it.
    """
    return [
        *_check_files(reports, others or {}),
        *_check_likeness(reports),
        *_check_pitches(reports, grid),
        *_check_chords(reports, grid),
        *_check_metres(reports, grid),
        *_check_threes(reports),
        *_check_count(reports, grid),
    ]


def _check_files(reports: Sequence[FileReport], others: Mapping[str, int]) -> Iterator[str]:
    if others:
        kinds = ', '.join(
            f'{count} {suffix or "without suffix"}' for suffix, count in others.items()
        )
        yield f'Not read: {kinds}. Only names that end in {", ".join(SUFFIXES)} are.'
    unused = sum(not report.kept for report in reports)
    if unused:
        yield f'{unused} of {len(reports)} files gave no loop: report.csv says why.'


def _check_likeness(reports: Sequence[FileReport]) -> Iterator[str]:
    kinds = collections.Counter(report.looks_like for report in reports)
    for kind, sentence in LIKENESS.items():
        if kinds[kind]:
            yield f'{kinds[kind]} of {len(reports)} files {sentence}'
    for remark, sentence in REMARKS.items():
        count = sum(remark in report.reason for report in reports)
        if count:
            yield f'{count} of {len(reports)} files {sentence} (see report.csv).'


def _check_pitches(reports: Sequence[FileReport], grid: GridConfig) -> Iterator[str]:
    notes = sum(report.notes for report in reports)
    folded = sum(report.folded for report in reports)
    if folded <= MIN_SHARE * notes:
        return
    rows = ' to '.join(name_pitch(pitch) for pitch in row_pitches(grid)[[0, -1]].tolist())
    share = f'{100 * folded / notes:.2g}% of the notes'
    if grid.octaves == 'fold':
        yield (
            f'{share} lie outside {rows} and move by octaves, each for itself, which breaks '
            f'contours: --config.grid.octaves=shift moves voices as a whole.'
        )
    else:
        yield (
            f'{share} do not fit into {rows} together with those around them, and move by octaves '
            f'of their own, which breaks contours: --tracks=NAME takes some tracks only.'
        )


def _check_chords(reports: Sequence[FileReport], grid: GridConfig) -> Iterator[str]:
    loops = sum(report.kept for report in reports)
    chords = sum(report.chords for report in reports)
    collisions = sum(report.collisions for report in reports)
    if grid.drum_map or not loops:
        return
    has_chords = f'{chords} of {loops} loops have several notes on a step'
    if chords and grid.voices == 'all':
        yield (
            f'{has_chords}, where a melody device plays one, and {collisions} notes share a cell '
            f'with another: --config.grid.voices=highest takes one voice a loop.'
        )
    elif chords:
        yield (
            f'{has_chords}; of these the {grid.voices} is taken, and {collisions} notes are left '
            f'out: --tracks=NAME takes some tracks only.'
        )
    elif collisions > MIN_SHARE * sum(report.notes for report in reports):
        yield (
            f'{collisions} notes are left out, since others of their voice are on the same step: '
            f'--config.grid.steps_per_quarter={2 * grid.steps_per_quarter} has steps half as long, '
            f'and loops too.'
        )


def _check_metres(reports: Sequence[FileReport], grid: GridConfig) -> Iterator[str]:
    loop = Fraction(grid.steps, grid.steps_per_quarter)
    counts: collections.Counter[str] = collections.Counter()
    for report in reports:
        metres = [Fraction(4 * int(n), int(unit)) for n, unit in METRE.findall(report.metre)]
        changes = grid.bars == 'start' and len(metres) > 1
        counts[report.metre] += changes or any(loop % bar for bar in metres)
    if not counts.total():
        return
    named = '; '.join(
        f'{metre} ({count} of {len(reports)} files)' for metre, count in (+counts).most_common()
    )
    if grid.bars == 'start':
        yield (
            f'{named}: loops of {grid.steps} steps from the start of the file on do not begin on '
            f'their bars: --config.grid.bars=metre.'
        )
    else:
        yield (
            f'{named}: such bars do not fill a loop, whose end stays empty: '
            f'--config.grid.bars=fitting leaves them out.'
        )


def _check_threes(reports: Sequence[FileReport]) -> Iterator[str]:
    count = sum(THREES in report.reason for report in reports)
    if count >= max(2, MIN_THREES * len(reports)) or 0 < count == len(reports):
        yield (
            f'{count} of {len(reports)} files name no time signature or 4/4, and seem to have bars '
            f'of three quarter notes: --config.grid.metre=3/4 (or 6/8) reads them so.'
        )


def _check_count(reports: Sequence[FileReport], grid: GridConfig) -> Iterator[str]:
    loops = sum(report.kept for report in reports)
    repeats = sum(report.repeats for report in reports)
    too_few = sum(report.too_few_onsets for report in reports)
    if repeats:
        yield (
            f'{repeats} of {loops} loops repeat their bars, since a clip or a section has fewer '
            f'than a loop: --config.grid.bars=start leaves the end empty.'
        )
    if too_few > loops:
        yield (
            f'{too_few} loops have fewer than {grid.minimum_onsets} onsets and were dropped: a '
            f'lower --config.grid.minimum_onsets keeps them.'
        )
    if 0 < loops < MIN_LOOPS:
        more = '' if grid.drum_map else ', or --config.data.transpositions=-2,-1,1,2'
        few = f'{loops} loops' if loops > 1 else 'one loop'
        yield f'Only {few}, which will be learned by heart: add files{more}.'
