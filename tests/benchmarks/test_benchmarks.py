"""The benchmarks, run on little: what they measure, and not how much it is on this machine."""

import importlib
import math
import os
import shutil
import subprocess
from pathlib import Path

import mido
import numpy as np
import pytest
import tensorflow as tf

from benchmarks import figures, libraries, programs, speed, training
from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.ingest.ingest import ingest as read_files
from melodyvae.loops.dataset import load_loops
from melodyvae.model.vae import MelodyVAE

import runs
import warm

PAGE = Path(speed.__file__).parents[1] / 'docs' / 'performance.md'


def check(found: list[Figure], repeats: int) -> dict[tuple[str, str], Figure]:
    """Fails unless all values are positive numbers; returns figures by name and reference."""
    by_name = {(figure.name, figure.reference): figure for figure in found}
    assert len(by_name) == len(found) > 0
    for figure in found:
        assert all(math.isfinite(x) and x > 0 for x in [*figure.values, *figure.beside]), figure
        assert len(figure.values) == repeats, figure
        assert len(figure.beside) in ((1, repeats) if figure.reference else (0,)), figure
    return by_name


def test_repetitions_alternate_and_are_compared_in_pairs():
    order = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = figures.interleave({'a': lambda: measure('a'), 'b': lambda: measure('b')}, 3)
    assert order == ['a', 'b'] * 3
    assert found == {'a': [1, 3, 5], 'b': [2, 4, 6]}
    assert Figure('x', 's', found['b'], 'a', found['a']).ratio == 4 / 3
    assert Figure('x', 's', found['b'], 'a constant', [2]).ratio == 2


@pytest.mark.parametrize(
    ('value', 'text'),
    [(1234567.8, '1,234,568'), (99.96, '100'), (12.34, '12.3'), (1.0, '1.00'), (0.0123, '0.0123')],
)
def test_numbers_have_three_digits_that_count(value, text):
    assert figures.short(value) == text


def test_the_program_prints_one_table_and_writes_it_to_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(speed, 'PARTS', {'one': 'programs.made_figures', 'two': 'programs.none'})
    made = [
        Figure('a figure', 's', [4.0, 9.0, 1.0], 'the floor', [2.0]),
        Figure('another', 'MiB', [300.0]),
    ]
    monkeypatch.setattr(programs, 'made_figures', lambda: iter(made), raising=False)
    page = shutil.copy(PAGE, tmp_path / 'page.md')
    for _ in range(2):
        speed.main(['--parts', 'one', f'--page={page}'])
    row = '| a figure | s | 4.00 | 1.00 to 9.00 | 3 | the floor | 2.00 | 2.00 |'
    assert capsys.readouterr().out.count(row) == 2
    before, _, after = PAGE.read_text().partition(figures.HEADER[0])
    written = page.read_text()
    assert written.count(row) == 1 and '| melodyvae_train --help |' not in written
    assert '| another | MiB | 300 | 300 to 300 | 1 |  |  |  |' in written
    assert f'cores {os.cpu_count()}, processor' in written
    assert os.uname().nodename not in written
    assert written.startswith(before.partition(figures.BEGIN)[0])
    assert written.endswith(after.partition(figures.END)[2])
    page.write_text('no marks')
    with pytest.raises(ValueError, match='must hold the lines'):
        figures.write_page(page, 'x')
    assert page.read_text() == 'no marks'


@pytest.mark.parametrize('place', speed.PARTS.values())
def test_every_part_of_the_program_exists(place):
    module, _, function = place.partition('.')
    assert callable(getattr(importlib.import_module(f'benchmarks.{module}'), function))


