import shutil

import numpy as np
import pytest

import tfjs_export
from melodyvae.config.presets import preset
from melodyvae.playing import tfjs
from melodyvae.runs.export import export
from melodyvae.system.errors import UserError

import runs


def model_bytes(folder):
    return [(folder / name).read_bytes() for name in ('model.json', 'weights.bin')]


@pytest.mark.parametrize(
    ('name', 'version', 'cells'),
    [
        ('melodyvae_improved_25x32', '4.22.0', 800),
        ('melodyvae_original', '1.2.8', 768),
        ('rhythmvae', '1.7.4', 864),
    ],
)
def test_exports_give_the_same_numbers_in_the_tfjs_of_their_device(name, version, cells, exported):
    run, models = exported(name)
    assert [*models] == [run.path / f'{name}.model', run.path / 'encoder' / f'{name}.encoder']
    for result in tfjs.verify(models, run.config):
        assert (result.tfjs, result.inputs) == (version, 64)
        assert result.largest_difference < 1e-5
    widths = [output.shape[1] for output in models[run.path / f'{name}.model'].outputs]
    assert widths == [cells] * len(run.config.features)


def test_metadata_name_the_system_and_its_training(exported):
    run, models = exported('melodyvae_improved')
    metadata = tfjs_export.read_metadata(next(iter(models)))
    assert metadata['preset'] == 'melodyvae_improved'
    assert metadata['fidelity'] == 'documented'
    assert metadata['features'] == ['onset', 'velocity', 'duration', 'timeshift']
    assert (metadata['grid']['rows'], metadata['grid']['steps']) == (24, 32)
    assert metadata['pitches'] == {'lowest': 48, 'highest': 71}
    assert metadata['training'] == run.summary


def test_nothing_is_overwritten_without_being_asked(exported, tmp_path):
    run, models = exported('melodyvae_improved')
    decoder, encoder = (tmp_path / folder.relative_to(run.path) for folder in models)
    shutil.copytree(next(iter(models)), decoder)
    before = model_bytes(decoder)
    (decoder / 'model.json').write_text('mine')
    with pytest.raises(UserError, match=r'improved\.model exists already'):
        export(run, tmp_path)
    assert not encoder.exists(), 'nor is half of an export written'
    export(run, tmp_path, overwrite=True)
    assert model_bytes(decoder) == before
    with pytest.raises(UserError, match='--name'):
        export(run, tmp_path / 'max', name='../elsewhere')
    assert not (tmp_path / 'max').exists()


@pytest.mark.parametrize(('quantization', 'share'), [('float16', 2), ('uint8', 4)])
def test_quantized_models_are_smaller_and_verified(quantization, share, exported, tmp_path):
    run, whole = exported('melodyvae_improved')
    models = export(run, tmp_path, quantization=quantization)
    for result in tfjs.verify(models, run.config, quantization):
        assert result.largest_difference < 1e-5
    sizes = [(next(iter(x)) / 'weights.bin').stat().st_size for x in (whole, models)]
    assert sizes[0] == pytest.approx(sizes[1] * share, rel=0.01)


def test_float16_is_refused_for_devices_that_cannot_read_it(exported, tmp_path):
    run, _ = exported('rhythmvae')
    with pytest.raises(UserError, match=r'TF\.js 1\.7\.4 of this device cannot read float16'):
        export(run, tmp_path, quantization='float16')


def test_a_model_that_tfjs_reads_otherwise_is_refused(exported, tmp_path):
    run, models = exported('melodyvae_improved')
    folder, decoder = next(iter(models.items()))
    folder = shutil.copytree(folder, tmp_path / 'copy.model')
    values = np.fromfile(folder / 'weights.bin', '<f4') + np.float32(0.01)
    values.tofile(folder / 'weights.bin')
    with pytest.raises(UserError, match='differs from Keras by'):
        tfjs.verify({folder: decoder}, run.config)


def test_bent_models_are_the_same_in_tfjs_as_far_as_float32_goes(tmp_path):
    config = preset('melodyvae')
    run = runs.make_run(tmp_path / 'run', config)
    (result,) = tfjs.verify(export(run, run.path / 'max', noise_range=1.0), config)
    assert isinstance(result, tfjs.Verification)
