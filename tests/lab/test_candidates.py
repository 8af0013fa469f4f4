"""What `--configs` may name, and the ablation: single changes between the two systems."""

import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import DeviceConfig
from melodyvae.lab.candidates import (
    CHANGES,
    build_ablation,
    choose_candidates,
    list_changes,
    take_changes,
)
from melodyvae.system.errors import UserError


def differences(one: dict, other: dict, prefix: str = '') -> set[str]:
    """Settings, as 'section.name', in which two configs are not the same."""
    found = set()
    for name, value in one.items():
        if isinstance(value, dict):
            found |= differences(value, other[name], f'{name}.')
        elif value != other[name]:
            found.add(prefix + name)
    return found


@pytest.mark.parametrize('fidelity', ['documented', 'js'])
def test_the_changes_are_all_that_sets_the_two_systems_apart(fidelity):
    original, improved = (
        preset(name, fidelity) for name in ('melodyvae_original', 'melodyvae_improved')
    )
    between = differences(original.to_dict(), improved.to_dict())
    every = {setting for name in list_changes(fidelity) for setting in CHANGES[name]}
    assert between - every == {'name', 'device.messages'}  # neither is trained
    everything = take_changes(original, improved, list_changes(fidelity))
    assert differences(everything.to_dict(), improved.to_dict()) == {'name', 'device.messages'}


@pytest.mark.parametrize('fidelity', ['documented', 'js'])
def test_each_variant_differs_by_one_change(fidelity):
    built = build_ablation(fidelity)
    configs = {candidate.name: candidate.config for candidate in built}
    for sign, system in (('+', 'melodyvae_original'), ('-', 'melodyvae_improved')):
        base = system + ':js' * (fidelity == 'js')
        assert [c.name for c in built if c.base == base] == [
            f'{base}{sign}{change}' for change in list_changes(fidelity)
        ]
        for change in list_changes(fidelity):
            varied = configs[f'{base}{sign}{change}'].validate()
            between = differences(configs[base].to_dict(), varied.to_dict())
            assert between and between <= set(CHANGES[change])


def test_variants_know_their_system():
    chosen = {c.name: c for c in choose_candidates(['rhythmvae', 'ablation:js'])}
    assert chosen['rhythmvae'].base == chosen['melodyvae_original:js'].base == ''
    assert chosen['melodyvae_original:js+dropout'].base == 'melodyvae_original:js'
    assert chosen['melodyvae_improved:js-dropout'].base == 'melodyvae_improved:js'
    assert chosen['melodyvae_improved:js-dropout'].run_name(3) == (
        'melodyvae_improved.js-dropout-seed3'
    )


def test_systems_that_are_named_twice_take_part_once():
    chosen = choose_candidates(['melodyvae_original', 'ablation', ' melodyvae_improved'])
    assert len({c.name for c in chosen}) == len(chosen) == 2 + 2 * 8
    assert [c.name for c in chosen][:2] == ['melodyvae_original', 'melodyvae_original+batch_size']


def test_runs_are_held_out_by_file_and_played_by_one_device():
    original, drums = choose_candidates(['melodyvae_original:js', 'rhythmvae'], epochs=7)
    config = original.with_seed(4)
    assert (config.data.split, config.training.seed, config.training.epochs) == ('file', 4, 7)
    assert config.device == DeviceConfig() and original.config.device.messages == 'voices'
    assert drums.with_seed(0).device.messages == 'drums'
    assert original.config.data.split == 'loop'


@pytest.mark.parametrize(
    ('names', 'words'),
    [
        ([], 'Name the configs to compare'),
        (['nothing'], "no preset 'nothing'"),
        (['melodyvae_original:jss'], "no fidelity 'jss'"),
        (['melodyvae:js'], 'it is not a port'),
        (['ablation:jss'], "no fidelity 'jss'"),
        (['FOLDER/melodyvae_improved.py', 'melodyvae_improved'], 'two different configs named'),
    ],
)
def test_a_config_that_cannot_be_used_is_one_sentence(names, words, tmp_path):
    (tmp_path / 'melodyvae_improved.py').write_text(
        'from melodyvae.config import Config\ndef get_config(fidelity): return Config(name="x")\n'
    )
    with pytest.raises(UserError, match=words):
        choose_candidates([name.replace('FOLDER', str(tmp_path)) for name in names])
