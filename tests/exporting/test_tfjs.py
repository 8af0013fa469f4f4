import json
import os
import shutil

import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.errors import UserError
from melodyvae.exporting import tfjs
from melodyvae.exporting.playability import describe_export, measure_playability
from melodyvae.playing import player as generate
from melodyvae.playing.dials import device_dials
from melodyvae.playing.latent import z_grid
from melodyvae.run_folder import RunFolder

import programs
import runs

SYSTEMS = ('melodyvae_improved', 'melodyvae_original', 'rhythmvae')


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    return runs.make_run(tmp_path_factory.mktemp('runs') / 'run')


def model_bytes(folder):
    return [(folder / name).read_bytes() for name in ('model.json', 'weights.bin')]


def random_inputs(model):
    """Those that `tfjs_export.verify` draws."""
    random = np.random.default_rng(0)
    arrays = [random.standard_normal((64, *x.shape[1:]), np.float32) for x in model.inputs]
    return arrays if len(arrays) > 1 else arrays[0]


@pytest.mark.parametrize('name', [*SYSTEMS, 'melodyvae', 'melodyvae_improved_25x32'])
def test_exports_give_the_same_numbers_in_the_tfjs_of_their_device(name, tmp_path):
    # As wide as the device's own; made weights explode in a wide model without normalisation.
    config = preset(name) if name in SYSTEMS else runs.small_config(name)
    run = runs.make_run(tmp_path / 'run', config)
    models = tfjs.export(run, tmp_path)
    assert [*models] == [tmp_path / f'{name}.model', tmp_path / 'encoder' / f'{name}.encoder']
    results = tfjs.verify(models, config)
    version = {'melodyvae_original': '1.2.8', 'rhythmvae': '1.7.4'}.get(name, '4.22.0')
    for result in results:
        assert (result.tfjs, result.inputs) == (version, 64)
        assert result.largest_difference < 1e-5
    for folder, model in models.items():
        for runtime in {'1.2.8', '1.7.4', '4.22.0'} - {version}:
            found = tfjs_export.verify(model, folder, inputs=64, tfjs_version=runtime)
            # In proportion to the outputs: made weights without normalisation give large ones.
            largest = max(1.0, *(np.abs(x).max() for x in model(random_inputs(model))))
            assert found.max_abs_difference < 1e-5 * largest
    widths = [output.shape[1] for output in models[tmp_path / f'{name}.model'].outputs]
    cells = {'rhythmvae': 864, 'melodyvae_improved_25x32': 800}.get(name, 768)
    assert widths == [cells] * len(config.features)


def test_outputs_are_in_the_order_of_the_device(run, tmp_path):
    tfjs.export(run, tmp_path)
    model = tfjs_export.load_layers_model(tmp_path / 'melodyvae_improved.model')
    names = [name.partition('/')[0] for name in model.output_names]
    assert names == ['onset', 'velocity', 'duration', 'timeshift']
    encoder = tfjs_export.load_layers_model(tmp_path / 'encoder' / 'melodyvae_improved.encoder')
    assert list(encoder.output_names) == ['z_mean', 'z_log_var']
    assert [x.name for x in encoder.inputs] == ['onset', 'velocity', 'duration', 'timeshift']


def test_metadata_name_the_system_and_its_training(run, tmp_path):
    tfjs.export(run, tmp_path)
    metadata = tfjs_export.read_metadata(tmp_path / 'melodyvae_improved.model')
    assert metadata['preset'] == 'melodyvae_improved'
    assert metadata['fidelity'] == 'documented'
    assert metadata['features'] == ['onset', 'velocity', 'duration', 'timeshift']
    assert (metadata['grid']['rows'], metadata['grid']['steps']) == (24, 32)
    assert metadata['pitches'] == {'lowest': 48, 'highest': 71}
    assert metadata['threshold'] == runs.THRESHOLD
    assert metadata['training'] == run.summary


@pytest.mark.parametrize('name', [*SYSTEMS, 'melodyvae'])
def test_an_export_plays_and_encodes_as_its_run(name, tmp_path, golden_loops):
    config = runs.small_config(name)
    config.grid.lowest_pitch = 36  # not what the width of the outputs tells
    run = runs.make_run(tmp_path / 'run', config)
    tfjs.export(run, tmp_path / 'max', name='mine')
    ours, theirs = (generate.load_player(path) for path in (run.path, tmp_path / 'max/mine.model'))
    assert theirs.config.grid == config.grid
    assert theirs.config.features == config.features
    assert theirs.threshold == config.device.threshold_min
    z = z_grid(3, 2)
    for ours_played, theirs_played in zip(
        generate.play(ours, z), generate.play(theirs, z), strict=True
    ):
        for field in ('row', 'step', 'velocity'):
            np.testing.assert_array_equal(ours_played[field], theirs_played[field])
        for field in ('duration', 'timeshift'):
            np.testing.assert_allclose(ours_played[field], theirs_played[field], atol=1e-5)
    if name != 'rhythmvae':
        patterns = [golden_loops[0], golden_loops[1]]
        np.testing.assert_allclose(
            generate.encode(ours, patterns), generate.encode(theirs, patterns), rtol=1e-5, atol=1e-6
        )


