import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from didymos.core.numeric.distributions import (
    average_ranks,
    beta_above,
    chi_density,
    chi_squared_above,
    chi_squared_below,
    chi_squared_quantile,
    chi_squared_quantile_above,
    normal_above,
    normal_below,
    normal_quantile_above,
    poisson_above,
)

ROUNDING = 1e-13
PROBABILITIES = np.concatenate(
    [[0.0], np.geomspace(1e-300, 0.5, 400), 1 - np.geomspace(1e-15, 0.5, 100), [1.0, -1e-9, 1 + 1e-9, 2.0, np.nan]]
)
VALUES = np.concatenate([[0.0, np.inf, np.nan], np.geomspace(1e-300, 1e300, 500), np.linspace(0, 50, 201)])
DEGREES = (1, 2, 3, 7, 40, 513, 2.6, 0.5)


def test_normal():
    value = np.concatenate([-VALUES, VALUES])
    assert_allclose(normal_below(value), stats.norm.cdf(value), rtol=ROUNDING)
    assert_allclose(normal_above(value), stats.norm.sf(value), rtol=ROUNDING)
    assert_allclose(normal_quantile_above(PROBABILITIES), stats.norm.isf(PROBABILITIES), rtol=ROUNDING, atol=1e-15)


@pytest.mark.parametrize("degrees", DEGREES)
def test_chi_squared(degrees):
    value = np.concatenate([[-1.0, -1e-300, -np.inf], VALUES])
    assert_allclose(chi_squared_below(value, degrees), stats.chi2.cdf(value, degrees), rtol=ROUNDING)
    assert_allclose(chi_squared_above(value, degrees), stats.chi2.sf(value, degrees), rtol=ROUNDING)
    for found, expected in ((chi_squared_quantile, stats.chi2.ppf), (chi_squared_quantile_above, stats.chi2.isf)):
        assert_allclose(found(PROBABILITIES, degrees), expected(PROBABILITIES, degrees), rtol=ROUNDING)


@pytest.mark.parametrize("degrees", DEGREES)
def test_chi(degrees):
    length = np.geomspace(1e-30, 60, 500)
    # the logarithms of the density are large in its tails
    assert_allclose(chi_density(length, degrees), stats.chi.pdf(length, degrees), rtol=1e-11, atol=1e-300)


def test_poisson():
    count = np.array([-2, -1, -0.5, 0, 0.5, 1, 2.99, 3, 40, 1e4, 1e9])[:, np.newaxis]
    expected = np.concatenate([[0.0, np.inf], np.geomspace(1e-300, 1e9, 300)])
    assert_allclose(poisson_above(count, expected), stats.poisson.sf(count, expected), rtol=ROUNDING)
    assert_allclose(poisson_above([0, 3], np.nan), [np.nan, np.nan])


@pytest.mark.parametrize("second", [0.5, 1.0, 3.5, 200.0])
def test_beta(second):
    value = np.concatenate(
        [[-1e-16, 0, 1, 1 + 1e-15, np.nan], np.geomspace(1e-300, 1, 300), 1 - np.geomspace(1e-16, 1)]
    )
    assert_allclose(beta_above(value, 0.5, second), stats.beta.sf(value, 0.5, second), rtol=ROUNDING)


def test_ranks():
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=(200, 5)), rng.integers(0, 9, (200, 5)).astype(float), np.zeros((3, 2))):
        np.testing.assert_array_equal(average_ranks(values), stats.rankdata(values, axis=0))


@pytest.mark.parametrize("function", [normal_below, normal_above, normal_quantile_above])
def test_single_precision_is_not_kept(function):
    assert function(np.float32(0.1)).dtype == np.float64
    assert float(function(np.float32(0.1))) == float(function(float(np.float32(0.1))))
