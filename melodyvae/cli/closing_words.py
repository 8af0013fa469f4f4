"""What `melodyvae_train` says at its end."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from melodyvae.run_folder import RunFolder


def closing_words(run: 'RunFolder') -> str:
    """Where everything is, and what to do next in Max; for the end of training."""
    from melodyvae.playing.dials import choose_dials, describe_dials
    from melodyvae.playing.metadata import encoder_folder

    config, summary = run.config, run.summary
    held_out = summary['validation_loops']
    measured_on = f'{held_out} held-out loops' if held_out else 'these: nothing was held out'
    decoder = run.path / f'{config.name}.model'
    return '\n'.join(
        [
            f'Trained {summary["epochs"]} epochs on {summary["training_loops"]} loops; '
            f'loss {summary["objective"]:.1f} on {measured_on}.',
            f'  model for Max   {decoder}',
            f'  its encoder     {encoder_folder(decoder)} (not for Max)',
            f'  new melodies    {run.midi}',
            f'  report          {run.path / "report.html"}',
            f'  plots           {run.plots}',
            f'  metrics         {run.metrics} and {run.evaluation}',
            f'  TensorBoard     tensorboard --logdir {run.events}',
            f'  checkpoint      {run.model_path}',
            f'Next, in Max: press "Load" in the row "Model" and choose {decoder / "model.json"}.',
            'Then, as docs/max.md explains:',
            *describe_dials(choose_dials(config, config.device.threshold_min)),
        ]
    )
