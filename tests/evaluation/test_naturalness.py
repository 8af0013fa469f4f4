"""Figures of literal melodies, and of real tunes within bands."""

import dataclasses

import numpy as np
import pytest
from tunes import make_loops

from benchmarks.libraries import write_grooves
from melodyvae.config import preset
from melodyvae.evaluation import naturalness
from melodyvae.evaluation.metrics import METRICS, REAL
from melodyvae.evaluation.naturalness import measure_naturalness
from melodyvae.ingest.folk import read_folk_loops
from melodyvae.ingest.ingest import ingest


@pytest.fixture(scope='module')
def folk_loops():
    return read_folk_loops(preset('melodyvae').grid)[0][:2500]


SCALE = [(0, 0), (4, 2), (8, 4), (12, 5)]
LEAPS = [(0, 0), (4, 12), (8, 12), (12, 12)]


def measure(played, training=(SCALE,), held_out=(LEAPS,)):
    played = make_loops(list(played))
    z = np.zeros((len(played), 2))
    return measure_naturalness(played, z, make_loops(list(training)), make_loops(list(held_out)))


def test_intervals_and_pitches_are_counted():
    found = measure([SCALE, LEAPS])
    assert found['octave_leaps'] == pytest.approx(1 / 6)
    assert found['repeated_notes'] == pytest.approx(2 / 6)
    assert found['commonest_pitch'] == pytest.approx((1 / 4 + 3 / 4) / 2)
    assert found['distinct_pitches'] == 3
    assert found['real_octave_leaps'] == pytest.approx(1 / 3)
    assert {key.removeprefix(REAL) for key in found} <= METRICS.keys()


def test_copies_and_repeats_are_counted_and_silence_is_not():
    found = measure([SCALE, SCALE, LEAPS, []])
    assert (
        found['exact_copies'] == found['bar_copies'] == found['near_copies'] == pytest.approx(2 / 3)
    )
    assert found['distinct_outputs'] == pytest.approx(2 / 3)
    assert found['visited_loops'] == 1
    assert measure([LEAPS])['visited_loops'] == 0


def test_held_out_twins_are_not_real_ones():
    assert 'real_bits' not in measure([SCALE], held_out=[[(s, r + 3) for s, r in SCALE]])


def test_silence_has_no_figures():
    found = measure([[]])
    assert not [key for key in found if not key.startswith('real_')]


def test_real_tunes_are_more_like_tunes_than_their_notes_shuffled(folk_loops, monkeypatch):
    """Bands around the figures of the embedded tunes; some loops stand in for all."""
    monkeypatch.setattr(naturalness, 'MAX_LEFT_OUT_LOOPS', 20)  # of these bits nothing is said
    held_out = folk_loops.take(np.flatnonzero(folk_loops.file % 5 == 0))
    training = folk_loops.take(np.flatnonzero(folk_loops.file % 5 > 0))
    rows = np.random.default_rng(0).permutation(held_out.cells['row'])
    cells = held_out.cells.copy()
    cells['row'] = rows
    shuffled = dataclasses.replace(held_out, cells=cells)
    z = np.random.default_rng(1).standard_normal((len(shuffled), 2))
    found = measure_naturalness(shuffled, z, training, held_out)
    assert 3 < found['real_bits'] < 6.5
    assert found['bits'] > found['real_bits'] + 2
    assert found['judge_auc'] > 0.9
    assert found['real_judge_auc'] < 0.7
    assert 5 < found['real_distinct_pitches'] < 9
    assert 0.02 < found['real_repeated_notes'] < 0.15
    assert 0.2 < found['real_commonest_pitch'] < 0.4


@pytest.fixture(scope='module')
def grooves(tmp_path_factory):
    """Loops of made grooves to learn from, and to hold out."""
    folder = tmp_path_factory.mktemp('drums') / 'grooves'
    write_grooves(folder, 40)
    loops, _ = ingest([folder], preset('drums').grid)
    held_out = loops.file % 4 == 0
    return loops.take(np.flatnonzero(~held_out)), loops.take(np.flatnonzero(held_out))


def test_drums_whose_hits_are_shuffled_surprise_more_than_real_ones(grooves):
    training, held_out = grooves
    cells = held_out.cells.copy()
    cells['row'] = np.random.default_rng(0).permutation(cells['row'])
    shuffled = dataclasses.replace(held_out, cells=cells)
    found = measure_naturalness(shuffled, None, training, held_out)
    assert found['bits'] > found['real_bits'] + 2
    assert found['real_bits_without_nearest'] >= found['real_bits'] > 0
    assert found['near_copies'] < 0.1 and found['distinct_outputs'] > 0.9


def test_drums_that_are_copied_surprise_less_than_real_ones(grooves):
    training, held_out = grooves
    found = measure_naturalness(training.take(np.arange(20)), None, training, held_out)
    assert found['bits'] < found['real_bits']
    assert found['near_copies'] == 1
