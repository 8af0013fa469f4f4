"""What one setting allows, and how it says so."""

import dataclasses
import math

import pytest

from melodyvae.config.field import define, find_settings, get_value, set_value


@dataclasses.dataclass(slots=True, kw_only=True)
class Inner:
    """A section."""

    count: int = define(2, 'How many.', low=1, high=9)
    size: float = define(0.5, 'How large.', low=0)
    on: bool = define(True, 'Whether.')
    text: str = define('', 'What.')
    way: str = define('up', 'Which way.', choices=('up', 'down'))


@dataclasses.dataclass(slots=True, kw_only=True)
class Outer:
    """Holds a section."""

    shifts: tuple[int, ...] = define((), 'By which.', low=-5, high=5)
    parts: tuple[str, ...] = define(('a', 'b'), 'Of it.', choices=('a', 'b', 'c'))
    inner: Inner = dataclasses.field(default_factory=Inner)


SETTINGS = {setting.name: setting for setting in find_settings(Outer)}


def test_settings_are_found_with_those_of_their_sections_in_order():
    assert list(SETTINGS) == [
        'shifts',
        'parts',
        'inner.count',
        'inner.size',
        'inner.on',
        'inner.text',
        'inner.way',
    ]
    count = SETTINGS['inner.count']
    assert (count.flag, count.help, count.default) == ('--config.inner.count', 'How many.', 2)
    assert (count.type, count.several, count.low, count.high) == (int, False, 1, 9)


@pytest.mark.parametrize(
    ('name', 'right', 'wrong'),
    [
        ('shifts', [(), (-5, 5), (0,)], [(6,), (1.0,), ('1',), (True,), [1], 1, 'abc', None]),
        ('parts', [('a',), ('a', 'c'), ()], [('b', 'a'), ('a', 'a'), ('d',), 'a', ['a']]),
        ('inner.count', [1, 9], [0, 10, 10**400, 2.0, 2.5, True, '2', None, math.nan]),
        ('inner.size', [0, 1, 0.5, 1e30], [-1e-9, math.nan, math.inf, True, '1', None]),
        ('inner.on', [True, False], [0, 1, 'no', 'true', None]),
        ('inner.text', ['', 'x'], [1, None, ('x',)]),
        ('inner.way', ['up', 'down'], ['', 'Up', None, 1]),
    ],
)
def test_type_range_and_choices_are_held(name, right, wrong):
    assert [value for value in right if not SETTINGS[name].allows(value)] == []
    assert [value for value in wrong if SETTINGS[name].allows(value)] == []


def test_values_are_read_and_changed_by_name():
    outer = Outer()
    set_value(outer, 'inner.count', 4)
    set_value(outer, 'shifts', (1,))
    assert (outer.inner.count, outer.shifts) == (4, (1,))
    assert (get_value(outer, 'inner.count'), get_value(outer, 'shifts')) == (4, (1,))
