"""Variations in a zip, and paths from one snapshot to another, in Chromium."""

import io
import zipfile

import numpy as np
from browsers import run_job


def cells(*steps):
    return [{'row': 0, 'step': step} for step in steps]


def test_variations_differ_as_much_as_they_can():
    patterns = [cells(0, 4, 8), cells(0, 4, 8), cells(), cells(0, 4, 9), cells(1, 2, 3)]
    assert run_job('differ', {'patterns': patterns, 'count': 2}) == [0, 4]
    assert run_job('differ', {'patterns': patterns, 'count': 8}) == [0, 4, 3]
    assert run_job('differ', {'patterns': [[], []], 'count': 4}) == []


def test_a_silent_point_does_not_become_a_variation():
    patterns = [cells(), cells(3), cells(4)]
    assert run_job('differ', {'patterns': patterns, 'count': 4}) == [1, 2]


def test_a_zip_holds_its_files():
    contents = {'a ♪.mid': bytes(range(256)) * 9, 'b.mid': b''}
    entries = [{'name': name, 'content': list(content)} for name, content in contents.items()]
    archive = zipfile.ZipFile(io.BytesIO(bytes(run_job('zip', entries))))
    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == contents


def test_a_path_leads_straight_from_one_point_to_the_other():
    def clip(pitch):
        starts = (-50, 0, 480, 960, 1440)
        notes = [
            {'pitch': pitch, 'velocity': 90, 'start': start, 'end': start + 100} for start in starts
        ]
        return {'notes': notes, 'length': 1920}

    job = {
        'from': [0, -1],
        'to': [1, 1],
        'clips': [clip(pitch) for pitch in (60, 61, 62)],
        'slice': 960,
    }
    found = run_job('straightPath', job)
    np.testing.assert_allclose(found['points'], [[0, -1], [0.5, 0], [1, 1]])
    assert found['clip']['length'] == 2880
    notes = [(each['pitch'], each['start']) for each in found['clip']['notes']]
    # Each clip sounds for a quarter; the early downbeat of a round ends the second one.
    assert notes == [(60, 0), (60, 480), (61, 960), (61, 1440), (61, 1870), (62, 1920), (62, 2400)]
