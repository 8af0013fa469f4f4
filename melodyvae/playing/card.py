"""Model cards: JSON values as in `card.schema.json`, and the README.md for a model hub."""

import base64
import dataclasses
import functools
import html
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import row_pitches
from melodyvae.playing.dials import choose_dials
from melodyvae.playing.metadata import FORMAT
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import Player
from melodyvae.system.errors import UserError, make_printable
from melodyvae.system.version import __version__

SCHEMA = Path(__file__).with_name('card.schema.json')
MAX_TEXT = 4000  # characters of each text of an author
MAX_SOURCES = 20
EXAMPLES = 3
_TYPES: dict[str, type | tuple[type, ...]] = {
    'object': dict,
    'array': list,
    'string': str,
    'number': (int, float),
    'integer': int,
    'null': type(None),
}


@dataclasses.dataclass(frozen=True, slots=True)
class About:
    """What only the author of a model knows.

    Attributes:
      name: of the model; that of the run folder if it is empty.
      author, license, about: texts; may be empty.
      tags: words to find the model by.
      source_licenses: the license of the music by the name of its top folder; '' stands for all
        others.

    Raises:
      UserError: if a text is too long.
    """

    name: str = ''
    author: str = ''
    license: str = ''
    about: str = ''
    tags: tuple[str, ...] = ()
    source_licenses: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ('author', 'license', 'about'):
            if len(getattr(self, name)) > MAX_TEXT:
                raise UserError(f'{name} is longer than {MAX_TEXT:,} characters: shorten it.')

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Reads what `dataclasses.asdict` gave."""
        return cls(**{**values, 'tags': tuple(values['tags'])})


def make_card(
    config: Config,
    threshold: float,
    about: About,
    *,
    sources: list[dict[str, Any]],
    copies: float | None,
    examples: list[dict[str, Any]],
) -> dict[str, Any]:
    """Returns the card of a model.

    Args:
      config: of its run.
      threshold: its calibrated minimum onset probability.
      about: what the author says.
      sources, examples: of `count_sources` and `make_examples`.
      copies: share of the loops it plays that copy a loop of the library; None if unknown.
    """
    grid, pitches, settings = config.grid, row_pitches(config.grid), config.to_dict()
    settings['data']['path'] = ''  # it may name folders of the author
    return {
        'name': make_printable(about.name),
        'author': about.author,
        'license': about.license,
        'about': about.about,
        'tags': list(about.tags),
        'preset': config.name + ('' if config.fidelity == 'documented' else f':{config.fidelity}'),
        'device': config.device.spec.name,
        'features': list(config.features),
        'grid': {
            'rows': grid.rows,
            'steps': grid.steps,
            'steps_per_quarter': grid.steps_per_quarter,
            'lowest_pitch': int(pitches.min()),
            'highest_pitch': int(pitches.max()),
        },
        'dials': [
            dataclasses.asdict(dial)
            for dial in choose_dials(config, config.device.threshold_as_loaded)
        ],
        'threshold': threshold,
        'format': FORMAT,
        'melodyvae': __version__,
        'sources': sources,
        'copies': copies,
        'examples': examples,
        'settings': settings,
    }


def count_sources(loops: Loops, licenses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Counts the files and loops of the 20 largest top folders of a library, the largest first.

    `licenses` are by the name of the folder; '' is that of all others.
    """
    counts: dict[str, list[int]] = {}
    per_file = np.bincount(loops.file, minlength=len(loops.files)).tolist()
    for file, count in zip(loops.files, per_file, strict=True):
        folder, _, below = file.partition('/')
        entry = counts.setdefault(folder if below else '', [0, 0])
        entry[0] += 1
        entry[1] += count
    ordered = sorted(counts.items(), key=lambda entry: -entry[1][1])[:MAX_SOURCES]
    return [
        {
            'name': make_printable(folder),
            'files': files,
            'loops': count,
            'license': licenses.get(folder) or licenses.get('', ''),
        }
        for folder, (files, count) in ordered
    ]


def make_examples(player: Player, z: np.ndarray) -> list[dict[str, Any]]:
    """Returns at most 3 of the points `[n, latent]`, with the MIDI clip that plays at each."""
    with tempfile.TemporaryDirectory() as folder:
        patterns = write_outputs(player, z[:EXAMPLES], Path(folder))
        files = sorted(Path(folder).iterdir())
        counts = map(len, patterns)
        sounding = [(point, count) for point, count in zip(z, counts, strict=False) if count]
        return [
            {
                'z': np.round(point, 4).tolist(),
                'notes': count,
                'midi': base64.b64encode(file.read_bytes()).decode(),
            }
            for (point, count), file in zip(sounding, files, strict=True)
        ]


