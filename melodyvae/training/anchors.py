"""What the pad is made of: loops, and the points where they lie.

A trained decoder gives a mean of all loops that are encoded near a point, and the most probable
cells of a mean are no melody. So what it gives is taken as a wish, at many points, and the loop is
played there that fulfils it best among those that go on as the library does (`loops.compose`).
Wishes of near points are alike, and neighbours have a say, so that near points play alike.
"""

import dataclasses
import statistics

import numpy as np
from tqdm import tqdm

from melodyvae.config.settings import Config
from melodyvae.loops.loops import Loops
from melodyvae.model.vae import MelodyVAE
from melodyvae.playing.player import Player, decode, encode_batches
from melodyvae.training.compose import Composer

MOST_OWN = 300  # loops that all get a place of their own; there is no room for more
# Where anchors lie: normally distributed, as wide as this part of the pad and up to that beyond it.
SPREAD, REACH = 0.75, 1.3
WAVES = 256  # that the smooth noise is the sum of: A. Rahimi and B. Recht, "Random features", 2007
NEIGHBOURS = 6  # how many have a say
RARE = 1e-4  # no cell is less probable than this, whatever the decoder says
TRIALS, TRIED = 6, 64  # in the search for as many notes as the library has, and anchors in each
LEAST_SPACING = 0.02  # or float32 could not tell anchors apart that are encoded at one place
_PROGRESS: dict = {'unit': 'loops', 'leave': False, 'disable': None}  # quiet in no terminal
PLASTIC = 1.32471795724474602596  # of x^3 = x + 1; its powers spread points evenly over a square


@dataclasses.dataclass(frozen=True, slots=True)
class Anchors:
    """Loops at points of the latent space.

    Attributes:
      z: `[anchors, latent]` float64.
      loops: one an anchor.
      spacing: the distance to the nearest other that nine of ten keep at least.
      own: whether they are loops of the library, which are to come back from where they lie.
    """

    z: np.ndarray
    loops: Loops
    spacing: float
    own: bool


def choose_anchors(model: MelodyVAE, loops: Loops) -> Anchors:
    """All loops of a small library where they are encoded; of a larger one, new loops all over.

    Args:
      model: trained on the loops; `config.model.anchors` is how many there are at most.
      loops: without transposed copies, at least one.
    """
    config, player = model.config, Player.of(model, 0.5)
    loops = loops.keep_highest() if config.device.is_monophonic else loops
    if len(loops) <= min(MOST_OWN, config.model.anchors):
        z = np.concatenate([batch.z_mean for batch in encode_batches(player, loops)])
        return Anchors(z.astype(np.float64), loops, _find_spacing(z), own=True)
    z = spread_points(config.model.anchors, config.device.pad)
    patterns = _compose_all(player, loops, z)
    made = Loops.from_files([('pad', list(enumerate(patterns)))], config.grid)
    return Anchors(z, made, _find_spacing(z), own=False)


def spread_points(count: int, pad: float) -> np.ndarray:
    """Points as evenly spread as can be, `[count, 2]` float64, denser towards the middle.

    M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018.
    """
    normal = statistics.NormalDist(0, SPREAD * pad)
    lowest = normal.cdf(-REACH * pad)
    share = (0.5 + np.arange(1, count + 1)[:, None] / PLASTIC ** np.array([1, 2])) % 1
    chance = lowest + share * (1 - 2 * lowest)
    return np.array([normal.inv_cdf(x) for x in chance.ravel()]).reshape(-1, 2)


def _compose_all(player: Player, loops: Loops, z: np.ndarray) -> list[np.ndarray]:
    config = player.config
    random = np.random.default_rng([config.training.seed, 3])
    wishes = _make_wishes(player, z, random)
    composer = Composer(loops)
    some = np.linspace(0, len(z) - 1, TRIED).astype(int)
    wishes += _find_bonus(composer, wishes[some], len(loops.cells) / len(loops))
    patterns = [composer.compose(wish) for wish in tqdm(wishes, 'pad, first', **_PROGRESS)]
    votes = [_vote(pattern, config) for pattern in patterns]
    distances = ((z[:, None] - z[None]) ** 2).sum(axis=-1)
    for anchor in tqdm(range(len(z)), 'pad, then', **_PROGRESS):
        near = np.argsort(distances[anchor], kind='stable')[1 : NEIGHBOURS + 1]
        said = config.pad.agreement / NEIGHBOURS * sum(votes[other] for other in near)
        patterns[anchor] = composer.compose(wishes[anchor] + said)
        votes[anchor] = _vote(patterns[anchor], config)
    return patterns


def _make_wishes(player: Player, z: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """What a note in each cell is worth over none, `[anchors, rows, steps]`: see `PadConfig`."""
    config = player.config
    onset = np.clip(decode(player, z)['onset'], RARE, 1 - RARE)
    none = 1 - onset
    if config.device.is_monophonic:  # it plays one row of a step
        none = np.clip(1 - onset.sum(axis=1, keepdims=True), RARE, 1)
    wishes = config.pad.trust * (np.log(onset) - np.log(none))
    shape = wishes.shape[1:]
    direction = random.normal(0, 1 / config.pad.view, (2, WAVES))
    waves = np.sqrt(2 / WAVES) * np.cos(z @ direction + random.uniform(0, 2 * np.pi, WAVES))
    height = random.standard_normal((WAVES, *shape)).astype(np.float32)
    wishes += config.pad.wandering * np.tensordot(waves.astype(np.float32), height, 1)
    wishes += config.pad.whim * random.standard_normal(wishes.shape).astype(np.float32)
    return wishes.astype(np.float32)


def _find_bonus(composer: Composer, wishes: np.ndarray, notes: float) -> float:
    """What every note is worth more, so that loops have so many notes on average; bisection."""
    low, high = -4.0, 4.0
    for _ in range(TRIALS):
        bonus = (low + high) / 2
        found = np.mean([len(composer.compose(wish + bonus)) for wish in wishes])
        low, high = (bonus, high) if found < notes else (low, bonus)
    return (low + high) / 2


def _vote(pattern: np.ndarray, config: Config) -> np.ndarray:
    """What a neighbour's loop says of each cell, `[rows, steps]` float32: its notes, its rests."""
    votes = np.zeros((config.grid.rows, config.grid.steps), np.float32)
    if config.device.is_monophonic:
        votes[:, np.setdiff1d(np.arange(config.grid.steps), pattern['step'])] = -1
    else:
        votes -= 1
    votes[pattern['row'], pattern['step']] = 1
    return votes


def _find_spacing(z: np.ndarray) -> float:
    """See `Anchors`; 1 where there is no other."""
    if len(z) < 2:
        return 1.0
    distances = ((z[:, None] - z[None]) ** 2).sum(axis=-1)
    np.fill_diagonal(distances, np.inf)
    return max(float(np.sqrt(np.quantile(distances.min(axis=1), 0.1))), LEAST_SPACING)
