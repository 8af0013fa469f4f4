"""Plots of the report: what `plots` draws, as images that the page holds itself."""

import base64
import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from melodyvae.errors import UserError
from melodyvae.loops.loops import Loops
from melodyvae.playing.player import Player, encode
from melodyvae.report import plots
from melodyvae.run_folder import read_history

if TYPE_CHECKING:
    from matplotlib.figure import Figure


MOST_MAPPED = 5000  # loops on the latent map
BATCH = 256
MAP_DOTS_PER_INCH = 110


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """An image of the page: a data URI, and what it shows in words."""

    source: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class LatentMap:
    """Maps by different colours, and what all of them show."""

    title: str
    pictures: list[Picture]


def latent_map(player: Player, loops: Loops) -> LatentMap:
    """Where loops lie: one map by the number of notes and one by mean pitch."""
    loops = loops.take_at_most(MOST_MAPPED)
    patterns = [loops[index] for index in range(len(loops))]
    z_means = [
        encode(player, patterns[start : start + BATCH])[0]
        for start in range(0, len(patterns), BATCH)
    ]
    figure = plots.latent_figure(np.concatenate(z_means), loops, player.config.device.pad)
    title = figure.get_suptitle()
    figure.suptitle('')
    panels = list(zip(figure.axes[:2], figure.axes[2:], strict=True))  # each with its colours
    pictures = []
    for panel in panels:
        for axes in figure.axes:
            axes.set_visible(axes in panel)
        label = f'Where the loops lie in the latent space, coloured by {panel[1].get_ylabel()}'
        pictures.append(Picture(data_uri('image/png', _png(figure)), label))
    return LatentMap(title, pictures)


def curves(metrics: Path) -> list[Picture]:
    """A picture for each metric of `metrics.csv`.

    Raises:
      UserError: if no epoch has ended, or the file cannot be read.
    """
    try:
        history = {name: np.array(values) for name, values in read_history(metrics).items()}
    except (ValueError, TypeError) as error:
        raise UserError(f'{metrics.name} cannot be read: {error}.') from error
    if 'epoch' not in history:
        raise UserError(f'No epoch has ended: {metrics.name} holds none.')
    pictures = []
    for name, title in plots.CURVES.items():
        if name in history:
            columns = [column for column in ('epoch', name, f'val_{name}') if column in history]
            figure = plots.loss_figure({column: history[column] for column in columns})
            ends = [f'{history[column][-1]:.4g}' for column in columns[1:]]
            label = f'{title} by epoch; at the end {" in training, held out ".join(ends)}'
            pictures.append(Picture(data_uri('image/svg+xml', _svg(figure)), label))
    return pictures


def data_uri(kind: str, content: bytes) -> str:
    """A file of a media type as a link that holds all of it."""
    return f'data:{kind};base64,{base64.b64encode(content).decode("ascii")}'


def _svg(figure: 'Figure') -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    # Text stays text: a third of the size, in whatever sans-serif is there.
    with mpl.rc_context({'svg.fonttype': 'none'}):
        figure.savefig(buffer, format='svg', metadata={'Date': None, 'Creator': None})
    return buffer.getvalue()


def _png(figure: 'Figure') -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=MAP_DOTS_PER_INCH, bbox_inches='tight')
    return buffer.getvalue()