def check_card(card: object, name: object) -> dict[str, Any]:
    """Returns a card, JSON values of the file `name`, if `card.schema.json` allows it.

    Raises:
      UserError: names the value that is not allowed.
    """
    place = _find_fault(card, _read_schema(), 'card')
    if place:
        raise UserError(f'{name} holds no card: {place} is not as card.schema.json says.')
    assert isinstance(card, dict)
    return card


def render_readme(card: Mapping[str, Any]) -> str:
    """Renders a card as Markdown with YAML front matter, as model hubs show it."""
    tags = ['music', 'midi', 'max-for-live', 'tensorflow.js', *card['tags']]
    front = {
        **({'license': card['license']} if card['license'] else {}),
        'library_name': 'melodyvae',
        'tags': list(dict.fromkeys(tags)),
    }
    grid, copies = card['grid'], card['copies']
    rows = [
        ('Author', card['author'] or 'not given'),
        ('License', card['license'] or 'not given'),
        ('Device', f'{card["device"]}, preset {card["preset"]}'),
        (
            'Grid',
            f'{grid["rows"]} rows (MIDI {grid["lowest_pitch"]} to {grid["highest_pitch"]}) x '
            f'{grid["steps"]} steps, {grid["steps_per_quarter"]} per quarter note',
        ),
        ('Features', ', '.join(card['features'])),
        ('Calibrated threshold', f'{card["threshold"]:.3g}'),
        ('Copies', 'unknown' if copies is None else f'{copies:.0%} of its loops at random points'),
        ('Format', f'{card["format"]}, written by melodyvae {card["melodyvae"]}'),
    ]
    dials = [(dial['name'], dial['setting'], dial['reason']) for dial in card['dials']]
    sources = [
        (
            source['name'] or 'files without a folder',
            str(source['files']),
            str(source['loops']),
            source['license'] or 'not given',
        )
        for source in card['sources']
    ]
    parts = [
        '\n'.join(['---', *(f'{key}: {json.dumps(value)}' for key, value in front.items()), '---']),
        f'# {_escape(card["name"])}',
        *([_escape(card['about'])] if card['about'] else []),
        'A model of two-bar loops for `melodyvae play`, `melodyvae generate` and Max for Live.',
        _make_table(('', ''), rows),
        '## Dials',
        _make_table(('dial', 'setting', 'why'), dials),
        '## Sources',
        _make_table(('folder', 'files', 'loops', 'license'), sources) if sources else 'Unknown.',
        '## Examples',
        '\n'.join(
            f'- [{name_example(number)}]({name_example(number)}): {example["notes"]} notes at z '
            f'{", ".join(f"{value:+.2f}" for value in example["z"])}'
            for number, example in enumerate(card['examples'])
        )
        or 'None.',
        '## Settings',
        f'```json\n{json.dumps(card["settings"])}\n```',
    ]
    return '\n\n'.join(parts) + '\n'


def write_readme(card: Mapping[str, Any], folder: Path) -> None:
    """Writes README.md and the examples of a card into a folder."""
    (folder / 'README.md').write_text(render_readme(card), encoding='utf-8')
    for number, example in enumerate(card['examples']):
        (folder / name_example(number)).write_bytes(base64.b64decode(example['midi']))


def name_example(number: int) -> str:
    """Returns the name of the file of an example, counted from 0."""
    return f'example-{number + 1}.mid'


@functools.cache
def _read_schema() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text(encoding='utf-8'))


def _find_fault(value: object, schema: Mapping[str, Any], place: str) -> str:
    """Returns the place of the first value that a schema does not allow; '' if it allows all."""
    types = schema['type'] if isinstance(schema['type'], list) else [schema['type']]
    if isinstance(value, bool) or not any(isinstance(value, _TYPES[kind]) for kind in types):
        return place
    if isinstance(value, dict) and 'properties' in schema:
        if value.keys() != schema['properties'].keys():
            return place
        parts = [(value[key], part, f'{place}.{key}') for key, part in schema['properties'].items()]
    elif isinstance(value, list):
        parts = [(item, schema['items'], f'{place}[{n}]') for n, item in enumerate(value)]
    else:
        return ''
    return next(filter(None, (_find_fault(*part) for part in parts)), '')


def _make_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ['---'] * len(header), *([*map(_escape, row)] for row in rows)]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def _escape(text: str) -> str:
    """Escapes what Markdown and HTML would take for markup, and joins the lines."""
    plain = html.escape(make_printable(' '.join(text.split())), quote=False)
    return re.sub(r'([\\`*_\[\]|#])', r'\\\1', plain)
