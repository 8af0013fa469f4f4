"""Panels of a Matplotlib figure, placed in inches, color bars and rectangles.

Matplotlib could find the room for labels itself, but would take twice as long.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure

BAR = 0.12  # width of a color bar, and its distance to the panels


def build_panels(
    count: int,
    columns: int,
    size: tuple[float, float],
    *,
    between: tuple[float, float],
    room: tuple[float, float, float, float],
) -> tuple['Figure', list['Axes']]:
    """Builds a figure with panels in rows.

    Args:
      count: number of panels.
      columns: maximum number of columns.
      size: width and height of each, in inches like all others.
      between: space between columns, and between rows.
      room: left, right, below and above all panels.
    """
    from matplotlib.figure import Figure  # deferred: slow to import

    columns = min(columns, count)
    rows = math.ceil(count / columns)
    left, right, below, above = room
    step = np.add(size, between)
    whole = step * (columns, rows) - between + (left + right, below + above)
    figure = Figure((whole[0], whole[1]), facecolor='white')
    panels = []
    for place in range(count):
        row, column = divmod(place, columns)
        x, y = step * (column, rows - 1 - row) + (left, below)
        box = np.array([x, y, *size]) / (*whole, *whole)
        panels.append(figure.add_axes((box[0], box[1], box[2], box[3])))
    return figure, panels


def add_color_bar(
    panels: Sequence['Axes'], colors: 'ScalarMappable', *, label: str, extend: str = 'neither'
) -> None:
    """Adds a color bar on the right of panels, as high as all of them."""
    figure = panels[0].get_figure(root=True)
    assert figure
    boxes = [axes.get_position() for axes in panels]
    left = max(box.x1 for box in boxes)
    bottom, top = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    wide = BAR / figure.get_figwidth()
    bar = figure.add_axes((left + wide, bottom, wide, top - bottom), label='<colorbar>')
    figure.colorbar(colors, cax=bar, label=label, extend=extend)


def add_rectangles(
    axes: 'Axes', left: np.ndarray, middle: np.ndarray, *, width: np.ndarray | float, height: float
) -> 'PolyCollection':
    """Adds rectangles as one collection, which is drawn much faster than patches.

    Args:
      axes: to draw on.
      left: `[n]`, left edges.
      middle: `[n]`, vertical centers.
      width: `[n]`, or one for all.
      height: one for all.
    """
    from matplotlib.collections import PolyCollection  # deferred: slow to import

    x = np.stack([left, left, left + width, left + width], axis=1)
    y = middle[:, None] + height * np.array([-0.5, 0.5, 0.5, -0.5])
    rectangles = PolyCollection(list(np.stack([x, y], axis=2)))
    axes.add_collection(rectangles)
    return rectangles
