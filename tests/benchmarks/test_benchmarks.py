"""The benchmarks, run on little: what they measure, and not how much it is on this machine."""

import importlib
import math
import os
from pathlib import Path

import mido
import numpy as np
import pytest

from benchmarks import drums, figures, ingest, libraries, programs, scale, speed, training
from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.ingest.ingest import ingest as read_files
from melodyvae.loops.dataset import load_loops
from melodyvae.model.vae import MelodyVAE

import runs
import warm

PAGE = f'# Speed\n\nbefore\n\n{figures.BEGIN}\nold\n{figures.END}\n\nafter\n'


def check(found: list[Figure], repeats: int) -> dict[str, Figure]:
    """Fails unless all values are positive numbers; returns the figures by name, each once."""
    by_name = {figure.name: figure for figure in found}
    assert len(by_name) == len(found) > 0
    for figure in found:
        assert all(math.isfinite(value) and value > 0 for value in figure.values), figure
        assert len(figure.values) == repeats, figure
    return by_name


# --- Figures ------------------------------------------------------------------------------------


def test_what_is_compared_is_measured_in_turns():
    order = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = figures.in_turns({'a': lambda: measure('a'), 'b': lambda: measure('b')}, 3)
    assert order == ['a', 'b'] * 3
    assert found == {'a': (1, 3, 5), 'b': (2, 4, 6)}
    assert figures.ratio('b over a', found['b'], found['a']).values == (2, 4 / 3, 6 / 5)
    assert Figure('x', 's', (2.0, 6.0)).over('y', 'times', 2).values == (1, 3)


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (1234567.8, '1,234,568'),
        (99.96, '100'),
        (12.34, '12.3'),
        (1.0, '1.00'),
        (0.012345, '0.0123'),
    ],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert figures.short(value) == text


def test_the_program_prints_one_table_and_writes_it_to_a_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, 'PARTS', {'one': 'programs.made_figures', 'two': 'programs.none'})
    made = [Figure('a figure', 's', (4.0, 9.0, 1.0))]
    monkeypatch.setattr(programs, 'made_figures', lambda: iter(made), raising=False)
    page = tmp_path / 'page.md'
    page.write_text(PAGE)
    for _ in range(2):
        speed.main(['--parts', 'one', f'--page={page}'])
    row = '| a figure | s | 4.00 | 1.00 to 9.00 | 3 |'
    assert capsys.readouterr().out.count(row) == 2
    written = page.read_text()
    assert written.count(row) == 1 and 'old' not in written
    assert f'cores {os.cpu_count()}, processor' in written
    assert os.uname().nodename not in written
    assert written.startswith('# Speed\n\nbefore\n') and written.endswith('\nafter\n')
    page.write_text('no marks')
    with pytest.raises(ValueError, match='must hold the lines'):
        figures.write_page(page, 'x')
    assert page.read_text() == 'no marks'


@pytest.mark.parametrize('place', speed.PARTS.values())
def test_every_part_of_the_program_exists(place):
    module, _, function = place.partition('.')
    assert callable(getattr(importlib.import_module(f'benchmarks.{module}'), function))


def test_the_page_of_this_project_has_its_marks():
    page = (Path(speed.__file__).parents[1] / 'docs' / 'performance.md').read_text()
    assert page.count(figures.BEGIN) == page.count(figures.END) == 1


def test_peak_memory_is_of_the_process_and_not_of_its_parent():
    big = np.ones(300 * 2**20, np.uint8)
    before = figures.peak_memory()
    assert before >= 300
    made, small = figures.in_own_process(np.ones, 50 * 2**20 // 8)
    assert 50 < small < before
    assert big[0] == made[0] == 1


# --- Libraries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('write', 'tracks', 'size'),
    [(libraries.write_tunes, 1, 600), (libraries.write_songs, 11, 25e3)],
)
def test_made_files_have_the_size_and_the_tracks_of_their_kind(write, tracks, size, tmp_path):
    count = libraries.DISTINCT + 2
    write(tmp_path / 'a', count)
    files = sorted((tmp_path / 'a').iterdir())
    data = [file.read_bytes() for file in files]
    assert len(set(data)) == len(data) == count
    assert np.mean([len(piece) for piece in data]) == pytest.approx(size, rel=0.1)
    assert {len(mido.MidiFile(file).tracks) for file in files} == {tracks}
    loops, reports = read_files([tmp_path / 'a'], preset('melodyvae_improved').grid)
    assert len(loops) > count and not any(report.reason for report in reports)


@pytest.mark.parametrize('name', training.SYSTEMS)
def test_made_loops_fit_the_grid_and_are_sparse(name):
    loops = libraries.made_loops(preset(name).grid, 50)
    assert (loops.to_dense(np.arange(50))['onset'].sum((1, 2)) == 14).all()  # no cell twice
    assert len(np.unique(loops.file)) == 50


def test_grooves_are_drums_that_rhythmvae_reads(tmp_path):
    drums.write_grooves(tmp_path / 'a', 10)
    assert len({file.read_bytes() for file in (tmp_path / 'a').iterdir()}) == 10
    loops, reports = read_files([tmp_path / 'a'], preset('rhythmvae').grid)
    # The strict map has no crash.
    assert all(report.reason.endswith('no drum class: 49 (2)') for report in reports)
    assert len(loops) == 10 * 4
    sounding = loops.to_dense(np.arange(len(loops)))['onset'].sum((0, 2))
    assert (sounding[[0, 1]] > 0).all()  # kick and snare
    assert (np.diff(loops.offsets) > 15).all()


