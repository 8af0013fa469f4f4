"""`melodyvae_train` from MIDI to a finished run, and what it says when that cannot be."""

import csv
import json

import numpy as np
import pytest

from melodyvae.loops.dataset import load_loops
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.load import load_model
from melodyvae.training.data import training_data
from melodyvae.training.history import read_history

import programs


def test_a_run_leaves_everything_that_it_promises(trained):
    folder, done = trained
    config = RunFolder(folder).config
    assert config.training.epochs == 3 and config.model.hidden == 8
    assert len(load_loops(folder / 'data')) > 50
    assert (folder / 'data' / 'report.csv').is_file()
    for name in ('loss', 'piano_rolls', 'latent_map'):
        assert (folder / 'plots' / f'{name}.png').read_bytes().startswith(b'\x89PNG')
    for name in ('melodyvae.model', 'encoder/melodyvae.encoder'):
        assert json.loads((folder / name / 'model.json').read_text())['format'] == 'layers-model'
        assert (folder / name / 'weights.bin').stat().st_size > 1000
    assert len(list((folder / 'midi').glob('*.mid'))) == 16
    assert list((folder / 'events').rglob('events.out.tfevents.*'))
    assert json.loads((folder / 'evaluation.json').read_text())['onset_loss'] > 0
    assert (folder / 'report.html').is_file() and (folder / 'play.html').is_file()
    assert not (folder / 'states').exists()
    assert str(folder / 'melodyvae.model') in done.stdout
    assert 'Next, in Max' in done.stdout


