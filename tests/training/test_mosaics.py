"""Tiles and places on the pad."""

import numpy as np

from melodyvae.training import mosaics as module
from melodyvae.training.mosaics import lay_mosaics


def lay(places, *, segments=4, alike=False):
    return lay_mosaics(np.array(places, float), segments, 2.0, 30, 0, alike=alike)


def test_at_its_place_every_segment_is_a_loops_own():
    places = np.random.default_rng(0).standard_normal((50, 2))
    mosaics = lay(places)
    found = mosaics.find_tiles(places)
    assert (found == 30 + np.arange(50)[:, None]).all()


def test_places_take_no_more_than_their_share(monkeypatch):
    places = np.random.default_rng(0).standard_normal((200, 2))
    monkeypatch.setattr(module, 'OWN_BORDER', 1.0)
    assert lay(places).radius.max(axis=0).sum() <= 1.01
    monkeypatch.setattr(module, 'OWN_BORDER', 100)
    monkeypatch.setattr(module, 'OWN_SHARE', 0.1)
    mosaics = lay(places)
    z = np.random.default_rng(1).standard_normal((5000, 2))
    assert 0.02 < np.mean((mosaics.find_tiles(z) >= 30).all(axis=1)) < 0.12


def test_places_do_not_overlap():
    mosaics = lay([[0, 0], [0.01, 0], [1, 1]])
    assert (mosaics.radius[:, 0] + mosaics.radius[:, 1] < 0.01).all()
    assert (mosaics.radius > 0).all()


def test_segments_have_mosaics_of_their_own_unless_halves_are_alike():
    z = np.random.default_rng(1).uniform(-2, 2, (500, 2))
    found = lay([[0, 0]]).find_tiles(z)
    assert len(np.unique(found, axis=0)) > 150
    alike = lay([[0, 0]], alike=True)
    np.testing.assert_array_equal(alike.sites[:2], alike.sites[2:])


def test_tiles_cover_the_pad():
    sites = lay([[0, 0]]).sites
    corners = np.array([(x, y) for x in (-2, 2) for y in (-2, 2)])
    away = np.linalg.norm(sites[:, :, None] - corners, axis=-1).min(axis=1)
    assert away.max() < 1.6
    assert np.abs(sites).max() <= 2.5
