"""Presets that play on the page only, from files to the page."""

import mido
import numpy as np
import pytest

import melodyvae
from melodyvae.loops.dataset import save_loops
from melodyvae.playing.dials import refuse_without_device
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.results import finish_run, write_playable
from melodyvae.training.history import write_history

import programs
from runs import small_config

LENGTHS = {'melodyvae_long': 16, 'waltz': 6, 'chords': 8}  # quarter notes of a loop


@pytest.fixture(scope='module', params=LENGTHS)
def run(request, tmp_path_factory):
    config = small_config(request.param)
    config.data.learn_all_below = 100  # nothing is held out, and nothing evaluated
    config.training.epochs, config.training.least_steps = 1, 0
    loops = melodyvae.read_midi(programs.FEW_MIDI, config, quiet=True)
    folder = tmp_path_factory.mktemp(request.param) / 'run'
    if config.name == 'chords':
        return melodyvae.train(config, folder, loops=loops, quiet=True)
    # The others need no second report, with its plots.
    config.data.path = 'data'
    run = RunFolder.create(folder, config)
    save_loops(loops, run.data)
    model, data = melodyvae.MelodyVAE(config), melodyvae.training_data(loops, config)
    model.fit(data)
    write_history({'epoch': model.history.epoch, **model.history.history}, run.metrics)
    finish_run(run, model, data)
    write_playable(run, model, data)
    return run


def test_a_page_preset_trains_and_plays(run):
    assert run.finished and run.play_page.is_file()
    length = LENGTHS[run.config.name]
    for path in run.midi.glob('*.mid'):
        file = mido.MidiFile(path)
        ticks = max(sum(message.time for message in track) for track in file.tracks)
        (signature,) = (message for message in file if message.type == 'time_signature')
        bar = 4 * signature.numerator / signature.denominator
        # Near a loop in 3/4, a clip ends with its last whole bar.
        assert ticks / file.ticks_per_beat in (length, length // bar * bar)
    player = melodyvae.load_player(run)
    patterns = list(melodyvae.play(player, melodyvae.z_random(100, seed=0)))
    steps = np.concatenate([pattern['step'] for pattern in patterns])
    assert steps.max() > 0.8 * run.config.grid.steps
    most = max(np.bincount(pattern['step']).max() for pattern in patterns if len(pattern))
    assert most > 1 if run.config.name == 'chords' else most == 1
    assert most <= 6


def test_a_page_preset_is_refused_where_a_device_is_asked(run, tmp_path):
    sentence = f'No Max for Live device plays {run.config.name}: open play.html'
    with pytest.raises(melodyvae.UserError, match=sentence):
        refuse_without_device(run.config)
    with pytest.raises(melodyvae.UserError, match=sentence):
        melodyvae.export(run, tmp_path / 'max')
    for program, flag in (('export', '--noverify'), ('generate', '--as_live')):
        done = programs.run_here(program, run.path, f'--output={tmp_path / "max"}', flag)
        assert sentence in programs.sentence(done)
    assert not (tmp_path / 'max').exists()
    if run.report.exists():
        assert 'Load it in Max' not in run.report.read_text()
