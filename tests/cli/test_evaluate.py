"""`melodyvae_evaluate` as a person runs it."""

import json
import re

import pytest

from melodyvae.evaluation.evaluate import evaluate
from melodyvae.evaluation.metrics import format_figure
from melodyvae.playing.clips import write_midi
from melodyvae.runs.held_out import find_loops

import programs
from runs import make_run_with_loops


@pytest.fixture(scope='module')
def run(tmp_path_factory, few_loops):
    return make_run_with_loops(tmp_path_factory.mktemp('runs') / 'run', few_loops)


def test_program_prints_a_table_and_leaves_json(run, golden_loops, tmp_path):
    midi = tmp_path / 'held out'
    midi.mkdir()
    write_midi([golden_loops[60], golden_loops[61]], run.config.grid, midi / 'two.mid')
    done = programs.run_here('evaluate', run.path, f'--midi={midi}', check=True)
    written = json.loads((run.path / 'evaluation.held out.json').read_text())
    assert done.stdout.startswith('Reconstruction of 2 held-out loops (')
    assert '\x1b' not in done.stdout
    cells = [re.split(' {2,}', line) for line in done.stdout.splitlines()]
    lines = {name: figures for name, *figures in cells}
    assert lines['Note recall, as played'] == [f'{written["device_onset_recall"]:.1%}']
    assert lines['Loss at beta 1'] == [
        format_figure(written[name]) for name in ('objective_at_mean', 'objective')
    ]
    assert (written['loops'], written['threshold']) == (2, 0.2)
    assert 'exact_copies' in written
    # What is there stays, unless the user asks for a new one.
    flags = (f'--midi={midi}', '--threshold_min=0.3', '--json')
    again = programs.run_here('evaluate', run.path, *flags, check=True)
    assert json.loads(again.stdout)['threshold'] == 0.3
    assert 'is kept' in again.stderr
    assert json.loads((run.path / 'evaluation.held out.json').read_text()) == written


def test_program_measures_what_the_run_held_out(run, tmp_path):
    output = tmp_path / 'new' / 'figures.json'
    programs.run_here('evaluate', run.path, f'--output={output}', '--seed=4', check=True)
    held_out, training, _ = find_loops(run, [])
    ours = evaluate(run.load_model(), held_out, seed=4, threshold=0.2, training_loops=training)
    written = json.loads(output.read_text())
    assert list(written) == list(ours.to_dict())
    assert {name: written[name] for name in ours.figures} == pytest.approx(ours.figures, rel=1e-5)
    overlap = ours.generated.features['note_count'].overlap
    assert written['generated']['note_count']['overlap'] == pytest.approx(overlap)
    refused = programs.run_here('evaluate', run.path, f'--output={output}')
    assert 'exists already' in programs.sentence(refused)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ([], 'Name a run folder'),
        (['RUN', '--midi=nowhere'], 'nowhere does not exist'),
        (['RUN', '--threshold_min=2'], 'threshold_min'),
    ],
)
def test_program_refuses_in_one_sentence(run, arguments, words):
    given = [str(run.path) if argument == 'RUN' else argument for argument in arguments]
    done = programs.run_here('evaluate', *given)
    assert words in programs.sentence(done, status=2 if '=2' in str(arguments) else 1)
