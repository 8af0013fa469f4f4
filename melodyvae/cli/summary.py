"""What `melodyvae_train` and `melodyvae_export` print at the end."""

from typing import TYPE_CHECKING

from melodyvae.config.settings import Config
from melodyvae.playing.dials import choose_dials, describe_loading
from melodyvae.playing.metadata import encoder_folder
from melodyvae.system.terminal import print_lines, print_table, quote

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder

DIAL_COLUMNS = ('dial', 'setting', 'why')


def print_summary(run: 'RunFolder') -> None:
    """Prints what a run has learned, where its files are, and what to do next."""
    config, summary = run.config, run.summary
    held_out = summary['validation_loops']
    measured_on = f'{held_out} held-out loops' if held_out else 'these loops; nothing was held out'
    decoder = run.own_export
    print_lines(
        f'Trained {summary["epochs"]} epochs on {summary["training_loops"]} loops; '
        f'loss {summary["objective"]:.1f} on {measured_on}.',
        '',
        f'Next, in a browser: open {run.play_page}.',
    )
    if config.device.spec.in_max:
        print_lines(
            f'Next, in Max: {describe_loading(decoder)}',
            'Then set the dials, as docs/max.md explains:',
        )
        print_dials(config, config.device.threshold_as_loaded)
    print_lines(
        '',
        f'  {"model for Max" if config.device.spec.in_max else "model":15} {decoder}',
        f'  its encoder     {encoder_folder(decoder)} (not for Max)',
        f'  new melodies    {run.midi}',
        f'  report          {run.path / "report.html"}',
        f'  plots           {run.plots}',
        f'  metrics         {run.metrics} and {run.evaluation}',
        f'  checkpoint      {run.model_path}',
        f'  TensorBoard     tensorboard --logdir {quote(run.events)}',
    )


def print_dials(config: Config, threshold: float) -> None:
    """Prints the table of `choose_dials`, which explains the arguments."""
    dials = choose_dials(config, threshold)
    rows = [(dial.name, dial.setting, dial.reason) for dial in dials]
    print_table(DIAL_COLUMNS, rows, texts=DIAL_COLUMNS)
