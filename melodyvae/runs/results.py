"""The results of a training: a finished model, TF.js models, evaluation, plots, MIDI and pages."""

import dataclasses
import sys

import numpy as np

from melodyvae.evaluation.evaluate import choose_sides, evaluate
from melodyvae.evaluation.steps_apart import choose_clips, find_origins
from melodyvae.model.saved import read_model
from melodyvae.model.vae import MelodyVAE
from melodyvae.pages import plots
from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.report import write_report
from melodyvae.pages.rolls import draw_piano_rolls
from melodyvae.playing.latent import z_random
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import Player, play
from melodyvae.playing.threshold import calibrate
from melodyvae.playing.timing import Timing
from melodyvae.runs.card import write_card
from melodyvae.runs.export import export_own
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.summary import make_summary
from melodyvae.training.data import TrainingData
from melodyvae.training.finish import finish, locate_timing
from melodyvae.training.history import read_history

GENERATED = 16  # MIDI files that a run ends with


@dataclasses.dataclass(frozen=True, slots=True)
class Clips:
    """The clips of a run: who played them, `[cells]` of `pattern.NOTE` each, and their origins."""

    player: Player
    patterns: list[np.ndarray]
    origins: list[str]


def load_trained(run: RunFolder) -> MelodyVAE:
    """Loads the trained networks of a run, even if they have been finished meanwhile."""
    return read_model(run.trained_path) if run.trained_path.exists() else run.load_model()


def finish_run(run: RunFolder, model: MelodyVAE, data: TrainingData) -> None:
    """Finishes a trained model in place, and writes it and the summary.

    Its trained networks are kept beside it: fine-tuning starts from them, and so does a run that is
    resumed because it was killed here.
    """
    run.forget_checksums()
    if not (model.finished or run.trained_path.exists()):
        model.save(run.trained_path)
    threshold = finish(model, data)
    model.save(run.model_path)
    timing = locate_timing(model, data.loops)
    run.write_summary(make_summary(data, read_history(run.metrics), threshold, timing))


def write_playable(run: RunFolder, model: MelodyVAE, data: TrainingData) -> Clips:
    """Writes what people wait for: TF.js models with their card, the play page and MIDI clips."""
    config = run.config
    timing = Timing.from_dict(run.summary, config.model.latent)
    player = Player.of(model, run.summary['threshold'], timing)
    z = z_random(GENERATED * 8, latent=config.model.latent, seed=config.training.seed)
    played = list(play(player, z))
    origins = find_origins(played, data.loops, config)
    chosen = choose_clips(played, origins, GENERATED)
    copies = float(np.mean([origin.kind == 'copy' for origin in origins]))
    write_card(run, player, data.loops, z[chosen], copies)
    _write_models(run, player)
    patterns = write_outputs(player, z[chosen], run.midi)
    return Clips(player, patterns, [str(origins[index]) for index in chosen])


def write_results(run: RunFolder, model: MelodyVAE, data: TrainingData, clips: Clips) -> None:
    """Writes evaluation, plots and the report, after `write_playable`."""
    player = clips.player
    trained, held_out = choose_sides(data.loops, data.training, data.held_out)
    if len(held_out):
        evaluation = evaluate(model, held_out, threshold=player.threshold, training_loops=trained)
        evaluation.write(run.evaluation)
    if clips.patterns:
        rolls = draw_piano_rolls(
            clips.patterns, run.config.grid, clips.origins, metre=player.timing.metre
        )
        plots.write_figure(rolls, run.plots / 'piano_rolls.png')
    else:
        print('Warning: every pattern of this model is silent.', file=sys.stderr)
    curves = plots.draw_loss_curves(plots.read_epochs(run.metrics))
    plots.write_figure(curves, run.plots / 'loss.png')
    plots.write_figure(plots.map_loops(player, data.loops), run.plots / 'latent_map.png')
    write_report(run, player)
    run.write_checksums()


def write_results_so_far(run: RunFolder, data: TrainingData) -> None:
    """Writes the report of a stopped run and, after a whole epoch, its model for Max.

    The model is not finished: that takes longer than people wait who stop a program.
    """
    model = run.load_model()
    threshold = calibrate(Player.of(model), data.loops)
    timing = Timing(data.loops.tempo, data.loops.metre)
    run.write_summary(make_summary(data, read_history(run.metrics), threshold, timing))
    if run.states.exists():  # otherwise the model for Max would mark the run as finished
        _write_models(run, Player.of(model, threshold))
    write_report(run)


def _write_models(run: RunFolder, player: Player) -> None:
    export_own(run, player)
    write_run_page(run, run.play_page, overwrite=True)
