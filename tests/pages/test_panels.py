"""Places on a figure, and rectangles."""

import numpy as np
from matplotlib.cm import ScalarMappable

from melodyvae.pages.panels import add_color_bar, add_rectangles, build_panels

ROOM = {'between': (0.5, 1), 'room': (1, 2, 0.25, 0.75)}


def inches(axes) -> list[float]:
    """Left, bottom, width and height."""
    return (axes.get_position().bounds * np.tile(axes.figure.get_size_inches(), 2)).tolist()


def test_panels_fill_rows_from_the_top():
    figure, panels = build_panels(3, 2, (4, 3), **ROOM)
    np.testing.assert_allclose(figure.get_size_inches(), (1 + 4 + 0.5 + 4 + 2, 0.25 + 7 + 0.75))
    places = [(1, 4.25), (5.5, 4.25), (1, 0.25)]
    np.testing.assert_allclose([inches(panel) for panel in panels], [(*p, 4, 3) for p in places])


def test_fewer_panels_than_columns_make_a_narrow_figure():
    figure, panels = build_panels(1, 4, (4, 3), **ROOM)
    np.testing.assert_allclose(figure.get_size_inches(), (7, 4))
    assert len(panels) == 1


def test_a_color_bar_stands_on_the_right_of_all_panels():
    figure, panels = build_panels(4, 2, (4, 3), **ROOM)
    add_color_bar(panels, ScalarMappable(), label='velocity')
    bar = figure.axes[-1]
    left, bottom, _, height = inches(bar)
    assert left > 9.5
    np.testing.assert_allclose((bottom, height), (0.25, 7))
    assert bar.get_ylabel() == 'velocity'


def test_rectangles_lie_where_they_are_told():
    _, (axes,) = build_panels(1, 1, (4, 3), **ROOM)
    rectangles = add_rectangles(
        axes, np.array([1.0, 5]), np.array([10, 20]), width=np.array([2, 3]), height=1
    )
    boxes = [path.get_extents().bounds for path in rectangles.get_paths()]
    assert boxes == [(1, 9.5, 2, 1), (5, 19.5, 3, 1)]
