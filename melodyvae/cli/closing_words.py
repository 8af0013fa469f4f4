"""What `melodyvae_train` says at its end."""

from typing import TYPE_CHECKING

from melodyvae.cli.dials import print_dials
from melodyvae.playing.dials import describe_loading
from melodyvae.playing.metadata import encoder_folder
from melodyvae.system.terminal import quote

if TYPE_CHECKING:
    from melodyvae.runs.folder import RunFolder


def print_closing_words(run: 'RunFolder') -> None:
    """Prints where everything is, and what to do next in Max."""
    config, summary = run.config, run.summary
    held_out = summary['validation_loops']
    measured_on = f'{held_out} held-out loops' if held_out else 'these: nothing was held out'
    decoder = run.own_export
    print(
        f'Trained {summary["epochs"]} epochs on {summary["training_loops"]} loops; '
        f'loss {summary["objective"]:.1f} on {measured_on}.',
        f'  model for Max   {decoder}',
        f'  its encoder     {encoder_folder(decoder)} (not for Max)',
        f'  new melodies    {run.midi}',
        f'  play it         {run.play_page} (in a browser)',
        f'  report          {run.path / "report.html"}',
        f'  plots           {run.plots}',
        f'  metrics         {run.metrics} and {run.evaluation}',
        f'  TensorBoard     tensorboard --logdir {quote(run.events)}',
        f'  checkpoint      {run.model_path}',
        f'Next, in Max: {describe_loading(decoder)}',
        'Then, as docs/max.md explains:',
        sep='\n',
    )
    print_dials(config, config.device.threshold_as_loaded)
