"""The results of a training: a finished model, TF.js models, evaluation, plots, MIDI and pages."""

import sys

import numpy as np

from melodyvae.evaluation.evaluate import choose_sides, evaluate
from melodyvae.evaluation.steps_apart import choose_clips, find_origins
from melodyvae.model.saved import read_model
from melodyvae.model.vae import MelodyVAE
from melodyvae.pages import plots
from melodyvae.pages.play_page import write_run_page
from melodyvae.pages.report import write_report
from melodyvae.playing.latent import z_random
from melodyvae.playing.outputs import write_outputs
from melodyvae.playing.player import Player, play
from melodyvae.playing.threshold import calibrate
from melodyvae.runs.card import write_card
from melodyvae.runs.export import export_own
from melodyvae.runs.folder import RunFolder
from melodyvae.runs.summary import make_summary
from melodyvae.training.data import TrainingData
from melodyvae.training.finish import finish
from melodyvae.training.history import read_history

GENERATED = 16  # MIDI files that a run ends with


def load_trained(run: RunFolder) -> MelodyVAE:
    """Loads the trained networks of a run, even if they have been finished meanwhile."""
    return read_model(run.trained_path) if run.trained_path.exists() else run.load_model()


def finish_run(run: RunFolder, model: MelodyVAE, data: TrainingData) -> None:
    """Finishes a trained model, and writes it and the summary.

    Its trained networks are kept beside it: fine-tuning starts from them, and so does a run that is
    resumed because it was killed here.

    Args:
      run: the folder.
      model: trained; changed in place.
      data: what it was trained on.
    """
    run.forget_checksums()
    if not (model.finished or run.trained_path.exists()):
        model.save(run.trained_path)
    threshold = finish(model, data)
    model.save(run.model_path)
    run.write_summary(make_summary(data, read_history(run.metrics), threshold))


def write_results(run: RunFolder, model: MelodyVAE, data: TrainingData) -> None:
    """Writes evaluation, plots, TF.js models, generated MIDI and the pages of a finished model."""
    config = run.config
    player = Player.of(model, run.summary['threshold'], data.loops.tempo)
    trained, held_out = choose_sides(data.loops, data.training, data.held_out)
    if len(held_out):
        evaluation = evaluate(model, held_out, threshold=player.threshold, training_loops=trained)
        evaluation.write(run.evaluation)
    z = z_random(GENERATED * 8, latent=config.model.latent, seed=config.training.seed)
    played = list(play(player, z))
    origins = find_origins(played, data.loops, config)
    chosen = choose_clips(played, origins, GENERATED)
    copies = float(np.mean([origin.kind == 'copy' for origin in origins]))
    write_card(run, player, data.loops, z[chosen], copies)
    export_own(run)
    if chosen:
        patterns = write_outputs(player, z[chosen], run.midi)
        titles = [str(origins[index]) for index in chosen]
        plots.write_piano_rolls(patterns, config, run.plots / 'piano_rolls.png', titles=titles)
    else:
        print('Warning: every pattern of this model is silent.', file=sys.stderr)
    plots.write_loss_curves(run.metrics, run.plots / 'loss.png')
    plots.write_latent_map(player, data.loops, run.plots / 'latent_map.png')
    write_run_page(run, run.play_page, overwrite=True)
    write_report(run)
    run.write_checksums()


def write_results_so_far(run: RunFolder, data: TrainingData) -> None:
    """Writes the report of a stopped run and, after a whole epoch, its model for Max.

    The model is not finished: that takes longer than people wait who stop a program.
    """
    threshold = calibrate(Player.of(run.load_model()), data.loops)
    run.write_summary(make_summary(data, read_history(run.metrics), threshold))
    if run.states.exists():  # otherwise the model for Max would mark the run as finished
        export_own(run)
        write_run_page(run, run.play_page, overwrite=True)
    write_report(run)
