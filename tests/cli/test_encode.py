import json
import shutil

import mido
import numpy as np
import pytest

from melodyvae.midi.read import read_pieces
from melodyvae.pages.starters import find_starter
from melodyvae.playing import player as generate
from melodyvae.playing.player import Player
from melodyvae.runs.load import load_player

import golden_files
import programs
import runs

TUNE = programs.GOLDEN_MIDI / 'airdsAirs_book1_1.mid'


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    return runs.make_run(tmp_path_factory.mktemp('runs') / 'run')


def test_prints_every_loop_as_json_and_as_a_table(run, tmp_path):
    folder = tmp_path / 'my tunes [1]'
    folder.mkdir()
    shutil.copy(TUNE, folder / 'a tune.mid')
    rows = json.loads(programs.run_here('encode', run.path, folder, '--json', check=True).stdout)

    player = load_player(run.path)
    expected = generate.encode_pieces(player, read_pieces(TUNE).pieces)
    assert len(rows) == 8
    assert {row['file'] for row in rows} == {str(folder / 'a tune.mid')}
    for row, same in zip(rows, expected, strict=True):
        assert (row['loop'], row['played']) == (same['loop'], same['played'])
        for name in ('z_mean', 'z_spread', 'device_onset_f1', 'onset_bce'):
            np.testing.assert_allclose(row[name], same[name], rtol=1e-5, atol=1e-6)

    lines = programs.run_here('encode', run.path, TUNE, check=True).stdout.splitlines()
    assert len(lines) == 1 + len(rows)
    for line, row in zip(lines[1:], rows, strict=True):
        words = line.split()
        assert words[0] == str(row['loop'])
        z = [float(word) for word in words[1:5]]
        np.testing.assert_allclose(z, row['z_mean'] + row['z_spread'], atol=6e-4)
        assert words[-1] == str(TUNE)


def test_drums_are_read_by_the_drum_map_of_the_run(tmp_path):
    mapped = runs.small_config('drums')
    mapped.grid.drum_classes = ('37 kick', '38 snare', '39 closed hi-hat', '40 open hi-hat')
    pads = golden_files.GOLDEN / 'cases3/d03_mpc/mpc_chromatic.mid'
    file = mido.MidiFile(pads)
    for message in (each for track in file.tracks for each in track if hasattr(each, 'note')):
        message.note = {37: 36, 38: 38, 39: 42, 40: 46}[message.note]
    file.save(tmp_path / 'general.mid')
    rows = []
    for config, clip in ((mapped, pads), (runs.small_config('drums'), tmp_path / 'general.mid')):
        player = Player.of(runs.made_model(config), runs.THRESHOLD)
        rows.append(generate.encode_pieces(player, read_pieces(clip).pieces)[0])
    assert rows[0]['z_mean'] == pytest.approx(rows[1]['z_mean'])
    assert rows[0]['onset_bce'] == pytest.approx(rows[1]['onset_bce'])


def test_one_bad_file_does_not_lose_the_others(run, tmp_path):
    bad = tmp_path / 'notes.mid'
    bad.write_text('not MIDI')
    done = programs.run_here('encode', run.path, bad, TUNE, '--json')
    assert programs.sentence(done) == 'melodyvae_encode: 1 of 2 files could not be encoded.'
    assert 'notes.mid cannot be used' in done.stderr
    assert len(json.loads(done.stdout)) == 8


def test_wrong_input_is_refused_in_a_sentence(run, tmp_path):
    for arguments, said in (
        ([run.path], 'Name MIDI files after the run folder.'),
        ([run.path, tmp_path / 'none.mid'], 'none.mid does not exist'),
        ([find_starter('folk'), TUNE], 'folk.html is a file: name a run folder'),
    ):
        done = programs.run_here('encode', *arguments)
        assert said in programs.sentence(done)
