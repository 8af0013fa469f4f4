"""The comparison table of docs/fidelity.md is what the presets say."""

from pathlib import Path

import pytest

from melodyvae.config.presets import preset
from melodyvae.config.settings import Config
from melodyvae.training.schedules import DECAY, DECAY_EPOCHS

FIDELITY = Path(__file__).parents[2] / 'docs' / 'fidelity.md'
SYSTEMS = ('rhythmvae', 'melodyvae_original', 'melodyvae_improved')


def table() -> dict[str, list[str]]:
    """Parameter -> the cells of the three systems."""
    rows = [line.strip('|').split('|') for line in FIDELITY.read_text().splitlines() if '|' in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    start = cells.index(['parameter', *SYSTEMS])
    return {row[0]: row[1:] for row in cells[start + 2 : start + 11]}


def weights(config: Config) -> str:
    names = ('onset', 'velocity', 'duration', 'timeshift')
    return ' / '.join(
        str(getattr(config.loss, name)) if name in config.features else '-' for name in names
    )


def kl_weight(config: Config) -> str:
    training = config.training
    beta, epochs = f'{training.beta:g}', training.kl_annealing_epochs
    return f'min({beta}, epoch / {epochs})' if epochs else beta


def decay(config: Config) -> str:
    if config.training.decay == 'none':
        return 'none'
    assert config.training.decay == 'step'
    return f'x{DECAY} every {DECAY_EPOCHS} epochs'


def patience(config: Config) -> str:
    epochs = config.training.early_stopping_patience
    return f'patience {epochs}' if epochs else 'none'


CELLS = {
    'batch size / validation batch': lambda c: (
        f'{c.training.batch_size} / {c.training.validation_batch_size}'
    ),
    'features': lambda c: str(len(c.features)),
    'default epochs': lambda c: str(c.training.epochs),
    'learning rate': lambda c: str(c.training.learning_rate),
    'learning rate decay': decay,
    'KL weight': kl_weight,
    'dropout': lambda c: str(c.model.dropout) if c.model.dropout else 'none',
    'early stopping': patience,
    'onset / velocity / duration / timeshift loss weight': weights,
}


def test_every_cell_is_the_preset_s_setting():
    presets = [preset(system) for system in SYSTEMS]
    assert table() == {name: [cell(one) for one in presets] for name, cell in CELLS.items()}


@pytest.mark.parametrize('system', SYSTEMS)
def test_every_difference_between_the_fidelities_is_documented(system):
    documented, js = preset(system).to_dict(), preset(system, 'js').to_dict()
    text = FIDELITY.read_text()
    for section, values in documented.items():
        if not isinstance(values, dict):
            if section != 'fidelity' and values != js[section]:
                assert f'| `{section}`' in text
            continue
        for name in values:
            if values[name] != js[section][name]:
                assert f'`{section}.{name}`' in text
