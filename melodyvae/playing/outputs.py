"""Points of the latent space, played into MIDI files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from melodyvae.playing.clips import fit_bars, make_learned_notes, write_clip
from melodyvae.playing.live import live_step, make_live_notes
from melodyvae.playing.player import Player, play


def name_files(z: np.ndarray) -> list[str]:
    """Names of the MIDI files for points `[n, latent]`, such as '001_z+0.50-1.20.mid'."""
    return [
        f'{number:03d}_z{"".join(f"{round(float(x), 2) + 0.0:+.2f}" for x in point[:4])}.mid'
        for number, point in enumerate(z, start=1)
    ]


def write_outputs(
    player: Player,
    z: np.ndarray,
    folder: Path,
    *,
    tempo: float | Literal['own'] | None = None,
    dials: Mapping[str, float] | None = None,
    **options: Any,
) -> list[np.ndarray]:
    """Plays points and writes a MIDI clip for each, but for those that are silent.

    Args:
      z: `[n, latent]` floats; `name_files(z)` says which file is which.
      folder: where to; files of the same name there are replaced, others stay.
      tempo: quarter notes per minute; 'own' for that of the library's loop that is nearest to the
        point; the library's if not given.
      dials: `duration` and `grid_offset` for `live.make_live_notes`: the clips are then what Live
        plays. Without, they are as learned.
      **options: of `device.select`; `threshold_min` is the player's if not given.

    Returns:
      n arrays `[cells]` of `pattern.NOTE`; an empty one was not written.
    """
    config, timing = player.config, player.timing
    step = 1 / config.grid.steps_per_quarter if dials is None else live_step(config)
    patterns = []
    played = zip(z, name_files(z), play(player, z, **options), strict=True)
    # disable=None: no bar where standard error is not a terminal.
    for point, name, pattern in tqdm(played, 'generate', len(z), leave=False, disable=None):
        patterns.append(pattern)
        if not len(pattern):
            continue
        if dials is None:
            notes = make_learned_notes(pattern, config.grid)
        else:
            notes = make_live_notes(pattern, config, **dials)
        own = timing.tempo_at(point) if tempo == 'own' else tempo
        metre = timing.metre_at(point)
        write_clip(
            [notes],
            folder / name,
            loop=fit_bars(notes, config.grid, step, metre),
            drums=bool(config.grid.drum_map),
            tempo=own or timing.tempo,
            metre=metre,
            overwrite=True,
        )
    return patterns
