"""The report of a run: `report.html`, which opens from disk and needs no network."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from melodyvae.config.devices import DRUM_CLASSES
from melodyvae.config.field import Setting, get_value
from melodyvae.config.settings import Config, list_settings
from melodyvae.cutting.cut import cut_loops
from melodyvae.evaluation.evaluate import Evaluation
from melodyvae.evaluation.steps_apart import find_origins
from melodyvae.ingest.file_report import FileReport, read_report, sum_reports
from melodyvae.loops.dataset import locate_dataset
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import learned_pitches, row_pitches
from melodyvae.midi.read import read_pieces
from melodyvae.pages.examples import draw_held_out, draw_own
from melodyvae.pages.headline import describe_reconstruction, write_headline
from melodyvae.pages.pictures import draw_curves, draw_latent_maps, make_data_uri
from melodyvae.pages.rolls import Paper, Roll, draw_notes, rule_paper
from melodyvae.pages.tables import Table, tabulate
from melodyvae.pages.templates import render
from melodyvae.playing.dials import choose_dials, describe_loading
from melodyvae.playing.player import Player
from melodyvae.playing.timing import Timing
from melodyvae.system.atomic import new_file
from melodyvae.system.checksums import check_file
from melodyvae.system.errors import UserError
from melodyvae.training.examples import Examples

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder

GENERATED = 16  # patterns shown


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A part of the report, or a sentence that says why it is missing."""

    content: Any = None
    missing: str = ''

    def get(self) -> Any:
        """Returns the content; raises a UserError if it is missing."""
        if self.missing:
            raise UserError(self.missing)
        return self.content


@dataclasses.dataclass(frozen=True, slots=True)
class Generated:
    """A generated pattern: its roll, its MIDI file and a data URI of that, and its origin."""

    roll: Roll
    name: str
    midi: str
    origin: str


def write_report(run: 'RunFolder', player: Player | None = None) -> Path:
    """Writes `report.html` into a run folder, replacing an older one.

    If something is missing, because the run was stopped or its data is gone, the page says so.

    Args:
      run: trained.
      player: its model, if it is loaded already.

    Returns:
      The file.

    Raises:
      UserError: if the folder is not a run, or its summary cannot be read.
    """
    config, summary = run.config, run.summary
    model = Part(player) if player else _build_part(run.load_player)
    loops = _build_part(run.loops)
    sides = _build_part(lambda: run.split(loops.get()))
    evaluated = _build_part(lambda: _read_evaluation(run.evaluation, summary))
    timing = Timing.from_dict(summary)
    paper = rule_paper(config.grid, timing.metre)
    builders: dict[str, Callable[[], Any]] = {
        'headline': lambda: write_headline(
            model.get(),
            loops.get(),
            sides.get()[0],
            {} if evaluated.missing else evaluated.content[0].figures,
        ),
        'reconstruction': lambda: describe_reconstruction(model.get(), loops.get(), sides.get()[0]),
        'generated': lambda: _draw_generated(run, paper, loops),
        'own': lambda: draw_own(model.get(), loops.get(), sides.get()[0], paper),
        'latent_map': lambda: draw_latent_maps(model.get(), loops.get()),
        'examples': lambda: draw_held_out(model.get(), loops.get(), sides.get()[1], paper),
        'tables': lambda: evaluated.get()[1],
        'curves': lambda: draw_curves(run.metrics),
        'files': lambda: _read_files(locate_dataset(config.data.path, run.path)),
        'held_out': lambda: _count_held_out(loops.get(), sides.get()[1]),
    }
    steps = tqdm(builders.items(), 'report', leave=False, disable=None)
    parts: dict[str, Any] = {name: _build_part(build) for name, build in steps}
    page = render(
        'report.html',
        **parts,
        name=run.path.resolve().name,
        config=config,
        summary=summary,
        paper=paper,
        tempo=timing.tempo,
        dials=choose_dials(config, config.device.threshold_as_loaded),
        model=f'{config.name}.model',
        loading=describe_loading(Path(f'{config.name}.model')),
        exported=(run.path / f'{config.name}.model' / 'model.json').is_file(),
        finished=run.evaluation.exists() or summary.get('validation_loops') == 0,
        settings=_fill_settings(config),
    )
    with new_file(run.report, overwrite=True) as temporary:
        # A file's name may hold bytes that are not text.
        temporary.write_text(page, encoding='utf-8', errors='replace')
    return run.report


