"""The templates of all pages, and the scripts and styles that `web/build.mjs` builds for them."""

import functools
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from melodyvae.evaluation.metrics import format_figure
from melodyvae.system.atomic import new_file

HERE = Path(__file__).parent


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
    return environment


def retitle(path: Path, old: str, new: str) -> None:
    """Replaces the name of a run in its report, which takes seconds to write again."""
    page = path.read_bytes()  # it may be somebody else's, and damaged
    for tag, end in (('<h1>', '</h1>'), ('<title>', ': report')):
        before, after = (f'{tag}{escape(name)}{end}'.encode() for name in (old, new))
        page = page.replace(before, after, 1)
    with new_file(path, overwrite=True) as temporary:
        temporary.write_bytes(page)


def render(template: str, asset: str = '', **values: Any) -> str:
    """Renders a page.

    Args:
      template: file name.
      asset: name of its script and style in `assets`, if it has any; the template gets them as
        `script` and `style`.
      **values: for the template, which escapes them.
    """
    if asset:
        for name, suffix in (('script', 'js'), ('style', 'css')):
            text = (HERE / 'assets' / f'{asset}.{suffix}').read_text(encoding='utf-8')
            values[name] = Markup(text)
    return _environment().get_template(template).render(values)
