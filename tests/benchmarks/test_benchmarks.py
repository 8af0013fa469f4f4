"""The benchmarks, run for real on little; what they measure is any machine's own affair."""

import json
import math
import os

import mido
import numpy as np
import pytest
import tensorflow as tf

import benchmarks
from benchmarks import (
    callbacks,
    drums,
    figures,
    floor,
    from_midi,
    goal,
    ingest,
    libraries,
    machine,
    programs,
    results,
    scale,
    speed,
    training,
    waiting,
)
from benchmarks.figures import Figure
from melodyvae.config.presets import preset
from melodyvae.ingest.ingest import ingest as read_files
from melodyvae.loops.dataset import load_loops
from melodyvae.model.vae import MelodyVAE

import runs
import warm

MACHINE = {'cores': '2', 'processor': 'a processor', 'memory': '8 GiB'}
PAGE = f'# Speed\n\nbefore\n\n{results.BEGIN}\nold\n{results.END}\n\nafter\n'


def check(found: list[Figure], repeats: int | None = None) -> dict[str, Figure]:
    """Fails unless all values are positive numbers; gives the figures by name, each once."""
    by_name = {figure.name: figure for figure in found}
    assert len(by_name) == len(found) > 0
    for figure in found:
        assert all(math.isfinite(value) and value > 0 for value in figure.values), figure
        assert repeats is None or len(figure.values) == repeats, figure
    return by_name


# --- Figures and results ------------------------------------------------------------------------


def test_what_is_compared_is_measured_in_turns():
    order = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = figures.in_turns({'a': lambda: measure('a'), 'b': lambda: measure('b')}, 3)
    assert order == ['a', 'b'] * 3
    assert found == {'a': (1, 3, 5), 'b': (2, 4, 6)}
    compared = figures.ratio('b over a', found['b'], found['a'])
    assert compared.values == (2, 4 / 3, 6 / 5)
    assert compared.median == 4 / 3
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
    assert results.short(value) == text


def test_a_line_shows_the_median_the_spread_and_the_last_time():
    figure = Figure('a figure', 'ms', (3.0, 1.0, 20.0))
    words = results.line(figure, {'a figure': 2.5, 'another': 9.0}).split()
    assert words == ['a', 'figure,', 'ms', '3.00', '1.00', '20.0', '3', '2.50']
    assert results.line(figure, {}).split()[-1] == '3'
    assert len(results.line(figure, {'a figure': 2.5})) == len(results.header())


def test_json_comes_back_as_medians_of_this_machine(tmp_path):
    path = tmp_path / 'new' / 'speed.jsonl'
    assert results.earlier_medians(path, MACHINE) == {}
    results.append_json(
        path, [Figure('a', 's', (1.0, 2.0, 9.0)), Figure('b', 's', (5.0,))], MACHINE
    )
    results.append_json(path, [Figure('a', 's', (4.0,))], MACHINE)
    results.append_json(path, [Figure('a', 's', (7.0,))], MACHINE | {'cores': '64'})
    assert results.earlier_medians(path, MACHINE) == {'a': 4, 'b': 5}
    first = json.loads(path.read_text().splitlines()[0])
    assert first['figures'][0] == {'name': 'a', 'unit': 's', 'values': [1, 2, 9]}
    assert first['machine'] == MACHINE


