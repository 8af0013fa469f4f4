"""The plots of `plots` as images embedded in the report."""

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
    """An embedded image: a data URI, and a text that says what it shows."""

    source: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class LatentMap:
    """Maps with different colors, and their common title."""

    title: str
    pictures: list[Picture]


def draw_latent_maps(player: Player, loops: Loops) -> LatentMap:
    """Draws the latent map twice: colored by the number of notes and by mean pitch."""
    figure = plots.map_loops(player, loops)
    title = figure.get_suptitle()
    figure.suptitle('')
    panels = list(zip(figure.axes[:2], figure.axes[2:], strict=True))  # each with its color bar
    pictures = []
    for panel in panels:
        for axes in figure.axes:
            axes.set_visible(axes in panel)
        label = f'The loops in the latent space, colored by {panel[1].get_ylabel()}'
        pictures.append(Picture(make_data_uri('image/png', _write_png(figure)), label))
    return LatentMap(title, pictures)


def draw_curves(metrics: Path) -> list[Picture]:
    """Draws one picture per metric of `metrics.csv`.

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
    """Encodes the content of a file as a data URI of a media type."""
    return f'data:{kind};base64,{base64.b64encode(content).decode("ascii")}'


def _write_svg(figure: 'Figure') -> bytes:
    import matplotlib as mpl  # deferred: slow to import

    buffer = io.BytesIO()
    # Keep text as text: a third of the size, in any sans-serif font of the reader.
    with mpl.rc_context({'svg.fonttype': 'none'}):
        figure.savefig(buffer, format='svg', metadata={'Date': None, 'Creator': None})
    return buffer.getvalue()


def _write_png(figure: 'Figure') -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png', dpi=MAP_DOTS_PER_INCH, bbox_inches='tight')
    return buffer.getvalue()
