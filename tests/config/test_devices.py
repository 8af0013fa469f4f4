"""What is known about the devices fits the presets."""

import pytest

from melodyvae.config.devices import DEVICES
from melodyvae.config.presets import preset, preset_names


@pytest.mark.parametrize('messages', DEVICES)
def test_the_decoders_of_a_device_are_those_of_its_presets(messages):
    for decoder in DEVICES[messages].own_decoders:
        config = preset(decoder.preset, 'js')
        for setting, value in decoder.grid.items():
            setattr(config.grid, setting, value)
        assert config.device.messages == messages
        assert decoder.width == config.grid.rows * config.grid.steps
        assert decoder.outputs == len(config.features)


def test_only_presets_of_devices_load_in_max():
    without = {name for name in preset_names() if not preset(name).device.spec.in_max}
    assert without == {'melodyvae_long', 'waltz', 'chords'}


def test_no_two_decoders_look_alike():
    decoders = [decoder for device in DEVICES.values() for decoder in device.own_decoders]
    shapes = {(decoder.outputs, decoder.width) for decoder in decoders}
    assert len(shapes) == len(decoders)


@pytest.mark.parametrize(
    ('name', 'threshold', 'pad', 'monophonic'),
    [
        ('melodyvae', 0.2, 2.0, True),
        ('melodyvae_original', 0.2, 2.0, False),
        ('melodyvae_improved_25x32', 0.2, 2.0, True),
        ('rhythmvae', 0.5, 3.0, False),
        ('drums', 0.5, 3.0, False),
        ('waltz', 0.2, 2.0, True),
        ('chords', 0.2, 2.0, False),
    ],
)
def test_a_preset_has_the_properties_of_its_device(name, threshold, pad, monophonic):
    device = preset(name).device
    assert device.spec is DEVICES[device.messages]
    assert (device.threshold_as_loaded, device.pad) == (threshold, pad)
    assert device.is_monophonic == monophonic
