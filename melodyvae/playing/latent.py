"""Points of the latent space: on a grid, on a line, random, or given by flags."""

from collections.abc import Sequence

import numpy as np

from melodyvae.config.settings import Config
from melodyvae.system.errors import UserError


def z_grid(points: int, spread: float) -> np.ndarray:
    """Returns a grid from -spread to spread, `[points ** 2, 2]` float64; z1 changes fastest."""
    axis = np.linspace(-spread, spread, points) if points > 1 else np.zeros(1)
    z2, z1 = np.meshgrid(axis, axis, indexing='ij')
    return np.stack([z1.ravel(), z2.ravel()], axis=1)


def z_random(
    points: int, *, latent: int = 2, temperature: float = 1.0, seed: int = 0
) -> np.ndarray:
    """Draws points from N(0, `temperature`), `[points, latent]` float64."""
    return temperature * np.random.default_rng(seed).standard_normal((points, latent))


def z_interpolation(start: np.ndarray, end: np.ndarray, points: int) -> np.ndarray:
    """Returns points from `start` to `end`, `[latent]` each: `[points, latent]` float64."""
    return np.linspace(start, end, points)


def add_noise(z: np.ndarray, noise_range: float, seed: int = 0) -> np.ndarray:
    """Adds a draw from N(0, `noise_range`) to each point, as the device does: `[n, latent]`."""
    # Not the stream of z_random, or the noise of a random z would be proportional to it.
    return z + noise_range * np.random.default_rng([seed, 1]).standard_normal(z.shape)


def choose_points(
    config: Config,
    *,
    z: Sequence[str] = (),
    grid: int | None = None,
    interpolate: str | None = None,
    random: bool = False,
    count: int = 16,
    temperature: float = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Returns the points that a user asks for, `[n, latent]` float64; random ones by default.

    Args:
      config: of the model, for the dimensions of z and the size of the pad.
      z: points, 'x,y' each.
      grid: points per side, over the pad.
      interpolate: a line, 'x,y:x,y'.
      random: draw random points.
      count: the number of points on a line or of random points.
      temperature: factor of a grid or of random points.
      seed: of random points.

    Raises:
      UserError: if more than one kind is asked for, or points have other dimensions.
    """
    latent = config.model.latent
    if bool(z) + (grid is not None) + (interpolate is not None) + random > 1:
        raise UserError('Use one of --z, --grid, --interpolate and --random.')
    if z:
        return np.stack([_parse_z(point, '--z', latent) for point in z])
    if grid is not None:
        if latent != 2:
            raise UserError(f'--grid needs a model with 2 latent dimensions, this has {latent}.')
        return z_grid(grid, temperature * config.device.pad)
    if interpolate is not None:
        ends = [_parse_z(point, '--interpolate', latent) for point in interpolate.split(':')]
        if len(ends) != 2:
            raise UserError(f'--interpolate={interpolate} needs two points, as x,y:x,y.')
        return z_interpolation(ends[0], ends[1], count)
    return z_random(count, latent=latent, temperature=temperature, seed=seed)


def _parse_z(text: str, flag: str, latent: int) -> np.ndarray:
    try:
        z = np.array([float(value) for value in text.split(',')])
    except ValueError:
        z = np.zeros(0)
    if len(z) != latent or not np.isfinite(z).all():
        raise UserError(f'{flag}={text} is no point: write {latent} numbers with commas between.')
    return z
