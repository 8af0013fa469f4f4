"""The page that plays models: `play.html`, which opens from disk and needs no network."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from melodyvae.config.settings import GridConfig
from melodyvae.loops.pattern import learned_pitches, row_names, row_pitches, shaded_rows
from melodyvae.pages.decoder import pack, pack_decoder
from melodyvae.pages.library import describe_library
from melodyvae.pages.templates import render
from melodyvae.playing.exported import load_exported, read_exported_card
from melodyvae.playing.player import Player
from melodyvae.playing.timing import count_bar
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError
from tfjs_export import NumpyModel, read_metadata

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder

# Characters that could end a script element, or begin a comment in it.
ESCAPES = {ord(sign): f'\\u{ord(sign):04x}' for sign in '<>&\u2028\u2029'}


@dataclasses.dataclass(frozen=True)
class Part:
    """A model on a page.

    Attributes:
      data: the `PartData` of `web/src/data.ts`.
      tempo: quarter notes per minute, of its library.
      remark: a sentence that says why it has no map; '' if it has one.
    """

    data: dict[str, Any]
    tempo: float
    remark: str


def read_run_part(run: 'RunFolder') -> Part:
    """Reads the model of a run and the map of its loops.

    Raises:
      UserError: if there is no model, or it cannot be read.
    """
    model = run.own_export
    if not model.is_dir():
        raise UserError(
            f'{run.path} has no {model.name}: end its training, or write that with '
            f'melodyvae_export {run.path} --output={run.path}.'
        )
    return _read_part(run, model, run.path.resolve().name)


def read_model_part(model: Path) -> Part:
    """Reads a TF.js model, which has no loops to map; see `read_run_part`."""
    remark = 'A model folder holds no loops: name the run folder for a page with a map of them.'
    return _make_part(load_exported(model), model, model.resolve().stem, None, remark)


def write_run_page(run: 'RunFolder', path: Path, *, overwrite: bool = False) -> None:
    """Writes the page of a trained run; see `write_parts`."""
    write_parts([read_run_part(run)], path, overwrite=overwrite)


def write_parts(parts: Sequence[Part], path: Path, *, overwrite: bool = False) -> None:
    """Writes a page that plays models together, at the tempo of the first one.

    Raises:
      UserError: if the file exists, unless `overwrite`.
    """
    page = _render(_collect(parts))
    with new_file(path, overwrite=overwrite) as temporary:
        # A folder's name may hold bytes that are not text.
        temporary.write_text(page, encoding='utf-8', errors='replace')


def render_studio_page(run: 'RunFolder', model: Path, live: float) -> str:
    """Renders the page of a run in the studio.

    Args:
      run: the run, for the map.
      model: folder of its decoder, exported at the end of training or during it.
      live: when a decoder was written during training; 0 at the end.

    Raises:
      UserError: if the model cannot be read.
    """
    return _render(read_run_data(run, model, live))


def read_run_data(run: 'RunFolder', model: Path, live: float) -> dict[str, Any]:
    """Returns what a page shows of a run, as JSON values; see `render_studio_page`."""
    shown = _collect([_read_part(run, model, run.path.name)])
    return shown | {'studio': {'name': run.path.name, 'live': live}}


def _read_part(run: 'RunFolder', model: Path, title: str) -> Part:
    player, library, remark = load_exported(model), None, ''
    try:
        library = describe_library(player, run.loops(), run.config.data.transpositions)
    except UserError as error:
        remark = f'The page has no map: {error}'
    return _make_part(player, model, title, library, remark)


def _make_part(
    player: Player, model: Path, title: str, library: dict[str, Any] | None, remark: str
) -> Part:
    assert isinstance(player.decoder, NumpyModel)
    config, metre = player.config, player.timing.metre
    grid = config.grid
    bar = count_bar(metre) * grid.steps_per_quarter
    data = {
        'title': title,
        'card': read_exported_card(model),
        'latent': config.model.latent,
        'pad': config.device.pad,
        'threshold': player.threshold,
        'system': {
            'name': config.name,
            'messages': config.device.messages,
            'features': list(config.features),
            'rows': grid.rows,
            'steps': grid.steps,
            'loopSteps': _count_steps(grid, bar, library),
            'stepsPerQuarter': grid.steps_per_quarter,
            'stepsPerBar': bar,
            'metre': metre,
            'pitches': row_pitches(grid).tolist(),
            'savedPitches': learned_pitches(grid).tolist(),
            'rowNames': row_names(grid),
            'shadedRows': shaded_rows(grid),
        },
        'metadata': read_metadata(model),
        'library': None if library is None else pack(_write_json(library).encode()),
        'model': pack_decoder(player.decoder),
    }
    return Part(data, player.timing.tempo, remark)


def _count_steps(grid: GridConfig, bar: float, library: dict[str, Any] | None) -> int:
    """Returns the steps of a loop: whole bars of `bar` steps, if no loop of the library is longer.

    Bars of 3/4 leave the end of two bars of 4/4 empty, which no clip should play.
    """
    loops = library['loops'] if library else []
    used = max((1 + max(loop['steps'], default=-1) for loop in loops), default=grid.steps)
    whole = grid.steps // bar * bar
    return int(whole) if whole.is_integer() and used <= whole else grid.steps


def _collect(parts: Sequence[Part]) -> dict[str, Any]:
    """Returns the `PageData` of `web/src/data.ts`, outside the studio."""
    return {
        'title': ' + '.join(part.data['title'] for part in parts),
        'tempo': parts[0].tempo,
        'parts': [part.data for part in parts],
        'studio': None,
    }


def _render(data: dict[str, Any]) -> str:
    return render(
        'play.html',
        title=data['title'],
        parts=data['parts'],
        studio=data['studio'] is not None,
        data=Markup(_write_json(data).translate(ESCAPES)),
    )


def _write_json(value: Any) -> str:
    return json.dumps(value, separators=(',', ':'), allow_nan=False)
