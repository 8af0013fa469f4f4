"""Exports detect each bit that is not what it was."""

import json
import random
import shutil

import numpy as np
import pytest

from melodyvae.playing.exported import load_exported
from melodyvae.playing.integrity import seal
from melodyvae.playing.latent import z_grid
from melodyvae.playing.player import decode
from melodyvae.runs.play_page import write_page
from melodyvae.system.errors import UserError

FLIPS = 160


@pytest.fixture
def model(exported, tmp_path):
    """A decoder, with its encoder beside it."""
    for folder, name in zip(
        exported('melodyvae_improved')[1], ('mine.model', 'encoder/mine.encoder'), strict=True
    ):
        shutil.copytree(folder, tmp_path / name)
    return tmp_path / 'mine.model'


def edit(model, change):
    file = model / 'model.json'
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def read_all(model):
    """All that a program takes from an export."""
    player = load_exported(model)
    weights = [dict(part.weights) for part in (player.decoder, player.encoder)]
    sums = {name: x.tobytes() for part in weights for name, x in part.items()}
    return player.config, player.threshold, player.timing.to_dict(), sums


def test_no_flipped_bit_is_silent(model):
    choose, expected = random.Random(0), read_all(model)
    encoder = model.parent / 'encoder' / 'mine.encoder'
    files = [folder / name for folder in (model, encoder) for name in ('model.json', 'weights.bin')]
    told = 0
    for trial in range(FLIPS):
        file = files[trial % len(files)]
        whole = file.read_bytes()
        bit = choose.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        file.write_bytes(damaged)
        try:
            assert read_all(model) == expected, f'bit {bit} of {file}'
        except UserError as error:
            assert '\n' not in str(error)
            told += 1
        file.write_bytes(whole)
    assert told > 0.9 * FLIPS


@pytest.mark.parametrize(
    'key', ['userDefinedMetadata', 'checksum', 'weights_sha256', 'self_test', 'melodyvae']
)
def test_a_damaged_key_is_refused(model, key):
    file = model / 'model.json'
    file.write_text(file.read_text().replace(f'"{key}"', f'"{key[:-1]}_"'))
    with pytest.raises(UserError, match='damaged'):
        load_exported(model)


def test_an_encoder_of_another_export_is_refused(model, tmp_path):
    encoder = tmp_path / 'encoder' / 'mine.encoder'
    weights = np.frombuffer((encoder / 'weights.bin').read_bytes(), '<f4') + np.float32(1)
    (encoder / 'weights.bin').write_bytes(weights.tobytes())
    seal(encoder, {})
    with pytest.raises(UserError, match='not of the same export'):
        load_exported(model)


def test_an_export_that_plays_other_notes_is_refused(model):
    edit(model, lambda x: x['userDefinedMetadata']['self_test'][0]['notes'].pop())
    seal(model, {})
    with pytest.raises(UserError, match='self-test'):
        load_exported(model)


def test_an_export_of_a_later_format_is_refused(model):
    edit(model, lambda x: x['userDefinedMetadata'].update(format=99))
    seal(model, {})
    with pytest.raises(UserError, match=r'format 99.*update melodyvae'):
        load_exported(model)


def test_a_model_that_a_device_has_loaded_and_saved_still_loads(model):
    """TF.js keeps the metadata, with other weights."""
    expected = decode(load_exported(model), z_grid(2, 1))['onset']
    weights = np.frombuffer((model / 'weights.bin').read_bytes(), '<f4') * np.float32(1.1)
    (model / 'weights.bin').write_bytes(weights.tobytes())
    with pytest.raises(UserError, match=r'weights\.bin is damaged'):
        load_exported(model)
    edit(model, lambda x: x.update(generatedBy='TensorFlow.js layers v4.22.0', convertedBy=None))
    assert not np.allclose(decode(load_exported(model), z_grid(2, 1))['onset'], expected)


@pytest.mark.parametrize('part', ['decoder', 'encoder'])
def test_no_page_is_made_of_a_damaged_model(exported, tmp_path, part):
    run, models = exported('melodyvae_improved')
    folder = shutil.copytree(run.path, tmp_path / 'run')
    decoder, encoder = (folder / model.relative_to(run.path) for model in models)
    weights = (encoder if part == 'encoder' else decoder) / 'weights.bin'
    damaged = bytearray(weights.read_bytes())
    damaged[1] ^= 1
    weights.write_bytes(damaged)
    for path in (folder, decoder):
        with pytest.raises(UserError, match=r'weights\.bin is damaged'):
            write_page([path], tmp_path / 'play.html')
    assert not (tmp_path / 'play.html').exists()
