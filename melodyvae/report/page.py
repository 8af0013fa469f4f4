"""One page of a run for people: `report.html`, which opens from disk and needs no network."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from tqdm import tqdm

from melodyvae.atomic import new_file
from melodyvae.config.field import Setting, get_value
from melodyvae.config.settings import Config, list_settings
from melodyvae.errors import UserError
from melodyvae.evaluation.evaluate import Evaluation
from melodyvae.ingest.file_report import FileReport, read_report, sum_reports
from melodyvae.loops.cut import cut_loops
from melodyvae.loops.examples import take_examples
from melodyvae.loops.loops import Loops
from melodyvae.loops.split import split
from melodyvae.midi.read import read_pieces
from melodyvae.playing.dials import choose_dials, describe_loading
from melodyvae.playing.player import Player, decode, encode, load_player, play
from melodyvae.report.pictures import draw_curves, draw_latent_maps, make_data_uri
from melodyvae.report.rolls import (
    Paper,
    Roll,
    draw_feature,
    draw_notes,
    draw_probabilities,
    rule_paper,
)
from melodyvae.report.tables import Table, format_figure, tabulate
from melodyvae.run_folder import RunFolder

GENERATED = 16  # patterns that are shown
EXAMPLES = 4  # held-out loops that are shown beside their reconstruction
MOST_FILES = 100  # in the table of what was left out


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """Something that the report shows, or the sentence that says why it cannot."""

    content: Any = None
    missing: str = ''

    def get(self) -> Any:
        """The content; a UserError if it is missing."""
        if self.missing:
            raise UserError(self.missing)
        return self.content


@dataclasses.dataclass(frozen=True, slots=True)
class Generated:
    """A generated pattern, its MIDI file's name, and a data URI of the file."""

    roll: Roll
    name: str
    midi: str


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A loop, or one feature of it, beside what came back."""

    title: str
    data: Roll
    decoded: Roll


@dataclasses.dataclass(frozen=True, slots=True)
class Example:
    """A held-out loop by name: all of it, then its features."""

    name: str
    views: list[View]


@dataclasses.dataclass(frozen=True, slots=True)
class Files:
    """What became of the files: totals, and those of which something was left out."""

    totals: dict[str, int]
    left_out: list[FileReport]
    more: int


def write_report(run: RunFolder) -> Path:
    """Writes `report.html` into a run folder, replacing an older one in one move.

    What the run lacks, since it was stopped or its data is gone, is named in its place.

    Returns:
      The file.

    Raises:
      UserError: if the folder is no run, or its summary cannot be read.
    """
    config, summary = run.config, run.summary
    player, loops = _build_part(lambda: load_player(run.path)), _build_part(run.loops)
    ground = rule_paper(config.grid)
    builders: dict[str, Callable[[], Any]] = {
        'generated': lambda: _draw_generated(run, ground),
        'latent_map': lambda: draw_latent_maps(player.get(), loops.get()),
        'examples': lambda: _draw_examples(player.get(), loops.get(), ground),
        'tables': lambda: _read_tables(run.evaluation),
        'curves': lambda: draw_curves(run.metrics),
        'files': lambda: _read_files(run.path / config.data.path / 'report.csv'),
    }
    steps = tqdm(builders.items(), 'report', leave=False, disable=None)
    page = _load_template().render(
        {name: _build_part(build) for name, build in steps},
        config=config,
        summary=summary,
        paper=ground,
        dials=choose_dials(config, config.device.threshold_as_loaded),
        model=f'{config.name}.model',
        loading=describe_loading(Path(f'{config.name}.model')),
        exported=(run.path / f'{config.name}.model' / 'model.json').is_file(),
        finished=run.evaluation.exists() or summary.get('validation_loops') == 0,
        settings=_fill_settings(config),
    )
    path = run.path / 'report.html'
    with new_file(path, overwrite=True) as temporary:
        # A file's name may hold what is no text.
        temporary.write_text(page, encoding='utf-8', errors='replace')
    return path


def _build_part(build: Callable[[], Any]) -> Part:
    try:
        return Part(build())
    except UserError as error:
        return Part(missing=str(error))


def _load_template() -> jinja2.Template:
    """The page; whatever goes into it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['figure'] = format_figure
    return environment.get_template('report.html')


