"""`melodyvae_export` as a person runs it."""

import json
import os
import shutil

import numpy as np
import pytest

import tfjs_export
from melodyvae.evaluation.playability import Changes, describe_export, measure_playability
from melodyvae.playing.dials import choose_dials
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import play
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_player

import programs
import runs


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    return runs.make_run(tmp_path_factory.mktemp('runs') / 'run')


def export(run, folder, *flags):
    return programs.run_here('export', run.path, f'--output={folder}', *flags, check=True)


def test_program_verifies_and_says_what_it_found(run, tmp_path):
    done = export(run, tmp_path, '--name=mine', '--verify')
    lines = done.stdout.splitlines()
    decoder, encoder = tmp_path / 'mine.model', tmp_path / 'encoder' / 'mine.encoder'
    assert lines[:2] == [str(decoder), str(encoder)]
    found = measure_playability(load_player(run.path), 0.2)
    assert lines[2] == describe_export([found], [])
    assert lines[2].startswith('Threshold 0.2, 81 points of the pad: ')
    for line, folder in zip(lines[3:5], (decoder, encoder), strict=True):
        assert line.startswith(f'{folder}: the same as Keras in TF.js 4.22.0 for 64 inputs')
    assert lines[5] == 'In Max:' and lines[6].split() == ['dial', 'setting', 'why']
    for line, dial in zip(lines[7:], choose_dials(run.config, 0.2), strict=True):
        assert line.split() == f'{dial.name} {dial.setting} {dial.reason}'.split()
    assert (
        'of 81 points at the threshold 0.2 have fewer than 4 notes or more than 32' in done.stderr
    )


def test_program_says_what_quantization_changes(run, tmp_path):
    done = export(run, tmp_path, '--quantization=uint8', '--verify', '--json')
    found = json.loads(done.stdout)['quantization']
    ours, theirs = (
        list(play(load_player(source), z_random(200)))
        for source in (tmp_path / 'melodyvae_improved.model', run.path)
    )
    changed = [
        a[['row', 'step']].tolist() != b[['row', 'step']].tolist()
        for a, b in zip(ours, theirs, strict=True)
    ]
    assert found == {'points': 200, 'changed': sum(changed)}
    assert 0 < sum(changed) < 200
    said = describe_export([], [], Changes(**found))
    assert (
        said == f'Quantization changes the notes at {sum(changed)} of 200 random points of the pad.'
    )


def test_program_bends_verifies_and_leaves_the_threshold(run, tmp_path):
    # As docs/max.md does it: the values of a bent model are large, and so is float32's rounding.
    run.write_summary(run.summary | {'threshold': 0.1})
    flags = ('--bend=0.3', '--seed=1', '--verify', '--no_bake')
    lines = export(run, tmp_path, *flags).stdout.splitlines()
    run.write_summary(run.summary | {'threshold': runs.THRESHOLD})
    bent = tmp_path / 'melodyvae_improved.bent.model'
    assert [line.partition(',')[0] for line in lines[1:3]] == ['Threshold 0.2', 'Threshold 0.1']
    assert lines[3].startswith(f'{bent}: the same as Keras in TF.js 4.22.0')
    assert lines[6].split()[:2] == ['threshold', '10']
    assert tfjs_export.read_metadata(bent)['baked'] is False


def test_program_bends_and_says_when_node_is_missing(run, tmp_path, monkeypatch):
    folders = [
        folder
        for folder in os.environ['PATH'].split(os.pathsep)
        if not shutil.which('node', path=folder)
    ]
    monkeypatch.setenv('PATH', os.pathsep.join(folders))
    flags = ('--bend=0.2', '--seed=1', '--verify', '--json')
    found = json.loads(export(run, tmp_path, *flags).stdout)
    bent = tmp_path / 'melodyvae_improved.bent.model'
    assert list(tmp_path.iterdir()) == [bent]
    assert found['models'] == [str(bent)]
    assert tfjs_export.read_metadata(bent)['bend'] == {'noise_range': 0.2, 'seed': 1}
    (verified,) = found['verified']
    assert verified['model'] == str(bent)
    assert 'Node is not installed' in verified['not_verified']


def test_program_refuses_to_pass_a_model_that_nobody_can_play(tmp_path):
    config = runs.small_config()
    model = runs.made_model(config)
    layer = model.decoder.get_layer('onset')
    layer.bias.assign(np.full(layer.bias.shape, -50.0))
    run = RunFolder.create(tmp_path / 'run', config)
    model.save(run.model_path)
    done = programs.run_here('export', run.path, f'--output={tmp_path}', '--verify')
    assert '81 of 81 points at the threshold 0.2 are silent' in programs.sentence(done)


def test_program_refuses_wrong_input_in_a_sentence(run, tmp_path):
    (tmp_path / 'out' / 'melodyvae_improved.model').mkdir(parents=True)
    out = f'--output={tmp_path / "out"}'
    for arguments, status, said in (
        ([run.path], 2, '--output'),
        ([out], 1, 'Name a run folder'),
        ([run.path, out, '--quantization=int3'], 2, '--quantization=int3'),
        ([run.path, out, '--bend=-1'], 2, '--bend=-1'),
        ([run.path, out], 1, 'melodyvae_improved.model exists already'),
    ):
        done = programs.run_here('export', *arguments)
        assert said in programs.sentence(done, status)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['melodyvae_improved.model']
