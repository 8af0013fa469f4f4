"""Points of the latent space."""

import numpy as np
import pytest

from melodyvae.config.presets import preset
from melodyvae.playing.latent import add_noise, choose_points, z_grid, z_random
from melodyvae.system.errors import UserError


def test_grid_is_a_square_with_z1_changing_fastest():
    z = z_grid(3, 3)
    assert z.tolist() == [[x, y] for y in (-3, 0, 3) for x in (-3, 0, 3)]
    assert z_grid(2, 1.5).tolist() == [[-1.5, -1.5], [1.5, -1.5], [-1.5, 1.5], [1.5, 1.5]]
    assert z_grid(1, 3).tolist() == [[0, 0]]


def test_random_points_have_the_temperature_as_spread_and_obey_the_seed():
    z = z_random(4000, latent=3, temperature=0.5, seed=1)
    assert z.shape == (4000, 3)
    assert abs(z.mean()) < 0.02
    assert z.std() == pytest.approx(0.5, rel=0.03)
    np.testing.assert_array_equal(z, z_random(4000, latent=3, temperature=0.5, seed=1))
    assert (z != z_random(4000, latent=3, temperature=0.5, seed=2)).all()


def test_noise_is_normal_and_independent_of_the_points():
    z = z_random(4000, seed=7)
    noise = add_noise(z, 0.3, seed=7) - z
    assert noise.std() == pytest.approx(0.3, rel=0.03)
    assert abs(np.corrcoef(noise.ravel(), z.ravel())[0, 1]) < 0.05
    np.testing.assert_array_equal(add_noise(z, 0.0), z)


@pytest.mark.parametrize(
    ('asked', 'expected'),
    [
        ({'z': ['1,-2', '0,0.5']}, [[1, -2], [0, 0.5]]),
        ({'grid': 2, 'temperature': 0.5}, z_grid(2, 1.0)),
        ({'interpolate': '-2,0:2,1', 'count': 3}, [[-2, 0], [0, 0.5], [2, 1]]),
        ({'count': 3, 'seed': 5, 'temperature': 2}, z_random(3, temperature=2, seed=5)),
        ({'random': True, 'count': 3}, z_random(3)),
    ],
)
def test_points_are_those_that_were_asked_for(asked, expected):
    np.testing.assert_array_equal(choose_points(preset('melodyvae_improved'), **asked), expected)
    assert choose_points(preset('rhythmvae'), grid=5).max() == 3, 'the pad of the device'


@pytest.mark.parametrize(
    ('asked', 'said'),
    [
        ({'z': ['1']}, '--z=1 is no point: write 2 numbers with commas between'),
        ({'z': ['0,0', '1,x']}, '--z=1,x is no point'),
        ({'z': ['nan,1']}, '--z=nan,1 is no point'),
        ({'interpolate': '1,2'}, '--interpolate=1,2 needs two points'),
        ({'interpolate': '1,2:3'}, '--interpolate=3 is no point'),
        ({'grid': 2, 'random': True}, 'Use one of --z, --grid'),
        ({'z': ['0,0'], 'interpolate': '0,0:1,1'}, 'Use one of --z, --grid'),
    ],
)
def test_points_that_make_no_sense_are_refused(asked, said):
    with pytest.raises(UserError, match=said):
        choose_points(preset('melodyvae_improved'), **asked)


def test_points_have_the_dimensions_of_the_model():
    config = preset('melodyvae_improved')
    config.model.latent = 3
    assert choose_points(config, z=['1,2,3']).tolist() == [[1, 2, 3]]
    assert choose_points(config).shape == (16, 3)
    with pytest.raises(UserError, match='2 latent dimensions, this has 3'):
        choose_points(config, grid=2)
