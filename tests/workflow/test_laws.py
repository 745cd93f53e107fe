"""What an analysis finds where the truth is known, and what must not change what it finds."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from didymos import Settings, analyze, spectral_map
from didymos.simulate import RECIPES
from didymos.workflow import find_evidence, fit_metric, prepare

SMALL = Settings(members=2)


def usable(result):
    return np.isin(result["region"].values, (0, 1, 2))


@pytest.fixture(scope="module")
def otherwise(flawed):
    """The same spectra in other units, 3e-13 of them, and in volts, with a constant added."""
    spectra = (2.0 + flawed["spectra"]) * 2.0**-40
    spectra.attrs = dict(flawed["spectra"].attrs) | {"units": "S"}
    volts = flawed["energy"] / 1000
    volts.attrs["units"] = "V"
    return analyze(spectra.assign_coords(energy=volts), SMALL)


def test_defects_are_found(result):
    amplitude, known = result["truth_amplitude"].values, usable(result)
    known &= (amplitude > 0.5) | (amplitude < 0.02)
    assert (amplitude[known] > 0.5).sum() > 10
    assert average_precision_score(amplitude[known] > 0.5, result["score"].values[known]) >= 0.97
    assert result.attrs["distinct_population"] == 1
    assert result.attrs["distinct_population_p_value"] < 1e-6


def test_the_minority_covers_the_defects_and_little_else(result):
    amplitude, region = result["truth_amplitude"].values, result["region"].values
    defect = usable(result) & (amplitude > 0.5)
    assert np.mean(region[defect] == 2) > 0.9
    assert not np.any(region[defect] == 0)
    assert np.mean(region[usable(result) & (amplitude < 0.02)] == 2) < 0.005


def test_the_score_is_oriented(result):
    amplitude, score = result["truth_amplitude"].values, result["score"].values
    assert np.median(score[usable(result) & (amplitude < 0.02)]) < 0.1
    assert np.median(score[usable(result) & (amplitude > 0.8)]) > 0.7


@pytest.mark.parametrize("recipe", ["fese", "semiconductor"])
def test_a_surface_without_defects_has_no_distinct_population(recipe):
    found = analyze(RECIPES[recipe](shape=(32, 32), energies=64, seed=1, defect_free=True), SMALL)
    assert found.attrs["distinct_population"] == 0
    assert found.attrs["distinct_population_p_value"] > 0.01
    assert found["region_size"].sel(region_name="minority") == 0
    assert found.sizes["kind_index"] == 0
    assert not found["kind"].values.any()


def test_units_and_a_constant_do_not_matter(result, otherwise):
    assert np.mean(otherwise["region"].values == result["region"].values) > 0.995
    assert otherwise["energy"].attrs["units"] == "V"
    # rounding grows while twins train: some thousandths remain
    assert np.nanmax(np.abs(otherwise["score"].values - result["score"].values)) < 0.05
    assert np.nanmean(np.abs(otherwise["score"].values - result["score"].values)) < 5e-3
    assert otherwise.attrs["distance_threshold"] == pytest.approx(result.attrs["distance_threshold"], rel=1e-3)


def test_the_same_seed_gives_the_same_bits(flawed, result, otherwise):
    assert otherwise.attrs["distinct_population"] == 1  # another analysis came in between
    again = analyze(flawed, SMALL)
    for name in result.variables:
        assert again[name].dtype == result[name].dtype
        assert np.array_equal(again[name].values, result[name].values, equal_nan=result[name].dtype.kind == "f")
    assert {**again.attrs, "created": ""} == {**result.attrs, "created": ""}


def test_turning_the_map_turns_the_regions(flawed, result):
    turned = flawed["spectra"].transpose("x", "y", "energy")[:, ::-1]
    turned = turned.rename(x="y", y="x").drop_vars("topography", errors="ignore")
    found = analyze(turned, SMALL)
    region = found["region"].values[:, ::-1].T
    assert np.array_equal(region < 0, result["region"].values < 0)
    assert np.array_equal(region == 3, result["region"].values == 3)
    assert np.mean(region == result["region"].values) > 0.98
    score = found["score"].values[:, ::-1].T
    known = np.isfinite(score)
    assert np.corrcoef(score[known], result["score"].values[known])[0, 1] > 0.99


def test_scattered_spectra_are_found_as_on_the_grid(flawed, result):
    spectra = flawed["spectra"]
    y, x = np.meshgrid(spectra["y"], spectra["x"], indexing="ij")
    points = spectral_map(
        spectra.values.reshape(-1, 64), spectra["energy"].values, x=x.ravel(), y=y.ravel(), signal_units="nS"
    )
    found = analyze(points, SMALL)
    assert found["score"].dims == found["region"].dims == ("point",)
    assert found["spectra"].dims == ("point", "energy")
    assert found["embedding"].dims == ("point", "component")
    assert found["x"].dims == ("point",)
    assert np.mean(found["region"].values == result["region"].values.ravel()) > 0.98
    assert found.attrs["distinct_population"] == 1


@pytest.mark.slow
def test_reversing_the_order_of_points_changes_the_order_only(surface):
    y, x = (axis.ravel() for axis in np.meshgrid(surface["y"], surface["x"], indexing="ij"))
    # off the grid every point has one nearest neighbour; on it the order decides between four
    pitch = float(surface["x"][1] - surface["x"][0])
    y, x = (axis + np.random.default_rng(seed).uniform(0, 0.1, 1024) * pitch for seed, axis in enumerate((y, x)))
    values, energy = surface["spectra"].values.reshape(-1, 64), surface["energy"].values
    results, labels = [], []
    for order in (slice(None), slice(None, None, -1)):
        data = spectral_map(values[order], energy, x=x[order], y=y[order], signal_units="nS")
        points = prepare(data, SMALL)
        features = fit_metric(points, SMALL)
        assert points.usable.all()
        labels.append(find_evidence(points, features, SMALL).label[order])
        results.append(analyze(data, SMALL).isel(point=order))
    here, there = results
    assert np.mean(labels[0] == labels[1]) > 0.99
    assert there["distance_to_majority"].values == pytest.approx(here["distance_to_majority"].values, rel=1e-4)
    assert np.mean(there["region"].values == here["region"].values) > 0.98
    assert np.corrcoef(there["score"].values, here["score"].values)[0, 1] > 0.99


def test_transposing_the_map_transposes_the_evidence(surface):
    turned = surface["spectra"].transpose("x", "y", "energy").rename(x="y", y="x")
    labels = []
    for data in (surface["spectra"], turned):
        points = prepare(data, SMALL)
        assert points.usable.all()
        labels.append(find_evidence(points, fit_metric(points, SMALL), SMALL).label.reshape(data.shape[:2]))
        assert labels[-1].any()
    # of two neighbours as near another one may be the nearest, which changes the estimate of the noise a little
    assert np.mean(labels[0] == labels[1].T) > 0.99
