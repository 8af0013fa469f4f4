"""Places on a figure, and rectangles."""

import numpy as np
import pytest
from matplotlib.cm import ScalarMappable

from melodyvae.pages.panels import add_color_bar, add_rectangles, build_panels


def inches(axes) -> list[float]:
    """Left, bottom, width and height."""
    return (axes.get_position().bounds * np.tile(axes.figure.get_size_inches(), 2)).tolist()


@pytest.mark.parametrize(
    ('columns', 'size', 'places'),
    [(2, (11.5, 8), [(1, 4.25), (5.5, 4.25), (1, 0.25)]), (4, (16, 4), [(1, 0.25)])],
)
def test_panels_fill_rows_from_the_top_and_a_color_bar_stands_on_the_right(columns, size, places):
    room = {'between': (0.5, 1), 'room': (1, 2, 0.25, 0.75)}
    figure, panels = build_panels(3, columns, (4, 3), **room)
    np.testing.assert_allclose(figure.get_size_inches(), size)
    for place, panel in zip(places, panels, strict=False):
        np.testing.assert_allclose(inches(panel), (*place, 4, 3))
    add_color_bar(panels, ScalarMappable(), label='velocity')
    bar = figure.axes[-1]
    left, bottom, _, height = inches(bar)
    assert left > size[0] - 2 and bar.get_ylabel() == 'velocity'
    np.testing.assert_allclose((bottom, height), (0.25, size[1] - 1))


def test_rectangles_lie_where_they_are_told():
    _, (axes,) = build_panels(1, 1, (4, 3), between=(0, 0), room=(1, 1, 1, 1))
    rectangles = add_rectangles(
        axes, np.array([1.0, 5]), np.array([10, 20]), width=np.array([2, 3]), height=1
    )
    boxes = [path.get_extents().bounds for path in rectangles.get_paths()]
    assert boxes == [(1, 9.5, 2, 1), (5, 19.5, 3, 1)]
