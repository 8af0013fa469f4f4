"""What made runs come to: figures over seeds, the moment of convergence, tables and pictures."""

import json

import pytest
from comparisons import DRUMS, MELODY, found, made_run, made_systems

from melodyvae.evaluation.metrics import METRICS
from melodyvae.lab.candidates import build_ablation, choose_candidates
from melodyvae.lab.results import Comparison, Run, Spread, choose_reference
from melodyvae.lab.tables import NONE, format_comparison
from melodyvae.system.errors import UserError


@pytest.fixture
def systems() -> Comparison:
    return made_systems()


def figures(result: Comparison, name: str) -> dict[str, Spread]:
    return next(c.figures for c in result.candidates if c.name == name)


def test_a_run_is_read_as_it_was_written(tmp_path):
    run = made_run('melodyvae_original', 3, [2.0, 1.0])
    run.write(tmp_path)
    assert Run.read(tmp_path) == run
    assert Run.read(tmp_path / 'nowhere') is None
    path = tmp_path / 'result.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | {'in earlier runs': 1}))
    assert Run.read(tmp_path) == run


@pytest.mark.parametrize('text', ['', '{', '[]', '{"name": "x", "other": 1}', '[' * 100_000])
def test_a_damaged_result_names_its_file(text, tmp_path):
    (tmp_path / 'result.json').write_text(text)
    with pytest.raises(UserError, match=r'result\.json cannot be read'):
        Run.read(tmp_path)


def test_figures_are_taken_at_the_shipped_epoch_and_over_the_seeds(systems):
    original = figures(systems, 'melodyvae_original')
    # Onset plus three features and KL of 1 each.
    assert original['shared_negative_elbo'] == Spread(
        median=16.0, low=15.0, high=17.0, deviation=pytest.approx(2**0.5), runs=2
    )
    improved = figures(systems, 'melodyvae_improved')
    plateau = improved['shared_negative_elbo']
    assert (plateau.median, plateau.runs, plateau.deviation) == (14.0, 1, 0)
    assert improved['velocity_mae'].median == 0.5
    assert improved['steps'].median == 12 and improved['epochs'].median == 4
    assert set(original) <= set(METRICS)


def test_convergence_is_when_the_best_of_the_original_is_reached(systems):
    # Of 15 and 17 the upper: onset at 13. Both of its own runs get there, in epochs 3 and 4.
    original = figures(systems, 'melodyvae_original')['reached_epoch']
    assert (original.median, original.low, original.high) == (3.5, 3, 4)
    improved = figures(systems, 'melodyvae_improved')
    assert improved['reached_epoch'].median == 2
    assert improved['reached_seconds'].median == 4.0


def test_runs_that_never_get_there_count_as_later_than_all():
    chosen = choose_candidates(
        ['melodyvae_original', 'melodyvae_improved', 'melodyvae_improved:js']
    )
    runs = [
        *(made_run('melodyvae_original', seed, [10, 8]) for seed in range(3)),
        made_run('melodyvae_improved', 0, [10, 9]),
        made_run('melodyvae_improved', 1, [8, 7]),
        made_run('melodyvae_improved', 2, [10, 9]),
        made_run('melodyvae_improved:js', 0, [10, 9]),
    ]
    result = found(chosen, runs)
    late = figures(result, 'melodyvae_improved')['reached_epoch']
    assert late.median is None and late.runs == 1 and late.low == 1
    assert 'reached_epoch' not in figures(result, 'melodyvae_improved:js')
    row = next(
        line for line in format_comparison(result).splitlines() if 'epochs to its best' in line
    )
    # The js Improved has no js Original beside it, and is measured against the first config.
    assert row == f'| convergence: epochs to its best | 2 | {NONE} | {NONE} |'


def test_the_reference_is_the_original_of_the_same_fidelity_and_dataset():
    chosen = choose_candidates(
        ['rhythmvae', 'melodyvae_improved', 'ablation:js', 'melodyvae_original']
    )
    data = {c.name: DRUMS if c.name == 'rhythmvae' else MELODY for c in chosen}
    references = {c.name: choose_reference(c, chosen, data) for c in chosen}
    assert references['rhythmvae'] == 'rhythmvae'
    assert references['melodyvae_improved'] == 'melodyvae_original'
    assert references['melodyvae_improved:js-dropout'] == 'melodyvae_original:js'


def test_configs_are_compared_over_the_features_that_all_have():
    chosen = choose_candidates(['melodyvae_original:js', 'melodyvae_improved:js', 'rhythmvae'])
    runs = [
        made_run('melodyvae_original:js', 0, [10, 8]),
        made_run('melodyvae_improved:js', 0, [10, 8]),
        made_run('rhythmvae', 0, [10, 8]),
    ]
    result = found(chosen, runs, rhythmvae=DRUMS)
    values = {c.name: c.figures['shared_negative_elbo'].median for c in result.candidates}
    assert values['melodyvae_original:js'] == values['melodyvae_improved:js'] == 8 + 3
    assert values['rhythmvae'] == 8 + 3  # velocity, timeshift, KL; it has no duration


def test_the_table_has_the_rows_of_the_comparison_document(systems):
    lines = format_comparison(systems).splitlines()
    cells = {line.split('|')[1].strip(): line.split('|')[2:-1] for line in lines if '|' in line}
    assert [c.strip() for c in cells['parameter']] == ['melodyvae_original', 'melodyvae_improved']
    row = [c.strip() for c in cells['training.kl_annealing_epochs']]
    assert row == ['0', '10']
    assert cells['data.transpositions'][0] == ' -12 to 12 ' and 'training.epochs' not in cells
    assert [c.strip() for c in cells['plateau: held-out negative ELBO (nats)']] == [
        '16 (15 to 17)',
        '14',
    ]
    assert [c.strip() for c in cells['convergence: epochs to its best']] == ['3.5', '2 (-43%)']
    assert cells['consistency: standard deviation over seeds'] == [' 1.41 ', f' {NONE} ']
    # A value has the unit that its label lacks.
    (velocity,) = (cells[name] for name in cells if name.startswith('velocity'))
    assert velocity[1] == ' 63.5 of 127 '
    assert cells[METRICS['duration_mae_beats'].label_with_unit] == [' 0.25 ', ' 0.25 ']


def test_variants_are_set_against_their_system():
    names = ('melodyvae_original', 'melodyvae_original+dropout')
    chosen = [candidate for candidate in build_ablation() if candidate.name in names]
    runs = [
        made_run('melodyvae_original', 0, [10, 8]),
        made_run('melodyvae_original+dropout', 0, [10, 9.5]),
    ]
    text = format_comparison(found(chosen, runs))
    row = next(line for line in text.splitlines() if line.startswith('| melodyvae_original+drop'))
    assert row.startswith(f'| melodyvae_original+dropout | 13.5 | +1.5 | {NONE} |')
    systems_table = text[text.index('## Systems') : text.index('## One change')]
    assert '+dropout' not in systems_table