def test_peak_memory_is_of_the_process_and_not_of_its_parent():
    big = np.ones(300 * 2**20, np.uint8)
    before = figures.peak_memory()
    assert before >= 300
    made, small = figures.in_own_process(np.ones, 50 * 2**20 // 8)
    assert 50 < small < before
    assert big[0] == made[0] == 1


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


def test_made_loops_have_no_cell_twice():
    loops = libraries.made_loops(preset('rhythmvae').grid, 50)
    assert (loops.to_dense(np.arange(50))['onset'].sum((1, 2)) == 14).all()
    assert len(np.unique(loops.file)) == 50


def test_grooves_are_drums_that_rhythmvae_reads(tmp_path):
    libraries.write_grooves(tmp_path / 'a', 10)
    assert len({file.read_bytes() for file in (tmp_path / 'a').iterdir()}) == 10
    loops, reports = read_files([tmp_path / 'a'], preset('rhythmvae').grid)
    # The strict map has no crash.
    assert all(report.reason.endswith('no drum class: 49 (2)') for report in reports)
    assert len(loops) == 10 * 4
    sounding = loops.to_dense(np.arange(len(loops)))['onset'].sum((0, 2))
    assert (sounding[[0, 1]] > 0).all()  # kick and snare
    assert (np.diff(loops.offsets) > 15).all()


@pytest.mark.parametrize('name', training.SYSTEMS)
def test_the_floor_has_the_products_of_every_dense_layer(name, monkeypatch):
    config, multiply, made = runs.small_config(name), tf.matmul, []

    def record(*factors, **options):
        made.append(multiply(*factors, **options))
        return made[-1]

    monkeypatch.setattr(tf, 'matmul', record)
    training.matrix_products(config)
    batch = config.training.batch_size
    kernels = [tuple(w.shape) for w in MelodyVAE(config).trainable_weights if w.name == 'kernel']
    # No gradient flows into the data, of which there is one input per feature, or one for all.
    cells, features = config.grid.rows * config.grid.steps, len(config.features)
    data = [cells * features] if config.model.one_encoder_branch else [cells] * features
    expected = [*kernels, *((batch, units) for _, units in kernels)]
    expected += [(batch, inputs) for inputs, _ in kernels]
    for inputs in data:
        expected.remove((batch, inputs))
    assert sorted(tuple(product.shape) for product in made) == sorted(expected)


def test_a_step_is_measured_beside_its_floor_and_the_device():
    config = runs.small_config()
    found = check(list(training.system_figures(config, steps=2, repeats=2)), repeats=2)
    references = [reference for _, reference in found]
    assert references[:2] == ['its floor', 'batches made before']
    title = f'{config.name}, batch 64: a step'
    assert found[title, 'the device'].beside == pytest.approx([1000 / 5.8])
    config.training.batch_size = 32
    figure = training.device_figure(config, 'a device', steps=2, repeats=2)
    check([figure], repeats=2)
    assert figure.name == f'{config.name}, batch 32, a device: a step'


def test_waiting_is_measured_until_the_page_and_the_studio_play(tmp_path):
    libraries.write_tunes(tmp_path / 'clips', 3)
    settings = {
        'model.hidden': 8,
        'model.decoder_hidden': 16,
        'pad.tiles': 12,
        'training.least_steps': 0,
        'training.epochs': 2,
    }
    found = list(programs.clip_figures(tmp_path / 'clips', tmp_path, settings, repeats=1))
    assert len(check(found, repeats=1)) == 4


def test_a_training_that_fails_in_the_studio_is_no_figure(tmp_path):
    (tmp_path / 'clips').mkdir()
    (tmp_path / 'clips' / 'a.mid').write_text('no music')
    with pytest.raises(RuntimeError, match='The training in the studio has failed'):
        programs.train_in_studio(tmp_path / 'clips', tmp_path / 'runs', {})


def test_reading_is_measured_beside_the_device_and_note_seq(tmp_path):
    libraries.write_tunes(tmp_path / 'library', 3)
    check(list(programs.reading_figures('reading', tmp_path / 'library', 410, repeats=2)), 2)
    assert len(load_loops(tmp_path / 'dataset 1')) > 0


def test_programs_and_imports_are_timed():
    found = check(list(programs.startup_figures(['generate'], repeats=1)), repeats=1)
    assert [name for name, _ in found] == [
        'melodyvae_generate --help',
        'Keras as programs import it',
    ]
    with pytest.raises(subprocess.CalledProcessError):
        programs.time_command('false')


def test_training_is_measured_from_disk_and_for_many_epochs(golden_loops, tmp_path, monkeypatch):
    # Processes that begin with TensorFlow imported: what they hold does not matter here.
    warm.start_server()
    monkeypatch.setattr(figures, 'START_METHOD', warm.START_METHOD)
    folder = tmp_path / 'loops'
    training.write_library(golden_loops, 100, folder)
    made = load_loops(folder)
    assert len(made) >= 100 and len(made.files) == len(set(made.files))
    check(list(training.library_figures(folder, runs.small_config(), rounds=1, steps=2)), 1)
    (memory,) = training.memory_figures(runs.small_config(), epochs=2, loops=64)
    assert memory.values[0] > 100  # TensorFlow alone takes more