def test_metrics_are_a_line_an_epoch_and_the_last_weights_are_kept(trained):
    folder, done = trained
    with (folder / 'metrics.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['epoch'] for row in rows] == ['0', '1', '2']
    assert [float(row['beta']) for row in rows] == pytest.approx([0, 1 / 30, 2 / 30])
    assert {'onset_loss', 'val_onset_loss', 'kl', 'val_objective', 'learning_rate'} <= set(rows[0])
    assert done.stderr.count('epoch 3/3') == 1
    assert_ends_with_epoch(RunFolder(folder), 3)


def held_out_losses(run):
    with run.metrics.open() as file:
        return [float(row['val_objective']) for row in csv.DictReader(file)]


def assert_ends_with_epoch(run, epoch):
    """The weights are those of this epoch, counted from 1, and the summary says so."""
    losses = held_out_losses(run)
    assert run.summary['shipped_epoch'] == epoch
    assert run.summary['objective'] == pytest.approx(losses[epoch - 1])
    steps = int(run.load_model().optimizer.iterations)
    assert steps == epoch * training_data(run.loops(), run.config).steps


def test_a_training_starts_from_another_run_and_holds_nothing_out(trained, tmp_path):
    folder = tmp_path / 'run'
    done = programs.run_here(
        'train',
        *programs.FEW_MIDI,  # fewer than `data.learn_all_below`
        f'--run_dir={folder}',
        f'--init_from={trained[0]}',
        '--config.data.transpositions=-1,1',
        '--config.training.epochs=1',
        '--config.training.learning_rate=1e-9',
        *programs.SMALL,
        check=True,
    )
    run = RunFolder(folder)
    parts = [load_model(RunFolder(x).trained_path).encoder for x in (folder, trained[0])]
    for ours, theirs in zip(*(part.get_weights() for part in parts), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    # No validation, and so no validation loss.
    assert run.summary['validation_loops'] == 0
    assert run.summary['training_loops'] > run.summary['loops']  # with transposed copies
    history = read_history(run.metrics)
    assert len(history['epoch']) == 1 and not any(name.startswith('val_') for name in history)
    assert run.summary['objective'] == history['objective'][-1]
    assert 'nothing was held out' in done.stdout
    assert run.finished and not run.evaluation.exists()
    assert 'Nothing was held out' in run.report.read_text()
    measured = programs.run_here('evaluate', folder)
    assert 'was trained on all loops and held out none' in programs.sentence(measured)


@pytest.mark.parametrize(
    ('arguments', 'words', 'status'),
    [
        (['--midi=nowhere', '--run_dir=RUN'], 'nowhere does not exist', 1),
        (['--midi=EMPTY', '--run_dir=RUN'], 'holds no file', 1),
        (['--dataset=EMPTY', '--run_dir=RUN'], 'is not a dataset', 1),
        (['--midi=EMPTY', '--dataset=EMPTY', '--run_dir=RUN'], 'not both', 1),
        (['--midi=EMPTY'], '--run_dir', 1),
        (['--midi=EMPTY', '--run_dir=RUN', '--init_from=EMPTY'], 'is not a run folder', 1),
        (['--run_dir=EMPTY', '--resume', '--init_from=RUN'], 'leave out the other flags', 1),
        (['--run_dir=EMPTY', '--resume'], 'is not a run folder', 1),
        (['--run_dir=EMPTY', '--resume', '--tracks=bass'], 'leave out the other flags', 1),
        (
            ['--run_dir=EMPTY', '--resume', '--config.training.epochs=3'],
            'leave out the other flags',
            1,
        ),
        (['--run_dir=RUN', '--config=README.md'], 'is neither a Python nor a JSON file', 2),
        (['--run_dir=RUN', '--config=BROKEN'], 'nothing_of_the_kind', 2),
        (['--run_dir=RUN', '-'], 'lists no file', 1),
        (['--run_dir=RUN', '--config=configs/none.py'], 'names no file', 2),
        (['--midi=BROKEN', '--run_dir=RUN'], 'No loop of at least 6 onsets', 1),
        (['--dataset=DATA', '--run_dir=RUN', '--config=configs/rhythmvae.py'], 'grid.rows=24', 1),
        (
            [
                '--run_dir=RUN',
                '--config.data.validation_fraction=0',
                '--config.training.early_stopping_patience=3',
            ],
            '--config.data.validation_fraction=0',
            1,
        ),
        (['--resume', '--run_dir=DONE'], 'has finished', 1),
        (['--midi=EMPTY', '--run_dir=DONE'], 'is not empty', 1),
    ],
)
def test_bad_input_is_one_sentence(arguments, words, status, trained, tmp_path):
    (tmp_path / 'EMPTY').mkdir()
    places = {name: str(tmp_path / name) for name in ('EMPTY', 'RUN')}
    (tmp_path / 'broken.py').write_text('import nothing_of_the_kind\n')
    places['BROKEN'] = str(tmp_path / 'broken.py')
    places |= {'DONE': str(trained[0]), 'DATA': str(trained[0] / 'data')}
    for name, place in places.items():
        arguments = [argument.replace(f'={name}', f'={place}') for argument in arguments]
    done = programs.run_here('train', *arguments)
    assert words in programs.sentence(done, status)
    assert not (tmp_path / 'RUN').exists()


def test_a_refused_library_says_how_to_go_on(tmp_path):
    few = programs.GOLDEN_MIDI / 'sparse_six_onsets.mid'
    port = ('train', few, '--config=melodyvae_improved', f'--run_dir={tmp_path / "run"}')
    done = programs.run_here(*port)
    assert 'but this library has 1. Add more MIDI files.' in programs.sentence(done)
    done = programs.run_here(*port)
    assert f'add --dataset={tmp_path / "run" / "data"}' in programs.sentence(done)


def test_twelve_loops_are_enough_and_the_best_weights_are_kept_if_asked(tmp_path):
    few = [programs.GOLDEN_MIDI / f'{name}.mid' for name in ('swing_120', 'waltz_3_4', 'chords')]
    programs.run_here(
        'train',
        *few,
        f'--run_dir={tmp_path / "run"}',
        '--config.training.epochs=4',
        '--config.training.keep_best=true',
        '--config.training.learning_rate=1',  # too much to get better all the time
        '--quiet',
        programs.HELD_OUT,
        *programs.SMALL,
        check=True,
    )
    run = RunFolder(tmp_path / 'run')
    assert run.summary['loops'] <= 14
    assert_ends_with_epoch(run, 1 + int(np.argmin(held_out_losses(run))))
