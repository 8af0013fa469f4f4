"""Measures a trained run on loops that it was not trained on: errors, onsets, what it generates.

Example: melodyvae_evaluate runs/loops --midi=held_out

Prints a table, and writes all figures as JSON. Without MIDI the run's own held-out loops are
measured, and the JSON is RUN/evaluation.json, which training leaves too; with MIDI it is
RUN/evaluation.NAME.json, after the first folder or file. One that is there already stays as it is
unless --overwrite is given. The definition of each figure is in melodyvae/evaluation/evaluate.py.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from melodyvae.cli import program
from melodyvae.errors import UserError

if TYPE_CHECKING:
    from melodyvae.loops.loops import Loops
    from melodyvae.run_folder import RunFolder

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

    from melodyvae.atomic import new_file, refuse_existing
    from melodyvae.run_folder import RunFolder

    run = RunFolder(source)
    midi = program.several_paths([*_MIDI.value, *rest])
    name = f'evaluation.{midi[0].resolve().name}.json' if midi else run.evaluation.name
    output = Path(_OUTPUT.value).expanduser() if _OUTPUT.value else run.path / name
    run.config  # noqa: B018 - says at once if this is no run folder
    if _OUTPUT.value:
        refuse_existing(output, overwrite=_OVERWRITE.value)

    program.import_tensorflow()
    from melodyvae.evaluation.evaluate import evaluate
    from melodyvae.report.text import table

    model = run.load_model()
    held_out, training, remarks = loops_to_measure(run, midi)
    for remark in remarks:
        print(remark, file=sys.stderr)
    threshold = run.summary.get('threshold') if _THRESHOLD.value is None else _THRESHOLD.value
    metrics = evaluate(
        model, held_out, seed=_SEED.value, threshold=threshold, training_loops=training
    )
    text = json.dumps(metrics, indent=2)
    print(text if _JSON.value else table(metrics))
    if output.exists() and not _OVERWRITE.value:
        print(f'{output} is kept as it was; --overwrite replaces it.', file=sys.stderr)
        return
    with new_file(output, overwrite=True) as temporary:
        temporary.write_text(text + '\n')
    print(f'All figures are in {output}.', file=sys.stderr)


def run() -> None:
    program.run(main)


def loops_to_measure(
    run: 'RunFolder', midi: Sequence[Path]
) -> tuple['Loops', 'Loops | None', list[str]]:
    """What a run is measured with.

    Args:
      run: trained.
      midi: held-out files and folders; empty for the loops that the run itself held out.

    Returns:
      The held-out loops; the training loops, transposed copies included, or None where the run's
      dataset is gone and not needed (both as `measured_sides` gives them); a sentence for each
      thing that was left out.

    Raises:
      UserError: if no held-out loop is found.
    """
    from melodyvae.evaluation.evaluate import measured_sides
    from melodyvae.loops.split import split

    config = run.config
    remarks: list[str] = []
    try:
        loops = run.loops()
        training, held_out = measured_sides(loops, *split(loops, config))
    except UserError as error:
        if not midi:
            raise
        remarks.append(f'{error} Nothing is said of copies of training loops.')
        training = None
    if midi:
        from melodyvae.ingest.ingest import ingest

        held_out, reports = ingest(list(midi), config.grid)
        remarks += [f'{report.path}: {report.reason}' for report in reports if report.reason]
    return held_out, training, remarks
