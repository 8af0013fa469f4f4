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