def test_a_large_library_is_made_of_small_changes(golden_loops, tmp_path):
    scale.write_library(golden_loops, 3 * len(golden_loops), tmp_path / 'loops')
    made = load_loops(tmp_path / 'loops')[:]
    assert len(made) == 3 * len(golden_loops)
    assert len(made.files) == len(set(made.files)) == 3 * len(golden_loops.files)
    assert made.cells['row'].max() < made.grid.rows
    loops = [made[index] for index in range(len(made))]
    assert len({loop.tobytes() for loop in loops}) == len(loops)
    for loop in loops:
        address = loop['row'].astype(int) * made.grid.steps + loop['step']
        assert (np.diff(address) > 0).all()  # by row, then step, and no cell twice


# --- The parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize('name', training.SYSTEMS)
def test_the_floor_counts_every_dense_layer(name):
    config = preset(name)
    layers = training.dense_layers(config)
    kernels = [w for w in MelodyVAE(config).trainable_weights if w.name == 'kernel']
    assert sorted((inputs, units) for inputs, units, _ in layers) == sorted(
        tuple(kernel.shape) for kernel in kernels
    )
    # No gradient flows into the data, of which there is one input per feature, or one for all.
    cells, features = config.grid.rows * config.grid.steps, len(config.features)
    sizes = [cells * features] if config.model.one_encoder_branch else [cells] * features
    stopped = [layer for layer in layers if not layer[2]]
    assert stopped == [(size, config.model.hidden, False) for size in sizes]


def test_training_is_measured_beside_its_floor():
    config = runs.small_config()
    found = check(list(training.system_figures(config, steps=2, repeats=2)), repeats=2)
    title = f'training {config.name}, batch 64'
    step = found[f'{title}: step'].values
    floor = zip(
        found[f'{title}: floor, matrix products'].values,
        found[f"{title}: floor, optimizer's memory traffic"].values,
        strict=True,
    )
    ratios = found[f'{title}: step / floor'].values
    assert ratios == pytest.approx([s / sum(f) for s, f in zip(step, floor, strict=True)])
    assert found[title].values == pytest.approx([1000 / value for value in step])
    device = found[f'{title}: times the device'].values
    assert device == pytest.approx([value / 5.8 for value in found[title].values])


def test_steps_are_measured_on_whatever_trains():
    config = runs.small_config()
    config.training.batch_size = 32
    found = list(training.device_figures(config, 'a device', steps=2, repeats=2))
    assert next(iter(check(found, repeats=2))) == f'training {config.name}, batch 32, a device'


def test_the_studio_is_measured_until_it_plays(tmp_path):
    libraries.write_tunes(tmp_path / 'clips', 3)
    settings = {'model.hidden': 8, 'model.decoder_hidden': 16, 'training.epochs': 2}
    assert programs.train_in_studio(tmp_path / 'clips', tmp_path / 'runs', settings) > 0
    assert (tmp_path / 'runs' / 'clips' / 'config.json').is_file()
    assert programs.open_studio(tmp_path / 'runs') > 0


def test_a_training_that_fails_in_the_studio_is_no_figure(tmp_path):
    (tmp_path / 'clips').mkdir()
    (tmp_path / 'clips' / 'a.mid').write_text('no music')
    with pytest.raises(RuntimeError, match='The training in the studio has failed'):
        programs.train_in_studio(tmp_path / 'clips', tmp_path / 'runs', {})


def test_reading_counts_files_and_loops(tmp_path):
    libraries.write_tunes(tmp_path / 'library', 3)
    found = ingest.library_figures('reading', tmp_path / 'library', repeats=2)
    files, loops, _ = found
    check(list(found), repeats=2)
    reports = read_files([tmp_path / 'library'], preset('melodyvae_improved').grid)[1]
    kept = sum(report.kept for report in reports)
    np.testing.assert_allclose(np.divide(loops.values, files.values), kept / 3)


def test_an_exported_model_is_measured_playing(tmp_path):
    run = runs.make_run(tmp_path / 'run')
    found = check(list(programs.model_figures(run, tmp_path / 'exported', repeats=1)), repeats=1)
    assert any('melodyvae_generate' in name for name in found)
    assert list((tmp_path / 'exported').glob('0/*.mid'))  # the program did play


def test_programs_and_imports_are_timed():
    found = check(list(programs.startup_figures(['generate'], ['json'], repeats=2)), repeats=2)
    assert set(found) == {'melodyvae_generate --help', 'import json', 'python without imports'}
    with pytest.raises(RuntimeError, match='no_such_module'):
        programs.python_seconds('import no_such_module')


def test_training_from_disk_is_measured_beside_training_from_memory(
    golden_loops, tmp_path, monkeypatch
):
    # Processes that begin with TensorFlow imported: what they hold does not matter here.
    warm.start_server()
    monkeypatch.setattr(figures, 'START_METHOD', warm.START_METHOD)
    folder = tmp_path / 'loops'
    scale.write_library(golden_loops, 100, folder)
    check(list(scale.library_figures(folder, runs.small_config(), rounds=1, steps=2)), repeats=1)
    (memory,) = training.memory_figures(sizes=[1], loops=64)
    assert memory.values[0] > 100  # TensorFlow alone takes more
