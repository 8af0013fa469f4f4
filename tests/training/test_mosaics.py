"""Tiles and places on the pad."""

import numpy as np

from melodyvae.training.mosaics import OWN_SHARE, lay_mosaics


def lay(places, segments=4):
    return lay_mosaics(np.array(places, float), segments, 30, 2.0, 0)


def test_places_take_no_more_than_their_share():
    mosaics = lay(np.random.default_rng(0).standard_normal((30, 2)))
    z = np.random.default_rng(1).standard_normal((20_000, 2))
    share = np.mean((mosaics.find_tiles(z) >= 30).all(axis=1))
    assert 0.5 * OWN_SHARE < share < 1.5 * OWN_SHARE


def test_dials_reach_places():
    places = np.random.default_rng(0).standard_normal((100, 2))
    mosaics = lay(places)
    alone = mosaics.radius > np.abs(places - places.round(2)).sum(axis=1)
    assert alone.mean() > 0.8
    found = mosaics.find_tiles(places.round(2))
    assert (found[alone] == 30 + np.flatnonzero(alone)[:, None]).all()


def test_places_do_not_overlap():
    mosaics = lay([[0, 0], [0.01, 0], [1, 1]])
    assert mosaics.radius[0] + mosaics.radius[1] < 0.01
    assert (mosaics.radius > 0).all()


def test_segments_have_mosaics_of_their_own():
    z = np.random.default_rng(1).uniform(-2, 2, (500, 2))
    found = lay([[0, 0]]).find_tiles(z)
    assert len(np.unique(found, axis=0)) > 150


def test_tiles_beside_each_other_are_found():
    mosaics = lay([[0, 0], [1, 1]])
    for tile, (near, border) in enumerate(mosaics.find_neighbors(0)):
        assert tile not in near and len(near) >= 2
        assert np.isclose(border.sum(), 1, atol=1e-5)
        for other in near[near < 30]:
            assert tile in mosaics.find_neighbors(0)[other][0]
    home = np.sum((mosaics.sites[0][:, None] - mosaics.places) ** 2, axis=-1).argmin(axis=0)
    assert 30 in mosaics.find_neighbors(0)[home[0]][0]


def test_tiles_cover_the_pad():
    sites = lay([[0, 0]]).sites
    corners = np.array([(x, y) for x in (-2, 2) for y in (-2, 2)])
    away = np.linalg.norm(sites[:, :, None] - corners, axis=-1).min(axis=1)
    assert away.max() < 1.6
    assert np.abs(sites).max() <= 2.5