def test_nothing_is_overwritten_without_being_asked(run, tmp_path):
    tfjs.export(run, tmp_path)
    before = model_bytes(tmp_path / 'melodyvae_improved.model')
    (tmp_path / 'encoder' / 'melodyvae_improved.encoder' / 'model.json').write_text('mine')
    shutil.rmtree(tmp_path / 'melodyvae_improved.model')
    with pytest.raises(UserError, match=r'improved\.encoder exists already'):
        tfjs.export(run, tmp_path)
    assert not (tmp_path / 'melodyvae_improved.model').exists()  # nor half of an export written
    tfjs.export(run, tmp_path, overwrite=True)
    assert model_bytes(tmp_path / 'melodyvae_improved.model') == before


def test_a_folder_that_is_no_model_is_never_replaced(run, tmp_path):
    songs = tmp_path / 'melodyvae_improved.model'
    songs.mkdir()
    (songs / 'song.mid').write_text('mine')
    with pytest.raises(UserError, match='not overwritten'):
        tfjs.export(run, tmp_path, overwrite=True)
    assert (songs / 'song.mid').read_text() == 'mine'


def test_name_cannot_leave_the_folder(run, tmp_path):
    with pytest.raises(UserError, match='--name'):
        tfjs.export(run, tmp_path / 'max', name='../elsewhere')
    assert not (tmp_path / 'max').exists()


def test_bent_decoder_is_a_new_model_that_tfjs_loads(run, tmp_path):
    tfjs.export(run, tmp_path)
    straight = model_bytes(tmp_path / 'melodyvae_improved.model')
    models = tfjs.export_bent(run, tmp_path, 0.1, seed=5)
    assert [folder.name for folder in models] == ['melodyvae_improved.bent.model']
    assert model_bytes(tmp_path / 'melodyvae_improved.model') == straight
    bent = tmp_path / 'melodyvae_improved.bent.model'
    assert tfjs_export.read_metadata(bent)['bend'] == {'noise_range': 0.1, 'seed': 5}
    (result,) = tfjs.verify(models, run.config)
    assert result.largest_difference < 1e-5
    z = z_grid(3, 2)
    decoded = [generate.decode(generate.load_player(path), z) for path in (run.path, bent)]
    assert np.abs(decoded[0]['onset'] - decoded[1]['onset']).max() > 0.01


def test_quantised_models_are_smaller_and_verified(run, tmp_path):
    whole = tfjs.export(run, tmp_path, name='whole')
    for quantization, share in (('float16', 2), ('uint8', 4)):
        models = tfjs.export(run, tmp_path, name=quantization, quantization=quantization)
        for result in tfjs.verify(models, run.config, quantization):
            assert result.largest_difference < 1e-5
        sizes = [(next(iter(x)) / 'weights.bin').stat().st_size for x in (whole, models)]
        assert sizes[0] == pytest.approx(sizes[1] * share, rel=0.01)


def test_float16_is_refused_for_devices_that_cannot_read_it(tmp_path):
    run = runs.make_run(tmp_path / 'run', runs.small_config('rhythmvae'))
    with pytest.raises(UserError, match=r'TF\.js 1\.7\.4 of this device cannot read float16'):
        tfjs.export(run, tmp_path, quantization='float16')


def test_a_model_that_tfjs_reads_otherwise_is_refused(run, tmp_path):
    models = tfjs.export(run, tmp_path)
    weights = tmp_path / 'melodyvae_improved.model' / 'weights.bin'
    values = np.frombuffer(weights.read_bytes(), '<f4').copy()
    values += 0.01
    weights.write_bytes(values.tobytes())
    with pytest.raises(UserError, match='differs from Keras by'):
        tfjs.verify(models, run.config)


# --- Over the pad -------------------------------------------------------------------------------


def test_playability_counts_notes_over_the_pad(run):
    player = generate.load_player(run.path)
    found = measure_playability(player, 0.2)
    patterns = list(generate.play(player, z_grid(9, 2), threshold_min=0.2))
    notes = sorted(len(pattern) for pattern in patterns)
    assert (found.points, found.threshold) == (81, 0.2)
    assert (found.fewest, found.median, found.most) == (notes[0], notes[40], notes[80])
    assert found.silent == notes.count(0) > 0
    assert found.unusual == sum(count < 3 for count in notes)
    assert found.is_playable


