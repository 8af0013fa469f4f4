"""The three systems and the product's own, from MIDI to Max and back."""

import json

import mido
import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.evaluation.evaluate import evaluate
from melodyvae.ingest.prepare import prepare_midi
from melodyvae.loops.pattern import learned_pitches
from melodyvae.midi.read import read_pieces
from melodyvae.playing.device import select
from melodyvae.playing.latent import z_grid
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import decode, encode_pieces
from melodyvae.playing.tfjs import verify
from melodyvae.runs.export import export
from melodyvae.runs.held_out import find_loops
from melodyvae.runs.load import load_player
from melodyvae.runs.train import train

import programs

SYSTEMS = [
    ('rhythmvae', 'documented'),
    ('rhythmvae', 'js'),
    ('melodyvae_original', 'documented'),
    ('melodyvae_original', 'js'),
    ('melodyvae_improved', 'documented'),
    ('melodyvae', 'documented'),
]


@pytest.fixture(scope='module', params=SYSTEMS, ids='-'.join)
def run(request, tmp_path_factory):
    """A small trained run of one system."""
    folder = tmp_path_factory.mktemp('runs') / 'run'
    config = preset(*request.param)
    config.model.hidden, config.model.decoder_hidden, config.pad.tiles = 8, 16, 12
    config.training.epochs, config.training.least_steps, config.data.path = 1, 0, 'data'
    prepare_midi(programs.FEW_MIDI, config.grid, folder / 'data')
    return train(config, folder, quiet=True)


def test_it_is_measured(run):
    held_out, training, _ = find_loops(run, programs.FEW_MIDI)
    figures = evaluate(run.load_model(), held_out, training_loops=training).figures
    present = {'velocity', 'duration', 'timeshift'} & set(run.config.features)
    assert {f'{name}_loss' for name in present} <= set(figures)
    assert ('duration_loss' in figures) == ('duration' in run.config.features)
    if run.summary['validation_loops']:  # the released Original and small libraries have none
        assert json.loads(run.evaluation.read_text())['onset_loss'] > 0


def test_what_is_written_is_what_the_device_plays(run, tmp_path):
    player = load_player(run.path)
    z = z_grid(2, 1.0)
    patterns = write_outputs(player, z, tmp_path, threshold_min=0.3)
    grids = decode(player, z)
    for index, pattern in enumerate(patterns):
        one = {name: values[index] for name, values in grids.items()}
        assert pattern.tobytes() == select(one, player.config, threshold_min=0.3).tobytes()
    notes = [
        message
        for path in tmp_path.glob('*.mid')
        for message in mido.MidiFile(path)
        if message.type == 'note_on' and message.velocity
    ]
    assert len(notes) == sum(map(len, patterns)) > 0
    if player.config.grid.drum_map:
        assert {note.channel for note in notes} == {9}
        assert {note.note for note in notes} <= set(learned_pitches(player.config.grid).tolist())
    else:
        assert all(48 <= note.note < 72 and note.channel != 9 for note in notes)


def test_it_encodes(run):
    player = load_player(run.path)
    rows = encode_pieces(player, read_pieces(programs.GOLDEN_MIDI / 'drums_and_bass.mid').pieces)
    assert rows and np.isfinite([row['z_mean'] + row['z_spread'] for row in rows]).all()
    assert all(row['onset_bce'] > 0 and 0 <= row['device_onset_f1'] <= 1 for row in rows)


def test_its_export_works_in_the_tfjs_of_its_device(run, tmp_path):
    results = verify(export(run, tmp_path), run.config)
    assert len(results) == 2
    limit = 1e-3 if run.config.model.anchors else 1e-5  # the tiny run's loops lie on one another
    assert all(result.largest_difference < limit for result in results)