def _build_part(build: Callable[[], Any]) -> Part:
    try:
        return Part(build())
    except UserError as error:
        return Part(missing=str(error))


def _draw_generated(run: 'RunFolder', paper: Paper, library: Part) -> list[Generated]:
    """Draws the MIDI files that training generated, compared with the library if it is there."""
    files = sorted(run.midi.glob('*.mid'))[:GENERATED]
    if not files:
        raise UserError('The run has no generated MIDI. Use melodyvae_generate to write some.')
    # A clip is one loop from its start. Its drums are the notes as played or as read.
    classes = [
        f'{note} {DRUM_CLASSES[row]}'
        for notes in (row_pitches(paper.grid), learned_pitches(paper.grid))
        for row, note in enumerate(notes)
        if paper.grid.drum_map
    ]
    grid = dataclasses.replace(paper.grid, bars='start', drum_classes=tuple(classes))
    patterns = [cut_loops(read_pieces(file).pieces, grid)[0] for file in files]
    origins = [''] * len(files)
    if not library.missing:
        origins = [str(one) for one in find_origins(patterns, library.content, run.config)]
    generated = []
    for file, pattern, origin in zip(files, patterns, origins, strict=True):
        label = f'Generated pattern {file.stem}: {len(pattern)} notes'
        midi = make_data_uri('audio/midi', file.read_bytes())
        generated.append(Generated(draw_notes(paper, pattern, label), file.name, midi, origin))
    return generated


def _read_evaluation(path: Path, summary: dict[str, Any]) -> tuple[Evaluation, list[Table]]:
    """Reads an evaluation, and returns it with its tables."""
    try:
        evaluation = Evaluation.from_dict(json.loads(path.read_text()))
        return evaluation, tabulate(evaluation)
    except FileNotFoundError:
        if summary.get('validation_loops') == 0:
            raise UserError('No loops were held out to evaluate the model on.') from None
        raise UserError('Figures of held-out loops: run melodyvae evaluate.') from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f'{path.name} is not an evaluation. Use melodyvae_evaluate --overwrite to replace it.'
        ) from error


def _count_held_out(loops: Loops, held_out: Examples) -> list[tuple[str, int, int]]:
    """Lists files with held-out loops: name, number of held-out loops, and of all loops."""
    every = np.bincount(loops.file, minlength=len(loops.files))
    counts = np.bincount(loops.file[np.unique(held_out.loop)], minlength=len(loops.files))
    found = np.flatnonzero(counts).tolist()
    return [(loops.files[file], int(counts[file]), int(every[file])) for file in found]


def _read_files(dataset: Path | str) -> tuple[dict[str, int], list[FileReport]]:
    """Reads the report of a dataset: totals, and the files of which something was left out."""
    if isinstance(dataset, str):
        raise UserError(f'The dataset is remote: see {dataset}/report.csv for its files.')
    report = dataset / 'report.csv'
    check_file(report)
    try:
        reports = read_report(report)
    except FileNotFoundError:
        raise UserError('The dataset has no report.csv.') from None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'{report.name} cannot be read: {error}.') from error
    left_out = [entry for entry in reports if not entry.kept or entry.reason]
    left_out.sort(key=lambda entry: entry.kept > 0)
    return sum_reports(reports), left_out


def _fill_settings(config: Config) -> list[tuple[Setting, str]]:
    """Lists every setting, and its value in a config."""
    filled = []
    for setting in list_settings():
        value = get_value(config, setting.name)
        several = value if setting.several else [value]
        filled.append((setting, ', '.join(map(_format_setting, several))))
    return filled


def _format_setting(value: Any) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
