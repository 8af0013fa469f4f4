"""Drums and a melody on one page, played through MIDI, in a real browser with fake ports."""

import base64
import json
import zipfile
from pathlib import Path

import mido
import numpy as np
import pytest
from browsers import assert_sound, run_script
from play_pages import make_exported_run

from melodyvae.runs.play_page import write_page

CLOCK, START, STOP = 0xF8, 0xFA, 0xFC
PERIOD = 60_000 / (24 * 125)  # ms between the clocks of the fake sequencer


@pytest.fixture(scope='module')
def played(golden_loops, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp('both')
    runs = [
        make_exported_run(folder / 'drums', None, 'rhythmvae'),
        make_exported_run(folder / 'melody', golden_loops, 'melodyvae_improved'),
    ]
    assert 'no map' in write_page([run.path for run in runs], folder / 'both.html')
    played = run_script('instrument.mjs', folder / 'both.html', folder)
    assert played['troubles'] == []
    assert_sound(played['views'])
    return played


def test_knobs_and_keys_move_what_they_learned_and_recall_snapshots(played):
    assert played['learned'] == 'Learned: note 60 on channel 1 moves Mute kick.'
    assert played['held'] == 'false'  # a button does not act while it is chosen
    assert played['moved'] == {'swing': '0.75', 'pad': 'z1 2.00, z2 -2.00', 'muted': 'true'}
    recalled = played['recalled']
    stored, away = recalled['stored'], recalled['away']
    assert stored[1] != away[1]
    assert recalled['first'] == [stored[0], away[1]]
    assert recalled['second'] == stored


def test_each_part_has_the_dials_that_it_uses(played):
    hidden = {name: [True, False] for name in ('threshold-max', 'search', 'key')}
    assert played['hidden'] == hidden | {'noise': [False, False]}


def test_voices_play_alone_are_muted_and_stay_if_they_are_locked(played):
    alone, nothing = played['voices']
    assert alone != nothing == 'Piano roll: 0 notes'
    before, moved, dense = played['locked']
    assert before == moved
    assert dense == 'Piano roll: 96 notes'
    assert played['undone'] == '0'


def test_variations_are_different_midi_files_and_a_path_has_its_bars(played):
    archive = zipfile.ZipFile(played['zip'])
    names = archive.namelist()
    assert names[0] == 'melody_variation_01.mid' and len(names) == 8
    contents = {archive.read(name)[60:] for name in names}
    assert len(contents) == 8
    for name in names:
        assert mido.MidiFile(file=archive.open(name)).length == pytest.approx(4)
    assert mido.MidiFile(played['path']).length == pytest.approx(16)  # eight bars at 120


def test_the_loop_is_dragged_and_written_as_it_is_downloaded(played):
    loop = Path(played['loop']).read_bytes()
    kind, name, address = played['dragged'].split(':', 2)
    assert (kind, name) == ('audio/midi', 'drums_loop.mid')
    assert base64.b64decode(address.partition(',')[2]) == loop
    written = played['written']
    assert list(written) == ['drums_loop_01.mid', 'drums_loop_02.mid']
    length = len(loop)
    assert all(len(content) == length + len('_01') for content in written.values())


def test_a_sequencer_is_followed(played):
    assert played['followed'] == {'tempo': 125, 'words': 'Follows the clock at 125 bpm.'}
    sent = played['sent']
    assert sent[0]['bytes'] == [START] and sent[-1]['bytes'] == [STOP]
    clocks = np.array([each['time'] for each in sent if each['bytes'] == [CLOCK]])
    np.testing.assert_allclose(clocks, PERIOD * np.arange(len(clocks)), atol=10)


def test_notes_go_where_they_are_sent(played):
    notes = [each['bytes'] for each in played['sent'] if each['bytes'][0] & 0xF0 == 0x90]
    assert {status for status, *_ in notes} == {0x90, 0x92, 0x99}  # melody, kick, other drums
    assert {pitch for status, pitch, _ in notes if status == 0x92} == {50}
    assert 36 not in {pitch for status, pitch, _ in notes if status == 0x99}


def test_a_link_and_a_file_keep_what_knobs_move_and_where_notes_go(played):
    assert played['linked'] == {'swing': '0.75', 'channel': '3', 'muted': 1}
    assert played['loaded'] == {'swing': '0.75', 'channel': '3', 'muted': 0}
    maps = json.loads(Path(played['maps']).read_text())
    assert maps['maps']['176 20'] == 'swing'
    assert all(name.startswith('route-') for name in maps['controls'])
