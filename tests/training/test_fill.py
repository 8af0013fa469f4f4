"""What sounds in the tiles of a pad."""

import numpy as np
import pytest

from melodyvae.config.settings import Config, GridConfig, PadConfig
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.training.compose import cut_segments
from melodyvae.training.fill import TileFiller
from melodyvae.training.mosaics import lay_mosaics, lay_points
from melodyvae.training.statistics import count_statistics

GRID = GridConfig(rows=24, steps=16, steps_per_quarter=2, minimum_onsets=1)
PAD = 2.0


@pytest.fixture(scope='module')
def filled():
    """A pad of melodies of 8 to 16 notes; a quarter of them repeat their first half."""
    random = np.random.default_rng(0)
    patterns = []
    for number in range(60):
        rows = np.clip(10 + np.cumsum(random.integers(-2, 3, 16)), 0, 23)
        sounds = random.random(16) < random.uniform(0.4, 1)
        sounds[::4] = True
        if number % 4 == 0:
            rows[8:], sounds[8:] = rows[:8], sounds[:8]
        steps = np.flatnonzero(sounds)
        patterns.append(np.array([(rows[step], step, 0.5, 0.1, 0) for step in steps], NOTE))
    loops = Loops.from_files([('a', list(enumerate(patterns)))], GRID)
    segments = cut_segments(loops, 10)
    z = random.standard_normal((60, 2))
    mosaics = lay_mosaics(z[:10], segments.places, 60, PAD, 0)
    points = lay_points(21, PAD)
    donor = ((points[:, None] - z) ** 2).sum(axis=-1).argmin(axis=1)
    guide = np.zeros((len(points), 24, 16), np.float32)
    config = Config(pad=PadConfig(smoothness=1.0))
    filler = TileFiller(mosaics, segments, np.ones(60), guide, donor, points, config)
    return segments, mosaics, filler.fill(0)


def hear(filled, count=1000):
    segments, mosaics, content = filled
    at = mosaics.find_tiles(np.random.default_rng(9).standard_normal((count, 2)))
    return np.take_along_axis(content.T, at, axis=0), segments


def test_what_is_counted_is_as_in_the_library(filled):
    kinds, segments = hear(filled)
    played = count_statistics(segments, kinds, np.full(len(kinds), 1 / len(kinds)))
    own = np.stack(segments.of, axis=1)
    library = count_statistics(segments, own, np.full(len(own), 1 / len(own)))
    assert np.minimum(played.notes, library.notes).sum() > 0.75
    assert played.pitches == pytest.approx(library.pitches, rel=0.15)
    assert library.returning / 3 < played.returning < 1.5 * library.returning
    assert played.matches @ np.arange(8) == pytest.approx(library.matches @ np.arange(8), rel=0.3)


def test_as_many_loops_differ_as_are_asked_for(filled):
    kinds, _ = hear(filled)
    assert len(np.unique(kinds, axis=0)) / len(kinds) == pytest.approx(0.65, abs=0.12)


def test_hardly_any_leap_is_wider_than_the_librarys(filled):
    kinds, segments = hear(filled)
    onset = np.concatenate(
        [on[kind] for on, kind in zip(segments.on, kinds.T, strict=True)], axis=2
    )
    widest = [np.abs(np.diff(one.argmax(axis=0)[one.any(axis=0)])).max(initial=0) for one in onset]
    assert np.mean(np.array(widest) > segments.widest) <= 0.005
