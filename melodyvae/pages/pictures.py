"""Plots of the report: what `plots` draws, as images that the page holds itself."""

import base64
import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING

from melodyvae.evaluation.metrics import METRICS
from melodyvae.loops.loops import Loops
from melodyvae.pages import plots
from melodyvae.playing.player import Player

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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


def draw_latent_maps(player: Player, loops: Loops) -> LatentMap:
    """Draws where loops lie: one map by the number of notes and one by mean pitch."""
    figure = plots.map_loops(player, loops)
    title = figure.get_suptitle()
    figure.suptitle('')
    panels = list(zip(figure.axes[:2], figure.axes[2:], strict=True))  # each with its colours
    pictures = []
    for panel in panels:
        for axes in figure.axes:
            axes.set_visible(axes in panel)
        label = f'Where the loops lie in the latent space, coloured by {panel[1].get_ylabel()}'
        pictures.append(Picture(make_data_uri('image/png', _write_png(figure)), label))
    return LatentMap(title, pictures)


def draw_curves(metrics: Path) -> list[Picture]:
    """Draws a picture for each metric of `metrics.csv`.

    Raises:
      UserError: if no epoch has ended, or the file cannot be read.
    """
    history = plots.read_epochs(metrics)
    pictures = []
    for name in plots.CURVES:
        if name in history:
            columns = [column for column in ('epoch', name, f'val_{name}') if column in history]
            figure = plots.draw_loss_curves({column: history[column] for column in columns})
            ends = [f'{history[column][-1]:.4g}' for column in columns[1:]]
            label = (
                f'{METRICS[name].label_with_unit} by epoch; at the end '
                f'{" in training, held out ".join(ends)}'
            )
            pictures.append(Picture(make_data_uri('image/svg+xml', _write_svg(figure)), label))
    return pictures


def make_data_uri(kind: str, content: bytes) -> str:
    """Makes a link of a media type that holds all of a file."""
    return f'data:{kind};base64,{base64.b64encode(content).decode("ascii")}'


def _write_svg(figure: 'Figure') -> bytes:
    import matplotlib as mpl

    buffer = io.BytesIO()
    # Text stays text: a third of the size, in whatever sans-serif is there.
    with mpl.rc_context({'svg.fonttype': 'none'}):
        figure.savefig(buffer, format='svg', metadata={'Date': None, 'Creator': None})
    return buffer.getvalue()


def _write_png(figure: 'Figure') -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=MAP_DOTS_PER_INCH, bbox_inches='tight')
    return buffer.getvalue()