def _draw_generated(run: RunFolder, ground: Paper) -> list[Generated]:
    """The MIDI files that training generated."""
    files = sorted(run.midi.glob('*.mid'))[:GENERATED]
    if not files:
        raise UserError('The run has generated no MIDI: melodyvae_generate makes some.')
    # Drums are read as they were written.
    drums = bool(ground.grid.drum_map)
    grid = dataclasses.replace(ground.grid, drum_map=ground.grid.drum_notes * drums)
    generated = []
    for file in files:
        pattern = cut_loops(read_pieces(file).pieces, grid)[0]
        label = f'Generated pattern {file.stem}: {len(pattern)} notes'
        midi = make_data_uri('audio/midi', file.read_bytes())
        generated.append(Generated(draw_notes(ground, pattern, label), file.name, midi))
    return generated


def _draw_examples(player: Player, loops: Loops, ground: Paper) -> list[Example]:
    """A few held-out loops, feature by feature beside what z_mean decodes to."""
    _, held_out = split(loops, player.config)
    if not len(held_out):
        raise UserError('Nothing was held out: data.validation_fraction is 0.')
    chosen = held_out.take_at_most(EXAMPLES)
    true = take_examples(loops, chosen)
    z_mean, _ = encode(player, true)
    decoded, played = decode(player, z_mean), list(play(player, z_mean))
    examples = []
    for index in range(len(true)):
        grids = {name: grid[index] for name, grid in decoded.items()}
        name = f'{true.files[true.file[index]]}, loop {true.position[index] + 1}'
        if chosen.shift[index]:
            name += f', transposed by {chosen.shift[index]:+d}'
        examples.append(Example(name, _draw_views(ground, true[index], grids, played[index])))
    return examples


def _draw_views(
    ground: Paper, true: np.ndarray, decoded: dict[str, np.ndarray], played: np.ndarray
) -> list[View]:
    """All of a loop, then its features; values are decoded at the loop's own notes."""
    back = true.copy()
    for name in list(decoded)[1:]:
        back[name] = decoded[name][true['row'], true['step']]
    views = [
        View(
            'notes',
            draw_notes(ground, true, f'The loop: {len(true)} notes'),
            draw_notes(ground, played, f'What the device plays for it: {len(played)} notes'),
        ),
        View(
            'onset',
            draw_feature(ground, 'onset', true, "Onsets of the loop's notes"),
            draw_probabilities(ground, decoded['onset'], true, 'Decoded probability of an onset'),
        ),
    ]
    for name in list(decoded)[1:]:
        data = draw_feature(ground, name, true, f"{name.capitalize()} of the loop's notes")
        label = f"Decoded {name} at the loop's notes"
        views.append(View(name, data, draw_feature(ground, name, back, label)))
    return views


def _read_tables(evaluation: Path) -> list[Table]:
    try:
        return tabulate(Evaluation.from_dict(json.loads(evaluation.read_text())))
    except FileNotFoundError:
        raise UserError('The run was not evaluated: melodyvae_evaluate measures it.') from None
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f'{evaluation.name} holds no evaluation: melodyvae_evaluate --overwrite writes it anew.'
        ) from error


def _read_files(report: Path) -> Files:
    """The report of the dataset that the run was trained on."""
    try:
        reports = read_report(report)
    except FileNotFoundError:
        raise UserError('The dataset has no report.csv.') from None
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(f'{report.name} cannot be read: {error}.') from error
    left_out = [entry for entry in reports if not entry.kept or entry.reason]
    left_out.sort(key=lambda entry: entry.kept > 0)
    more = max(0, len(left_out) - MOST_FILES)
    return Files(sum_reports(reports), left_out[:MOST_FILES], more)


def _fill_settings(config: Config) -> list[tuple[Setting, str]]:
    """Every setting, and its value in a config."""
    filled = []
    for setting in list_settings():
        value = get_value(config, setting.name)
        several = value if setting.several else [value]
        filled.append((setting, ', '.join(map(_format_setting, several))))
    return filled


def _format_setting(value: Any) -> str:
    return f'{value:.6g}' if isinstance(value, float) else str(value)
