"""The twin networks as methods of a comparison."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from didymos import InputError, compare
from didymos.simulate import fese
from didymos.workflow import Settings, run
from didymos.workflow.method_families import twin_family
from didymos.workflow.twin_methods import TwinMethod

PAPER = Settings(metric="euclidean", similarity="threshold", margin_grows=False, seed=3)


@pytest.fixture(scope="module")
def surface():
    data = fese(shape=(16, 16), energies=32, seed=0)
    data["spectra"].values[-2:] = np.nan
    return data


@pytest.fixture(scope="module")
def steps():
    return []


@pytest.fixture(scope="module")
def found(surface, steps):
    with pytest.MonkeyPatch.context() as patch:
        # two twins of eight
        patch.setattr("didymos.workflow.twin_methods.Settings", partial(Settings, members=2))
        return compare(surface, ["pca", "twin"], seed=3, progress=lambda *step: steps.append(step))


def test_the_family_has_the_paper_s_twin_and_the_default_one():
    family = twin_family()
    methods = [family.build(text) for text in family.variants]
    assert [method.name for method in methods] == ["twin-euclidean", "twin-robust"]
    assert all(isinstance(method, TwinMethod) for method in methods)
    assert [method.settings(3) for method in methods if isinstance(method, TwinMethod)] == [PAPER, Settings(seed=3)]
    for text in ("", "manhattan"):
        with pytest.raises(InputError, match="twin-euclidean, twin-robust"):
            family.build(text)


def test_it_is_the_analysis_with_these_settings(surface, found):
    result = run(surface, replace(PAPER, members=2), progress=False).result
    twin = found.isel(algorithm=1)
    assert np.array_equal(twin["method_score"], result["score"], equal_nan=True)
    assert np.array_equal(twin["latent"], result["embedding"], equal_nan=True)
    minority = twin["method_label"] == 2
    assert minority.any()
    assert np.array_equal(minority, result["region"] == 2)
    # the distance correlation starts from the same position
    same = result.sel(latent_space="twin network")
    np.testing.assert_allclose(twin["latent_distance"], same["latent_distance"], rtol=1e-5)
    assert np.abs(twin["distance_correlation"] - same["distance_correlation"]).sum() <= 4  # beside an edge of a bin
    assert float(twin["step_index"]) == pytest.approx(float(same["step_index"]), abs=1e-4)


def test_progress_of_each_goes_from_0_to_1(found, steps):
    for name in ("twin-euclidean", "twin-robust"):
        shares = [share for step, share in steps if step == name]
        assert (shares[0], shares[-1]) == (0, 1)
        assert len(shares) > 5
        assert max(shares) <= 1


def test_both_twins_find_the_defects_among_the_others(found):
    assert found["algorithm"].values.tolist() == ["pca", "twin-euclidean", "twin-robust"]
    assert (found["average_precision"] > 0.95).all()
    assert (found["adjusted_rand_index"][1:] > 0.8).all()
    assert (found["seconds"][1:] > found["seconds"][0]).all()


def test_a_surface_without_defects_is_one_group_and_that_is_said():
    clean = fese(shape=(20, 20), energies=48, seed=1, defect_free=True)
    found = compare(clean, ["twin-robust"]).squeeze("algorithm")
    assert (int(found["group_count"]), int(found["group_size"][0])) == (1, 400)
    assert "no distinct population" in str(found["method_note"].values)
    assert np.isnan(found["average_precision"])
