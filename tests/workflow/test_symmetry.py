"""The scores of a map do not depend on how it lies, in which order it was measured, or in which unit."""

import numpy as np
import pytest

import didymos
from didymos import spectral_map
from didymos.simulate import RECIPES

SAME = 0.01
ENERGIES = np.linspace(-10, 10, 48)


@pytest.fixture(scope="module", params=["fese", pytest.param("semiconductor", marks=pytest.mark.slow)])
def values(request):
    return RECIPES[request.param](shape=(24, 28), energies=48, defects=6, seed=2).spectra.values.astype(float)


def a_map(values):
    return spectral_map(values.astype(np.float32), ENERGIES)


@pytest.fixture(scope="module")
def result(values):
    found = didymos.analyze(a_map(values), seed=1)
    assert (found.region == 2).sum() > 5  # there is something that could change
    return found


CHANGES = {
    "rows for columns": (lambda values: values.transpose(1, 0, 2), lambda found: found.T),
    "last row first": (lambda values: values[::-1], lambda found: found[::-1]),
    "last column first": (lambda values: values[:, ::-1], lambda found: found[:, ::-1]),
    "turned": (lambda values: np.rot90(values), lambda found: np.rot90(found, -1)),
    "upside down": (lambda values: -values, lambda found: found),
    "another zero": (lambda values: values + 2 * np.abs(values).mean(), lambda found: found),
    "another unit": (lambda values: 1e-12 * values, lambda found: found),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_scores_stay(values, result, change):
    there, back = CHANGES[change]
    found = didymos.analyze(a_map(there(values)), seed=1)
    np.testing.assert_allclose(back(found.score.values), result.score.values, atol=SAME)
    np.testing.assert_array_equal(back(found.region.values), result.region.values)
    np.testing.assert_array_equal(back(found.kind.values), result.kind.values)


@pytest.mark.parametrize("lattice", [True, False])
def test_the_order_of_scattered_points_does_not_matter(values, lattice):
    rows, columns = values.shape[:2]
    random = np.random.default_rng(0)
    y, x = (one.ravel() * 1e-9 for one in np.indices((rows, columns)).astype(float))
    if not lattice:
        y, x = (one + random.uniform(-3e-10, 3e-10, one.shape) for one in (y, x))
    spectra, order = values.reshape(rows * columns, -1).astype(np.float32), random.permutation(rows * columns)
    first = didymos.analyze(spectral_map(spectra, ENERGIES, x=x, y=y), seed=1)
    second = didymos.analyze(spectral_map(spectra[order], ENERGIES, x=x[order], y=y[order]), seed=1)
    np.testing.assert_allclose(second.score.values, first.score.values[order], atol=SAME)
    np.testing.assert_array_equal(second.region.values, first.region.values[order])
