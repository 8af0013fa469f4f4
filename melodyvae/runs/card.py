"""The card of a run: what its author says, and what its training has found."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from melodyvae.ingest.folk import LICENSES
from melodyvae.loops.loops import Loops
from melodyvae.playing.card import (
    About,
    check_card,
    count_sources,
    make_card,
    make_examples,
    write_readme,
)
from melodyvae.playing.exported import is_exported, load_exported, read_exported_card
from melodyvae.playing.integrity import seal
from melodyvae.playing.player import Player
from melodyvae.runs.folder import RunFolder
from melodyvae.system.atomic import write_json
from melodyvae.system.errors import UserError


def write_about(run: RunFolder, about: About, name: str) -> None:
    """Writes `about.json`; `name` is that of the model unless the author gives another."""
    about = dataclasses.replace(about, name=about.name or name)
    write_json(dataclasses.asdict(about), run.about)


def write_card(
    run: RunFolder, player: Player, loops: Loops, z: np.ndarray, copies: float | None
) -> None:
    """Writes `card.json`.

    Args:
      run: the folder.
      player: of its finished model.
      loops: the library.
      z: `[n, latent]` points for examples, of which the first three are taken.
      copies: share of the loops at random points that copy the library.
    """
    about = _read_about(run)
    card = make_card(
        run.config,
        player.threshold,
        about,
        sources=count_sources(loops, {**LICENSES, **about.source_licenses}),
        copies=copies,
        examples=make_examples(player, z),
    )
    write_json(card, run.card)


def read_card(run: RunFolder) -> dict[str, Any]:
    """Reads the card of a run, or makes one of what is known about a run that has none.

    Raises:
      UserError: if it cannot be read.
    """
    if not run.card.exists():
        threshold = run.summary.get('threshold', run.config.device.threshold_as_loaded)
        about = _read_about(run)
        return make_card(run.config, threshold, about, sources=[], copies=None, examples=[])
    return check_card(_read_json(run.card), run.card)


def find_card(source: Path) -> dict[str, Any]:
    """Returns the card of a run or of a TF.js model, as paths.

    Raises:
      UserError: if it cannot be read, or the model has none.
    """
    if not is_exported(source):
        return read_card(RunFolder(source))
    load_exported(source)
    card = read_exported_card(source)
    if card is None:
        raise UserError(f'{source} has no card: a device or an earlier version wrote it.')
    return card


def rename_card(run: RunFolder, old: str, new: str) -> None:
    """Gives the cards of a run and of its model a new name, unless the author chose another one.

    Raises:
      UserError: if a card cannot be read, or the model is damaged.
    """
    model, exported = run.own_export, None
    if model.is_dir():
        load_exported(model)
        exported = read_exported_card(model)
    card = read_card(run) if run.card.exists() else None
    if run.about.exists() and (about := _read_about(run)).name == old:
        write_about(run, dataclasses.replace(about, name=new), new)
    if card and card['name'] == old:
        write_json(card | {'name': new}, run.card)
    if exported and exported['name'] == old:
        seal(model, {'card': exported | {'name': new}})
        write_readme(exported | {'name': new}, model)


def _read_about(run: RunFolder) -> About:
    if not run.about.exists():
        return About(name=run.path.resolve().name)
    try:
        return About.from_dict(_read_json(run.about))
    except (TypeError, KeyError) as error:
        raise UserError(f'{run.about} cannot be read: {error}. Remove it.') from error


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UserError(f'{path} cannot be read: {error}. Remove it.') from error
