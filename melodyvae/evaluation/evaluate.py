"""Measures how good a model is, on loops that it was not trained on."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from melodyvae.evaluation.duplicates import count_distinct, find_copies, measure_bar_copies
from melodyvae.evaluation.naturalness import measure_naturalness
from melodyvae.evaluation.reconstruction import measure_reconstruction
from melodyvae.evaluation.resemblance import Resemblance, compare_patterns
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.latent import z_random
from melodyvae.playing.player import Player, play
from melodyvae.system.atomic import new_file
from melodyvae.training.examples import Examples, take_examples

MAX_GENERATED = 1000
MAX_TRAINING, MAX_HELD_OUT = 200_000, 20_000  # examples


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything that is measured of a model, as in `evaluation.json`.

    Attributes:
      loops, notes: how many were held out.
      seed: of the sampled z and the generated patterns.
      threshold: minimum onset probability of a note.
      figures: by their keys in `metrics.METRICS`, see `reconstruction.measure_reconstruction`, and
        `measure_played_naturalness`.
      generated: patterns of the model beside the held-out loops.
    """

    loops: int
    notes: int
    seed: int
    threshold: float
    figures: dict[str, float]
    generated: Resemblance

    def to_dict(self) -> dict[str, Any]:
        """Returns plain JSON values: the figures beside the other attributes."""
        names = ('loops', 'notes', 'seed', 'threshold')
        values = {name: getattr(self, name) for name in names}
        return {**values, **self.figures, 'generated': self.generated.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Restores what `to_dict` returned.

        Raises:
          KeyError, TypeError, ValueError: if it is something else.
        """
        figures = dict(values)
        return cls(
            loops=int(figures.pop('loops')),
            notes=int(figures.pop('notes')),
            seed=int(figures.pop('seed')),
            threshold=float(figures.pop('threshold')),
            generated=Resemblance.from_dict(figures.pop('generated')),
            figures=figures,
        )

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, allow_nan=False) + '\n'

    def write(self, path: Path) -> None:
        """Writes the JSON, replacing an older file."""
        with new_file(path, overwrite=True) as temporary:
            temporary.write_text(self.to_json())


def evaluate(
    model: MelodyVAE,
    loops: Loops,
    *,
    seed: int = 0,
    threshold: float | None = None,
    training_loops: Loops | None = None,
) -> Evaluation:
    """Measures how well a model reconstructs loops, and how its own patterns compare with them.

    Generates as many patterns as there are loops, at most 1,000.

    Args:
      model: trained.
      loops: held out, at least one, cut for the model's grid.
      seed: of the sampled z and the generated patterns.
      threshold: minimum onset probability of a note; the device's start value if not given.
      training_loops: what the model was trained on, transposed copies included. Without them, no
        naturalness is measured.
    """
    player = Player.of(model, threshold)
    generated = generate_loops(player, min(len(loops), MAX_GENERATED), seed=seed)
    figures = measure_reconstruction(player, loops, seed=seed)
    if training_loops is not None:
        figures |= measure_played_naturalness(player, training_loops, loops, seed=seed)
    return Evaluation(
        loops=len(loops),
        notes=int(loops.offsets[-1]),
        seed=seed,
        threshold=player.threshold,
        figures=figures,
        generated=compare_patterns(generated, loops, model.config.features),
    )


def generate_loops(player: Player, count: int, *, seed: int) -> Loops:
    """Generates `count` patterns from z ~ N(0, I), as the device would play them."""
    z = z_random(count, latent=player.config.model.latent, seed=seed)
    patterns = enumerate(play(player, z))
    return Loops.from_files([('generated', list(patterns))], player.config.grid)


def measure_played_naturalness(
    player: Player, training: Loops, held_out: Loops, *, seed: int
) -> dict[str, float]:
    """Measures how much like music 1,000 patterns are, played from z ~ N(0, I)."""
    played = generate_loops(player, MAX_GENERATED, seed=seed)
    z = None
    if player.config.device.is_monophonic:
        z = z_random(MAX_GENERATED, latent=player.config.model.latent, seed=seed)
    return measure_naturalness(played, z, training, held_out, seed=seed)


def measure_novelty(player: Player, training: Loops) -> dict[str, float]:
    """Measures what is played at 1,000 points of N(0, I) against the training loops, at least one.

    Returns:
      By keys of `metrics.METRICS`: exact_copies, bar_copies and distinct_outputs of the patterns
      with notes; note_count, and real_note_count of the training loops. Empty if all are silent.
    """
    played = generate_loops(player, MAX_GENERATED, seed=0)
    played = played.take(np.flatnonzero(np.diff(played.offsets)))
    if not len(played):
        return {}
    library = training.keep_highest() if player.config.device.is_monophonic else training
    return {
        'exact_copies': float(find_copies(played, library).mean()),
        'bar_copies': measure_bar_copies(played, library),
        'distinct_outputs': count_distinct(played) / len(played),
        'note_count': len(played.cells) / len(played),
        'real_note_count': len(training.cells) / len(training),
    }


def choose_sides(loops: Loops, training: Examples, held_out: Examples) -> tuple[Loops, Loops]:
    """Returns both sides of a split as loops.

    Takes at most 200,000 training and 20,000 held-out examples, evenly chosen, to bound the memory.
    """
    return (
        take_examples(loops, training.take_at_most(MAX_TRAINING)),
        take_examples(loops, held_out.take_at_most(MAX_HELD_OUT)),
    )
