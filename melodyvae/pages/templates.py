"""The templates of all pages, and the scripts and styles that `web/build.mjs` builds for them."""

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from melodyvae.evaluation.metrics import format_figure
from melodyvae.system.atomic import new_file

HERE = Path(__file__).parent
ASSETS = HERE / 'assets'


def read_asset(name: str) -> Markup:
    """Returns the text of a script or style."""
    return Markup((ASSETS / name).read_text(encoding='utf-8'))


def hash_asset(name: str) -> str:
    """Returns the hash of a script or style, as a content security policy names it."""
    digest = hashlib.sha256(read_asset(name).encode()).digest()
    return f'sha256-{base64.b64encode(digest).decode()}'


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters['figure'] = format_figure
    environment.globals |= {'read_asset': read_asset, 'hash_asset': hash_asset}
    return environment


def render(template: str, **values: Any) -> str:
    """Renders the page of a template, a file name; the template escapes the values."""
    return _environment().get_template(template).render(values)


def retitle(path: Path, old: str, new: str) -> None:
    """Replaces the name of a run in its report, which takes seconds to write again."""
    page = path.read_bytes()  # it may be somebody else's, and damaged
    for tag, end in (('<h1>', '</h1>'), ('<title>', ': report')):
        before, after = (f'{tag}{escape(name)}{end}'.encode() for name in (old, new))
        page = page.replace(before, after, 1)
    with new_file(path, overwrite=True) as temporary:
        temporary.write_bytes(page)
