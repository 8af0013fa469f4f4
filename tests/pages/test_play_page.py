"""The page that plays a model: in a real browser, with hostile names, and without its loops."""

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
from browsers import assert_sound, run_script
from play_pages import make_exported_run

from melodyvae.loops.dataset import save_loops
from melodyvae.loops.loops import Loops
from melodyvae.loops.pattern import NOTE
from melodyvae.pages.play_page import read_run_part, write_run_page
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import encode
from melodyvae.runs.export import export
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player
from melodyvae.runs.play_page import write_page
from melodyvae.system.errors import UserError

from runs import small_config

CLOCK, START, STOP, NOTE_ON, NOTE_OFF = 0xF8, 0xFA, 0xFC, 0x90, 0x80
HOSTILE = [
    '</script><script>alert(1)</script>.mid',
    '<!--<script>.mid',
    '"><img src=x onerror=alert(2)>.mid',
    "'\\'; alert(3) //.mid",
    '{{ 7919 * 7907 }}{% raw %}.mid',
    '\x00\x07\u2028\n\udcff&lt;b&gt;.mid',
    'long' * 60 + '.mid',
]


@pytest.fixture(scope='module')
def run(golden_loops, tmp_path_factory) -> RunFolder:
    """A run with hostile names, of its own and of its files."""
    entries = [
        (f'{number} {HOSTILE[number % len(HOSTILE)]}', [(0, golden_loops[number])])
        for number in range(len(golden_loops))
    ]
    path = tmp_path_factory.mktemp('runs') / '<script>alert(4)<_script>"\udcff'
    loops = Loops.from_files(entries, golden_loops.grid)
    return make_exported_run(path, loops, 'melodyvae_improved')