def test_a_page_gets_the_table_between_its_marks_and_keeps_the_rest(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text(PAGE)
    for value in (3.0, 4.0):
        text = results.markdown([Figure('a figure', 's', (value, 9.0, 1.0))], MACHINE)
        results.write_page(page, text)
    written = page.read_text()
    assert '| a figure | s | 4.00 | 1.00 to 9.00 | 3 |' in written
    assert '3.00' not in written and 'old' not in written
    assert 'cores 2, processor a processor' in written
    assert written.startswith('# Speed\n\nbefore\n') and written.endswith('\nafter\n')
    page.write_text('no marks')
    with pytest.raises(ValueError, match='must hold the lines'):
        results.write_page(page, 'x')
    assert page.read_text() == 'no marks'


def test_the_page_of_this_project_has_its_marks():
    page = speed.ROOT / 'docs' / 'performance.md'
    assert page.read_text().count(results.BEGIN) == page.read_text().count(results.END) == 1


def test_the_program_prints_one_table_and_writes_page_and_json(tmp_path, monkeypatch, capsys):
    made = {'one': lambda: iter([Figure('a', 's', (1.0,))]), 'two': lambda: 1 / 0}
    monkeypatch.setattr(speed, 'PARTS', made)
    page, history = tmp_path / 'page.md', tmp_path / 'speed.jsonl'
    page.write_text(PAGE)
    for _ in range(2):
        speed.main(['--parts', 'one', f'--json={history}', f'--page={page}'])
    first, second = capsys.readouterr().out.split(results.header())[1:]
    assert first.splitlines()[1].split() == ['a,', 's', '1.00', '1.00', '1.00', '1']
    assert second.splitlines()[1].split()[-1] == '1.00'  # the last time
    assert '| a | s | 1.00 |' in page.read_text()
    assert len(history.read_text().splitlines()) == 2


def test_an_unknown_part_is_refused(capsys):
    with pytest.raises(SystemExit):
        speed.main(['--parts', 'nothing'])
    assert "'nothing'" in capsys.readouterr().err


# --- The machine --------------------------------------------------------------------------------


def test_the_machine_is_described_without_its_name():
    described = machine.describe()
    assert int(described['cores']) == os.cpu_count()
    assert float(described['memory'].removesuffix(' GiB')) > 0
    assert described['Python'].startswith('3.')
    assert os.uname().nodename not in described.values()


def test_peak_memory_is_of_the_process_and_not_of_its_parent():
    big = np.ones(300 * 2**20, np.uint8)
    before = machine.peak_memory()
    assert before >= 300
    root, small = machine.in_own_process(math.sqrt, 4.0)
    assert root == 2
    assert 0 < small < before
    made, grown = machine.in_own_process(np.ones, 50 * 2**20 // 8)
    assert grown > small + 40
    assert big[0] == made[0] == 1


# --- The floor ----------------------------------------------------------------------------------


@pytest.mark.parametrize('name', training.SYSTEMS)
def test_the_floor_counts_every_dense_layer_and_every_weight(name):
    config = preset(name)
    model = MelodyVAE(config)
    layers = floor.dense_layers(config)
    kernels = [w for w in model.trainable_weights if w.name == 'kernel']
    assert sorted((inputs, units) for inputs, units, _ in layers) == sorted(
        tuple(kernel.shape) for kernel in kernels
    )
    # No gradient flows into the data, of which there is one input a feature, or one for all.
    cells, features = config.grid.rows * config.grid.steps, len(config.features)
    sizes = [cells * features] if config.model.one_encoder_branch else [cells] * features
    stopped = [layer for layer in layers if not layer[2]]
    assert stopped == [(size, config.model.hidden, False) for size in sizes]
    assert floor.weight_count(config) == sum(math.prod(w.shape) for w in model.trainable_weights)


def test_the_floor_is_measured():
    config = runs.small_config()
    for measure in (floor.products(config), floor.optimizer_traffic(config)):
        values = [measure() for _ in range(3)]
        assert min(values) > 0
        assert len(set(values)) > 1  # a clock, no constant


# --- Libraries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('write', 'tracks', 'size'),
    [(libraries.write_tunes, 1, 600), (libraries.write_songs, 11, 25e3)],
)
def test_made_files_have_the_size_and_the_tracks_of_their_kind(write, tracks, size, tmp_path):
    count = libraries.DISTINCT + 2
    write(tmp_path / 'a', count)
    write(tmp_path / 'b', count)
    files = sorted((tmp_path / 'a').iterdir())
    data = [file.read_bytes() for file in files]
    assert len(set(data)) == len(data) == count
    assert data == [(tmp_path / 'b' / file.name).read_bytes() for file in files]
    assert np.mean([len(piece) for piece in data]) == pytest.approx(size, rel=0.1)
    assert {len(mido.MidiFile(file).tracks) for file in files} == {tracks}
    loops, reports = read_files([tmp_path / 'a'], preset('melodyvae_improved').grid)
    assert len(loops) > count and not any(report.reason for report in reports)


def test_made_loops_fit_the_grid_and_are_sparse():
    for name in training.SYSTEMS:
        grid = preset(name).grid
        loops = libraries.made_loops(grid, 50, notes=14)
        assert (np.diff(loops.offsets) == 14).all()
        assert (loops.to_dense(np.arange(50))['onset'].sum((1, 2)) == 14).all()  # no cell twice
        assert len(np.unique(loops.file)) == 50


def test_grooves_are_drums_that_rhythmvae_reads(tmp_path):
    drums.write_grooves(tmp_path / 'a', 10)
    drums.write_grooves(tmp_path / 'b', 10)
    files = sorted((tmp_path / 'a').iterdir())
    data = [file.read_bytes() for file in files]
    assert len(set(data)) == 10
    assert data == [(tmp_path / 'b' / file.name).read_bytes() for file in files]
    loops, reports = read_files([tmp_path / 'a'], preset('rhythmvae').grid)
    # The strict map has no crash.
    assert all(report.reason.endswith('no drum class: 49 (2)') for report in reports)
    assert len(loops) == 10 * 4
    sounding = loops.to_dense(np.arange(len(loops)))['onset'].sum((0, 2))
    assert (sounding[[0, 1]] > 0).all()  # kick and snare
    assert (np.diff(loops.offsets) > 15).all()


# --- The parts ----------------------------------------------------------------------------------


def test_training_is_measured_beside_its_floor():
    config = runs.small_config()
    found = check(list(training.system_figures(config, steps=2, repeats=2)), repeats=2)
    title = f'training {config.name}, batch 64'
    step = found[f'{title}: step'].values
    least = zip(
        found[f'{title}: floor, matrix products'].values,
        found[f"{title}: floor, optimizer's memory traffic"].values,
        strict=True,
    )
    ratios = found[f'{title}: step over floor'].values
    assert ratios == pytest.approx([s / sum(f) for s, f in zip(step, least, strict=True)])
    assert found[title].values == pytest.approx([1000 / value for value in step])
    assert found[f'{title}: samples'].values == pytest.approx([64e3 / value for value in step])
    assert found[f'{title}: over the device'].median == pytest.approx(found[title].median / 5.8)


def test_waiting_is_measured_from_clips_to_a_page_and_to_a_pad_that_plays(tmp_path):
    libraries.write_tunes(tmp_path / 'clips', 3)
    settings = 'model.hidden=8', 'model.decoder_hidden=16', 'training.least_steps=0'
    found = waiting.clip_figures(tmp_path / 'clips', tmp_path, 1, *settings, 'training.epochs=2')
    assert [figure.name.partition(',')[0] for figure in check(list(found), repeats=1).values()] == [
        '3 clips to play.html and melodyvae.model',
        'melodyvae_studio',
        '3 clips to a pad that plays',
    ]
    assert (tmp_path / 'runs 0' / waiting.NAME / 'model.keras').is_file()  # it did train


def test_a_training_that_fails_in_the_studio_is_no_figure(tmp_path):
    (tmp_path / 'clips').mkdir()
    (tmp_path / 'clips' / 'a.mid').write_text('no music')
    with pytest.raises(RuntimeError, match='The training in the studio has failed'):
        waiting.open_and_train(tmp_path / 'clips', tmp_path / 'runs')


def test_the_goal_is_reached_when_the_pad_plays_as_few_bits(golden_loops):
    config = runs.small_config('melodyvae')
    config.grid = golden_loops.grid
    config.training.least_steps = 0
    config.training.epochs = 2
    found = check(list(goal.goal_figures(config, golden_loops, 20.0, seeds=1)), repeats=1)
    _, _, epochs, bits, untrained = found.values()
    assert epochs.values == (1,)
    assert bits.values[0] < 20
    assert untrained.values != bits.values
    with pytest.raises(RuntimeError, match=r'has ended at \d+\.\d\d bits'):
        list(goal.goal_figures(config, golden_loops, 0.01, seeds=1))


def test_steps_are_measured_on_whatever_trains():
    config = runs.small_config()
    config.training.batch_size = 32
    steps, waiting = training.measure_device(config.to_dict(), 'a device', steps=2, repeats=2)
    xla = 'on' if tf.config.list_physical_devices('GPU') else 'off'
    assert steps.name == f'training {config.name}, batch 32, a device, XLA {xla}'
    assert waiting.unit == 'times'
    check([steps, waiting], repeats=2)


def test_without_a_gpu_none_is_measured(monkeypatch):
    monkeypatch.setattr(benchmarks, 'gpus', '-1')
    assert list(training.gpu_figures()) == []


def test_the_process_of_the_gpus_sees_those_that_this_one_was_given(monkeypatch):
    monkeypatch.setattr(benchmarks, 'gpus', '7')
    before = dict(os.environ)
    with training.seeing_gpus():
        assert machine.in_own_process(os.getenv, 'CUDA_VISIBLE_DEVICES')[0] == '7'
    assert dict(os.environ) == before


@pytest.fixture
def quickly_started(monkeypatch):
    """Processes that begin with TensorFlow imported, where it does not matter what they hold."""
    monkeypatch.setattr(machine, 'START_METHOD', warm.START_METHOD)


@pytest.mark.usefixtures('quickly_started')
def test_memory_is_that_of_a_training_process():
    config = runs.small_config()
    config.training.epochs = 2
    figure = callbacks.measure_memory(config)
    assert figure.values[0] > 100  # TensorFlow alone takes more


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
    found = check(list(from_midi.model_figures(run, tmp_path / 'exported', repeats=1)), repeats=1)
    assert any('melodyvae_generate' in name for name in found)
    assert list((tmp_path / 'exported').glob('0/*.mid'))  # the program did play


def test_programs_and_imports_are_timed():
    assert {'prepare', 'train', 'generate', 'export'} <= set(programs.names())
    found = check(list(programs.startup_figures(['generate'], ['json'], repeats=2)), repeats=2)
    assert set(found) == {'melodyvae_generate --help', 'import json', 'python without imports'}
    with pytest.raises(RuntimeError, match='no_such_module'):
        programs.python_seconds('import no_such_module')


def test_a_large_library_is_made_of_small_changes(golden_loops, tmp_path):
    scale.write_library(golden_loops, 3 * len(golden_loops), tmp_path / 'loops')
    made = load_loops(tmp_path / 'loops')[:]
    assert len(made) == 3 * len(golden_loops)
    assert len(made.files) == len(set(made.files)) == 3 * len(golden_loops.files)
    assert len(np.unique(made.file)) == 3 * len(np.unique(golden_loops.file))
    assert made.cells['row'].max() < made.grid.rows
    loops = [made[index] for index in range(len(made))]
    assert len({loop.tobytes() for loop in loops}) == len(loops)
    for loop in loops:
        address = loop['row'].astype(int) * made.grid.steps + loop['step']
        assert (np.diff(address) > 0).all()  # by row, then step, and no cell twice


@pytest.mark.usefixtures('quickly_started')
def test_training_from_disk_is_measured_beside_training_from_memory(golden_loops, tmp_path):
    folder = tmp_path / 'loops'
    scale.write_library(golden_loops, 100, folder)
    assert len(load_loops(folder)) >= 100
    check(list(scale.library_figures(folder, runs.small_config(), rounds=1, steps=2)), repeats=1)