def test_silent_and_all_on_models_are_not_playable():
    config = runs.small_config()
    for onset_bias, kind in ((-20, 'silent'), (20, 'all_on')):
        model = runs.made_model(config)
        layer = model.decoder.get_layer('onset')
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.full(layer.bias.shape, onset_bias))
        found = measure_playability(generate.Player(config, model.decoder, None, 0.1), 0.1)
        assert getattr(found, kind) == 81
        assert not found.is_playable


# --- melodyvae_export ---------------------------------------------------------------------------


def test_program_verifies_and_says_what_it_found(run, tmp_path):
    done = programs.run('export', run.path, f'--output={tmp_path}', '--name=mine', '--verify')
    lines = done.stdout.splitlines()
    decoder, encoder = tmp_path / 'mine.model', tmp_path / 'encoder' / 'mine.encoder'
    assert lines[:2] == [str(decoder), str(encoder)]
    found = measure_playability(generate.load_player(run.path), 0.2)
    assert lines[2] == describe_export([found], [])
    assert lines[2].startswith('Threshold 0.2, 81 points of the pad: ')
    for line, folder in zip(lines[3:5], (decoder, encoder), strict=True):
        assert line.startswith(f'{folder}: the same as Keras in TF.js 4.22.0 for 64 inputs')
    assert lines[5] == 'In Max:' and lines[6].split() == ['dial', 'setting', 'why']
    for line, dial in zip(lines[7:], device_dials(run.config, 0.2), strict=True):
        assert line.split() == f'{dial.name} {dial.setting} {dial.reason}'.split()
    assert 'of 81 points at the threshold 0.2 have fewer than 3 notes' in done.stderr


def test_program_bends_verifies_and_leaves_the_threshold(run, tmp_path):
    # As docs/max.md does it: the values of a bent model are large, and so is float32's rounding.
    run.write_summary(run.summary | {'threshold': 0.1})
    flags = (f'--output={tmp_path}', '--bend=0.3', '--seed=1', '--verify', '--no_bake')
    lines = programs.run('export', run.path, *flags).stdout.splitlines()
    run.write_summary(run.summary | {'threshold': runs.THRESHOLD})
    bent = tmp_path / 'melodyvae_improved.bent.model'
    assert [line.partition(',')[0] for line in lines[1:3]] == ['Threshold 0.2', 'Threshold 0.1']
    assert lines[3].startswith(f'{bent}: the same as Keras in TF.js 4.22.0')
    assert lines[6].split()[:2] == ['threshold', '10']
    assert tfjs_export.read_metadata(bent)['baked'] is False


@pytest.mark.parametrize('noise_range', [0.1, 1.0])
def test_bent_models_are_the_same_in_tfjs_as_far_as_float32_goes(noise_range, tmp_path):
    for name in ('melodyvae', 'rhythmvae'):
        config = preset(name)
        run = runs.make_run(tmp_path / name / f'{noise_range}', config)
        (result,) = tfjs.verify(tfjs.export_bent(run, run.path / 'max', noise_range), config)
        assert isinstance(result, tfjs.Verification)


def test_program_bends_and_says_when_node_is_missing(run, tmp_path, monkeypatch):
    folders = [
        folder
        for folder in os.environ['PATH'].split(os.pathsep)
        if not shutil.which('node', path=folder)
    ]
    monkeypatch.setenv('PATH', os.pathsep.join(folders))
    flags = (f'--output={tmp_path}', '--bend=0.2', '--seed=1', '--verify', '--json')
    found = json.loads(programs.run('export', run.path, *flags).stdout)
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
    flags = (f'--output={tmp_path}', '--verify')
    done = programs.run('export', run.path, *flags, check=False)
    assert '81 of 81 points at the threshold 0.2 are silent' in programs.sentence(done)


def test_program_refuses_wrong_input_in_a_sentence(run, tmp_path):
    (tmp_path / 'out' / 'melodyvae_improved.model').mkdir(parents=True)
    out = f'--output={tmp_path / "out"}'
    for arguments, status, said in (
        ([run.path], 2, '--output'),
        ([out], 1, 'Name a run folder'),
        ([tmp_path, out], 1, 'is not a run folder'),
        ([run.path, out, '--quantization=int3'], 2, '--quantization=int3'),
        ([run.path, out, '--bend=-1'], 2, '--bend=-1'),
        ([run.path, out], 1, 'melodyvae_improved.model exists already'),
    ):
        done = programs.run('export', *arguments, check=False)
        assert said in programs.sentence(done, status)
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['melodyvae_improved.model']
