"""The page that plays a model: `play.html`, which opens from disk and needs no network."""

import base64
import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from melodyvae.loops.pattern import row_names, row_pitches, shaded_rows
from melodyvae.pages.decoder import Decoder, read_decoder
from melodyvae.pages.library import describe_library
from melodyvae.pages.templates import render
from melodyvae.playing.exported import load_exported
from melodyvae.playing.timing import count_bar
from melodyvae.system.atomic import new_file
from melodyvae.system.errors import UserError

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder

# Characters that could end a script element, or begin a comment in it.
ESCAPES = {ord(sign): f'\\u{ord(sign):04x}' for sign in '<>&\u2028\u2029'}


def write_run_page(run: 'RunFolder', path: Path, *, overwrite: bool = False) -> str:
    """Writes the page of a run.

    Args:
      run: trained.
      path: the file to write.
      overwrite: replace an existing one.

    Returns:
      A sentence that says why the page has no map; '' if it has one.

    Raises:
      UserError: if there is no model, or it cannot be read, or the file exists.
    """
    model = run.own_export
    if not model.is_dir():
        raise UserError(
            f'{run.path} has no {model.name}: end its training, or write that with '
            f'melodyvae_export {run.path} --output={run.path}.'
        )
    decoder = read_decoder(model)
    library, remark = _read_library(run, model)
    _write(path, decoder, run.path.resolve().name, library, overwrite=overwrite)
    return remark


def write_model_page(model: Path, path: Path, *, overwrite: bool = False) -> str:
    """Writes the page of a TF.js model, which has no loops to map; see `write_run_page`."""
    _write(path, read_decoder(model), model.resolve().stem, None, overwrite=overwrite)
    return 'A model folder holds no loops: name the run folder for a page with a map of them.'


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
    shown = _collect(read_decoder(model), run.path.name, _read_library(run, model)[0])
    return shown | {'studio': {'name': run.path.name, 'live': live}}


def _read_library(run: 'RunFolder', model: Path) -> tuple[dict[str, Any] | None, str]:
    """Returns the map, or None and a sentence that says why there is none."""
    try:
        transpositions = run.config.data.transpositions
        return describe_library(load_exported(model), run.loops(), transpositions), ''
    except UserError as error:
        return None, f'The page has no map: {error}'


def _write(
    path: Path, decoder: Decoder, title: str, library: dict[str, Any] | None, *, overwrite: bool
) -> None:
    page = _render(_collect(decoder, title, library) | {'studio': None})
    with new_file(path, overwrite=overwrite) as temporary:
        # A folder's name may hold bytes that are not text.
        temporary.write_text(page, encoding='utf-8', errors='replace')


def _render(data: dict[str, Any]) -> str:
    return render(
        'play.html',
        'page',
        title=data['title'],
        system=data['system']['name'],
        studio=data['studio'] is not None,
        card=data['card'],
        data=Markup(_write_json(data).translate(ESCAPES)),
    )


def _collect(decoder: Decoder, title: str, library: dict[str, Any] | None) -> dict[str, Any]:
    """Returns the `PageData` of `web/src/data.ts`."""
    config = decoder.config
    grid = config.grid
    return {
        'title': title,
        'latent': config.model.latent,
        'pad': config.device.pad,
        'threshold': decoder.threshold,
        'tempo': decoder.timing.tempo,
        'system': {
            'name': config.name,
            'messages': config.device.messages,
            'features': list(config.features),
            'rows': grid.rows,
            'steps': grid.steps,
            'stepsPerQuarter': grid.steps_per_quarter,
            'stepsPerBar': count_bar(decoder.timing.metre) * grid.steps_per_quarter,
            'metre': decoder.timing.metre,
            'pitches': row_pitches(grid).tolist(),
            'rowNames': row_names(grid),
            'shadedRows': shaded_rows(grid),
        },
        'card': decoder.card,
        'library': None if library is None else _pack(_write_json(library).encode()),
        'model': {
            'topology': decoder.topology,
            'weightSpecs': decoder.specs,
            'weights': _pack(decoder.weights),
        },
    }


def _write_json(value: Any) -> str:
    return json.dumps(value, separators=(',', ':'), allow_nan=False)


def _pack(content: bytes) -> str:
    """Compresses to gzip in base64; the same content always gives the same bytes."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode('ascii')
