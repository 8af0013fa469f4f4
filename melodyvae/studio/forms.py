"""Forms that the page of the studio sends."""

import json
from typing import Any, BinaryIO

from starlette.datastructures import FormData, UploadFile

from melodyvae.config.presets import preset_names
from melodyvae.playing.card import About
from melodyvae.studio.check import check_choices
from melodyvae.system.errors import UserError


def read_config(form: FormData) -> tuple[str, dict[str, Any]]:
    """Returns the preset that a form names, and the settings that it chooses."""
    config = str(form.get('config', ''))
    if config not in preset_names():
        raise UserError('There is no such preset.')
    try:
        choices = json.loads(str(form.get('choices', '{}')))
    except (ValueError, RecursionError):
        choices = None
    return config, check_choices(choices)


def list_uploads(form: FormData) -> list[tuple[str, BinaryIO]]:
    """Returns name and content of the files of a form."""
    files = [file for file in form.getlist('files') if isinstance(file, UploadFile)]
    return [(file.filename or '', file.file) for file in files]


def read_about(form: FormData) -> About:
    """Reads the fields of the model card."""
    author, license, about, terms = (
        str(form.get(name, '')) for name in ('author', 'license', 'about', 'source_license')
    )
    return About(author=author, license=license, about=about, source_licenses={'': terms})