@pytest.fixture(scope='module')
def page(run, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('page') / 'play.html'
    write_run_page(run, path)
    return path


@pytest.fixture(scope='module')
def played(page, tmp_path_factory) -> dict:
    """What came of it when Chromium played the page, which is whole in all its views."""
    played = run_script('play.mjs', page, tmp_path_factory.mktemp('played'))
    assert_sound(played['views'])
    assert played['troubles'] == []
    return played


def read_notes(file: str | Path) -> list[tuple[int, int, int]]:
    """Tick, pitch and velocity of the notes of a MIDI file."""
    tick, notes = 0, []
    for message in mido.MidiFile(file).tracks[0]:
        tick += message.time
        if message.type == 'note_on':
            notes.append((tick, message.note, message.velocity))
    return sorted(notes)


def test_a_browser_shows_the_model_and_its_library(run, played):
    loops = run.loops()
    text = played['views'][0]['text']
    assert f'learned from {len(loops)} loops of {len(loops.files)} files' in text
    assert any(kind in text for kind in ('Copy of', 'Variation of', 'New'))


def test_hands_and_keys_move_the_pad(played):
    middle, keys, dragged, _, recalled = played['places']
    assert middle == 'z1 0.00, z2 0.00'
    assert keys == recalled == 'z1 0.04, z2 0.20'
    assert dragged == 'z1 1.20, z2 -1.20'
    sounding = played['sounding']
    assert sounding[1] == sounding[4] and len(set(sounding)) > 1


def test_the_loop_is_downloaded_as_melodyvae_generate_writes_it(run, played, tmp_path):
    player = load_player(run.path / 'melodyvae_improved.model')
    write_outputs(player, np.zeros((1, 2)), tmp_path)
    notes, expected = (read_notes(file) for file in (played['loop'], next(tmp_path.glob('*.mid'))))
    assert len(notes) > 5
    # Weights are float16 in the page, which may move a value by the least there is.
    np.testing.assert_allclose(notes, expected, atol=1)


def test_a_path_is_downloaded_as_rounds_of_the_loop_and_played(played):
    file = mido.MidiFile(played['path'])
    assert len(read_notes(played['path'])) > 5
    rounds = file.length / 4  # seconds a loop at 120
    assert round(rounds) >= 1 and rounds == pytest.approx(round(rounds))
    # It begins where the pad stood when it was recorded, with the next round.
    assert played['waiting'] == 'z1 1.20, z2 -1.20'
    assert played['replayed'] == 'z1 0.04, z2 0.20'


def test_a_midi_port_gets_notes_clock_start_and_stop(played):
    sent = played['sent']
    kinds = [each['bytes'][0] for each in sent]
    assert kinds[0] == START and kinds[-1] == STOP and kinds.count(START) == 1
    on = [each['bytes'] for each in sent if each['bytes'][0] == NOTE_ON]
    off = [each['bytes'] for each in sent if each['bytes'][0] == NOTE_OFF]
    assert len(on) == len(off) > 5
    assert all(1 <= velocity <= 127 for _, _, velocity in on)
    clocks = np.array([each['time'] for each in sent if each['bytes'][0] == CLOCK])
    assert len(clocks) > 150
    # As the messages say, and not as fast as they came: 24 a quarter at 120.
    assert np.diff(clocks).mean() == pytest.approx(500 / 24, rel=0.02)
    assert sent[0]['time'] == pytest.approx(clocks[0], abs=1)


def test_the_page_reopens_as_it_was_left_and_as_its_link_says(played):
    left, again, linked = played['states']
    assert left == again == linked
    assert (left['tempo'], left['kept']) == ('97', 1)
    assert played['broken']['place'] != left['place']
    assert played['broken']['kept'] == 0


def test_the_tempo_is_tapped_and_panic_silences_all_channels(played):
    assert 60 < int(played['tapped']) <= 200
    sent = {tuple(each['bytes']) for each in played['panic']}
    assert sent == {(0xB0 | channel, control, 0) for channel in range(16) for control in (120, 123)}


def test_leaving_the_page_ends_notes_and_stops_the_port(played):
    left = [each['bytes'] for each in played['left']]
    on, off = (
        sorted(bytes_sent[1] for bytes_sent in left if bytes_sent[0] == kind)
        for kind in (NOTE_ON, NOTE_OFF)
    )
    assert on == off != []
    assert left[-1] == [STOP]
    assert max(each['time'] for each in played['left']) == played['left'][-1]['time']
    assert (played['isPlaying'], played['reopened']) == ('false', 'running')


def test_own_clips_are_found_by_name_also_without_midi(run, played):
    assert 'cannot send MIDI' in played['withoutMidi']
    loops = run.loops()
    matches = played['matches']
    assert matches and all('loop 1' in name for name in matches)
    own = loops.files.index(matches[0].removesuffix(', loop 1'))  # each file has one loop
    z = encode(load_player(run.path), loops.take(np.array([own])))[0]
    shown = [float(part.split()[1]) for part in played['searched'].split(', ')]
    assert np.abs(z - shown).sum(axis=1).min() < 0.02


def test_hostile_names_stay_text(page, played):
    found = ' '.join(played['matches'])
    assert HOSTILE[0] in found and HOSTILE[2] in found and '7919 * 7907' in found
    assert '<script>alert(4)' in played['views'][0]['text']
    assert '62615533' not in page.read_text(encoding='utf-8')


def test_loops_of_three_quarters_play_no_empty_beats(run, tmp_path):
    waltz = RunFolder(shutil.copytree(run.path, tmp_path / 'waltz'))
    waltz.write_summary({**waltz.summary, 'metre': '3/4'})
    export(waltz, waltz.path, overwrite=True)
    for end, expected in ((24, 24), (25, 32)):
        shutil.rmtree(waltz.data)
        pattern = np.zeros(1, NOTE)
        pattern['step'] = end - 1
        loops = Loops.from_files([('waltz.mid', [(0, pattern)])], waltz.config.grid)
        save_loops(loops, waltz.data)
        system = read_run_part(waltz).data['system']
        assert (system['metre'], system['stepsPerBar']) == ('3/4', 12)
        assert system['loopSteps'] == expected


def test_a_page_is_the_same_whenever_it_is_written(run, page, tmp_path):
    write_page([run.path], tmp_path / 'again.html')
    assert (tmp_path / 'again.html').read_bytes() == page.read_bytes()


def test_what_has_no_model_is_refused(run, page, tmp_path):
    with pytest.raises(UserError, match='does not exist'):
        write_page([tmp_path / 'missing'], tmp_path / 'page.html')
    with pytest.raises(UserError, match='is not a run folder'):
        write_page([tmp_path], tmp_path / 'page.html')
    RunFolder.create(tmp_path / 'stopped', small_config())
    with pytest.raises(UserError, match='end its training'):
        write_page([tmp_path / 'stopped'], tmp_path / 'page.html')
    with pytest.raises(UserError, match='exists already'):
        write_page([run.path], page)
    assert not (tmp_path / 'page.html').exists()
