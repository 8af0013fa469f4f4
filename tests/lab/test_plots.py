"""Pictures of a comparison: held-out curves."""

from comparisons import DRUMS, MELODY, found, made_run, made_systems

from melodyvae.lab import compare
from melodyvae.lab.candidates import choose_candidates
from melodyvae.lab.plots import draw_curves
from melodyvae.lab.results import Run


def test_each_config_has_a_panel():
    systems = made_systems()
    drawn = systems.candidates
    curves = draw_curves(drawn, systems.runs)
    assert [axes.get_title() for axes in curves.axes] == [c.name for c in drawn]
    line = curves.axes[0].lines[0]
    assert line.get_ydata().tolist() == [34, 24, 17, 16]  # the median of the two seeds


def test_early_ends_and_failures_can_be_drawn(tmp_path):
    chosen = choose_candidates(['melodyvae_original', 'melodyvae_improved', 'rhythmvae'])
    runs = [
        made_run('melodyvae_original', 0, [10, 8, 7]),
        made_run('melodyvae_original', 1, [10]),
        Run(name='melodyvae_improved', seed=0, failed='no.'),
        made_run('rhythmvae', 0, [5]),
    ]
    compare.write_results(found(chosen, runs, rhythmvae=DRUMS), tmp_path)
    assert {path.name for path in tmp_path.glob('*.png')} == {
        f'curves-{dataset}.png' for dataset in (MELODY.dataset, DRUMS.dataset)
    }


def test_nothing_but_failures_is_still_a_result(tmp_path):
    runs = [Run(name='rhythmvae', seed=0, failed='no.')]
    compare.write_results(found(choose_candidates(['rhythmvae']), runs, rhythmvae=DRUMS), tmp_path)
    assert '| rhythmvae | 0 | no. |' in (tmp_path / 'results.md').read_text()
    assert not list(tmp_path.glob('*.png'))
