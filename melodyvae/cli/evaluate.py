"""Evaluates a trained run on held-out loops: losses, onsets, and the loops that it generates.

Example: melodyvae_evaluate runs/loops --midi=held_out

Prints a table, and writes all metrics as JSON. Without --midi it evaluates the run's own held-out
loops and writes RUN/evaluation.json, as training does. With --midi it writes
RUN/evaluation.NAME.json, named after the first folder or file. An existing file is kept unless
--overwrite is given. melodyvae/evaluation/metrics.csv defines the metrics.
"""

import sys

from absl import flags

from melodyvae.cli import program
from melodyvae.system.terminal import print_lines, print_table

_RUN_DIR = program.define_run_dir()
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with held-out MIDI, ABC or MusicXML; may be given several times.'
)
_OUTPUT = flags.DEFINE_string('output', None, 'New file for the JSON.')
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace an existing JSON file.')
_SEED = flags.DEFINE_integer('seed', 0, 'Seed of the sampling.', 0)
_THRESHOLD = flags.DEFINE_float(
    'threshold_min', None, "Onset threshold; default: the run's own.", 0, 1
)
_JSON = flags.DEFINE_bool('json', False, 'Print JSON instead of the table.')


def main(arguments: list[str]) -> None:
    source, rest = program.run_and_rest(arguments, _RUN_DIR.value)
    # Imported here, because `--help` runs without NumPy.
    from melodyvae.runs.folder import RunFolder
    from melodyvae.system.atomic import refuse_existing

    run = RunFolder(source)
    midi = program.read_paths([*_MIDI.value, *rest])
    name = f'evaluation.{midi[0].resolve().name}.json' if midi else run.evaluation.name
    output = program.output_path(_OUTPUT.value) if _OUTPUT.value else run.path / name
    run.refuse_untrained()
    if _OUTPUT.value:
        refuse_existing(output, overwrite=_OVERWRITE.value)

    program.import_tensorflow()
    # Imported here, because these modules import TensorFlow.
    from melodyvae.evaluation.evaluate import evaluate
    from melodyvae.pages.tables import tabulate
    from melodyvae.runs.held_out import find_loops

    model = run.load_model()
    held_out, training, remarks = find_loops(run, midi)
    for remark in remarks:
        print_lines(remark, file=sys.stderr)
    threshold = run.summary.get('threshold') if _THRESHOLD.value is None else _THRESHOLD.value
    evaluation = evaluate(
        model, held_out, seed=_SEED.value, threshold=threshold, training_loops=training
    )
    if _JSON.value:
        print(evaluation.to_json(), end='')
    else:
        for table in tabulate(evaluation):
            rows = [[row.name, *row.figures] for row in table.rows]
            print_table(['', *table.columns], rows, texts=[''], caption=table.caption)
    if output.exists() and not _OVERWRITE.value:
        print_lines(f'{output} is kept; --overwrite replaces it.', file=sys.stderr)
    else:
        evaluation.write(output)
        print_lines(f'All metrics are in {output}.', file=sys.stderr)
