"""Average spectra of regions and kinds: read whole, or from the sums over all spectra."""

import numpy as np
import pytest

from didymos import Settings
from didymos.schema import Region
from didymos.simulate import fese
from didymos.workflow import prepare
from didymos.workflow.averages import add_averages, add_rare_averages, total_sums
from didymos.workflow.dataset import Assembly
from didymos.workflow.regions import Regions


@pytest.fixture(scope="module")
def points():
    data = fese(shape=(16, 16), energies=24, seed=3).load()
    data["spectra"].values[2, 3] = np.nan
    return prepare(data, Settings())


SHARES = {
    "usual": [0.9, 0.05, 0.05],
    "all majority": [1.0, 0.0, 0.0],
    "no majority": [0.0, 0.5, 0.5],
    "one each": None,
}


@pytest.mark.parametrize("share", SHARES.values(), ids=SHARES)
def test_the_sums_over_the_rest_give_the_averages_of_all(points, share):
    count, rng = int(points.usable.sum()), np.random.default_rng(0)
    region = np.zeros(count, dtype=np.int8)
    if share is None:
        region[[4, 9]] = 1, 2
    else:
        region[:] = rng.choice(3, count, p=share)
    kind = np.where(region == Region.MINORITY, rng.integers(1, 3, count), 0).astype(np.int16)
    kind[region == Region.MINORITY] = np.minimum(kind[region == Region.MINORITY], (region == Region.MINORITY).sum())
    probability = np.eye(3)[region]
    regions = Regions(None, probability, region, kind, ("a", "b")[: int(kind.max())])
    whole, rare = Assembly(points), Assembly(points)
    add_averages(whole, regions, np.ones(count, dtype=np.int16))
    add_rare_averages(rare, regions, total_sums(points))
    assert set(whole.result.variables) - set(rare.result.variables) == {
        "phase", "phase_spectrum", "phase_size", "phase_index",
    }  # fmt: skip
    spectra = np.asarray(points.spectra, dtype=np.float64)
    for result in (whole.result, rare.result):
        assert result["region_size"].values.tolist() == [int((region == value).sum()) for value in range(3)]
        assert result["region_size"].dtype == result["kind_size"].dtype == np.int64
        for value in range(3):
            inside = spectra[region == value]
            mean, spread = (result[name].values[value] for name in ("region_spectrum", "region_spectrum_std"))
            expected = inside.mean(axis=0) if len(inside) else np.full(24, np.nan)
            np.testing.assert_allclose(mean, expected, rtol=1e-12)
            expected = inside.std(axis=0, ddof=1) if len(inside) > 1 else np.full(24, np.nan)
            np.testing.assert_allclose(spread, expected, rtol=1e-9)
        for number in range(1, int(kind.max()) + 1):
            np.testing.assert_allclose(result["kind_spectrum"].values[number - 1], spectra[kind == number].mean(axis=0))
