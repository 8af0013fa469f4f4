"""Measures a trained run on loops that it was not trained on: errors, onsets, what it generates.

Example: melodyvae_evaluate runs/loops --midi=held_out

Prints a table, and writes all figures as JSON. Without MIDI the run's own held-out loops are
measured, and the JSON is RUN/evaluation.json, which training leaves too; with MIDI it is
RUN/evaluation.NAME.json, after the first folder or file. One that is there already stays as it is
unless --overwrite is given. melodyvae/evaluation/metrics.py defines each figure.
"""

import sys

from absl import flags

from melodyvae.cli import program

_RUN_DIR = program.define_run_dir()
_MIDI = flags.DEFINE_multi_string(
    'midi', [], 'Folder or file with held-out MIDI, ABC or MusicXML; may be given several times.'
)
_OUTPUT = flags.DEFINE_string('output', None, 'Another file for the JSON; it must be new.')
_OVERWRITE = flags.DEFINE_bool('overwrite', False, 'Replace JSON that is there already.')
_SEED = flags.DEFINE_integer('seed', 0, 'Of sampling and of what is generated.', 0)
_THRESHOLD = flags.DEFINE_float('threshold_min', None, "Of onsets; the run's own by default.", 0, 1)
_JSON = flags.DEFINE_bool('json', False, 'Print JSON instead of the table.')


def main(arguments: list[str]) -> None:
    source, rest = program.run_and_rest(arguments, _RUN_DIR.value)

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
    from melodyvae.cli.held_out import find_loops
    from melodyvae.evaluation.evaluate import evaluate
    from melodyvae.pages.tables import tabulate
    from melodyvae.system.terminal import print_table

    model = run.load_model()
    held_out, training, remarks = find_loops(run, midi)
    for remark in remarks:
        print(remark, file=sys.stderr)
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
        print(f'{output} is kept as it was; --overwrite replaces it.', file=sys.stderr)
    else:
        evaluation.write(output)
        print(f'All figures are in {output}.', file=sys.stderr)


def run() -> None:
    program.run(main)
