"""How good a model is, on loops that it was not trained on.

`reconstruction.reconstruction` says how well loops come back; `resemblance.resemblance` says what
the model's own patterns look like beside the data. Their docstrings define every number.
"""

from typing import Any

from melodyvae.evaluation.reconstruction import reconstruction
from melodyvae.evaluation.resemblance import resemblance
from melodyvae.loops.examples import Examples, take_examples
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, play

MOST_GENERATED = 1000
MOST_TRAINING, MOST_HELD_OUT = 200_000, 20_000  # examples


def evaluate(
    model: MelodyVAE,
    loops: Loops,
    *,
    seed: int = 0,
    threshold: float | None = None,
    training_loops: Loops | None = None,
) -> dict[str, Any]:
    """All that is measured of a model.

    Args:
      model: trained.
      loops: held out, at least one, cut for the model's grid.
      seed: of the sampled z and of what is generated.
      threshold: least onset probability of a note; the device's start value if not given.
      training_loops: what the model was trained on, transposed copies included. Without them
        nothing is said of copies.

    Returns:
      As plain JSON values: `loops`, `notes`, `seed` and `threshold`; the entries of
      `reconstruction.reconstruction`; and as `generated` those of `resemblance.resemblance`, of as
      many generated patterns as there are loops, at most 1000.
    """
    if threshold is None:
        threshold = model.config.device.threshold_min
    player = Player(model.config, model.decoder, model.encoder, threshold)
    generated = generated_loops(player, min(len(loops), MOST_GENERATED), seed=seed)
    return {
        'loops': len(loops),
        'notes': int(loops.offsets[-1]),
        'seed': seed,
        'threshold': threshold,
        **reconstruction(player, loops, seed=seed),
        'generated': resemblance(generated, loops, model.config.features, training_loops),
    }


def generated_loops(player: Player, count: int, *, seed: int) -> Loops:
    """`count` patterns from z ~ N(0, I), with the notes that the device would play."""
    z = z_random(count, latent=player.config.model.latent, seed=seed)
    patterns = enumerate(play(player, z))
    return Loops.from_files([('generated', list(patterns))], player.config.grid)


def measured_sides(loops: Loops, training: Examples, held_out: Examples) -> tuple[Loops, Loops]:
    """Both sides of a split, as loops of their own.

    Of more than 200,000 training and 20,000 held-out examples, as many, evenly chosen: memory stays
    bounded, and no figure changes by what could be seen.
    """
    return (
        take_examples(loops, training.take_at_most(MOST_TRAINING)),
        take_examples(loops, held_out.take_at_most(MOST_HELD_OUT)),
    )
