import numpy as np
import pytest
import xarray as xr

from didymos.schema import Region
from didymos.workflow import analyze
from didymos.workflow.settings import Settings

NAMES = ("defect_x", "defect_y", "defect_extent", "defect_spectra", "defect_kind", "defect_score")


def test_the_defect_lies_where_it_was_put(result, surface):
    assert result.sizes["defect"] == 1
    peak = surface["truth_amplitude"].where(surface["truth_amplitude"] == surface["truth_amplitude"].max(), drop=True)
    away = np.hypot(result["defect_x"].item() - peak.x.mean().item(), result["defect_y"].item() - peak.y.mean().item())
    # a vacancy has lobes to one side
    assert away < result["defect_extent"].item() / 2
    assert result["defect_x"].attrs["units"] == result.x.attrs["units"]


def test_defects_and_minority_are_the_same_spectra(result):
    minority = result["region"].values == Region.MINORITY
    assert result["defect_spectra"].sum() == minority.sum()
    assert result["defect_score"].max() == result["score"].values[minority].max()
    assert set(result["defect_kind"].values) <= set(result["kind"].values[minority])


def test_the_extent_is_the_largest_distance(result):
    where = np.argwhere(result["region"].values == Region.MINORITY)
    metres = np.stack([result.y.values[where[:, 0]], result.x.values[where[:, 1]]], axis=1)
    largest = np.linalg.norm(metres[:, np.newaxis] - metres, axis=-1).max()
    assert result["defect_extent"].item() == pytest.approx(largest, rel=2e-3)


def test_scattered_defects_are_listed_by_their_score(surface):
    flat = surface["spectra"].stack(point=("y", "x")).transpose("point", "energy")
    x, y = (flat[name].values for name in ("x", "y"))
    points = xr.DataArray(
        flat.values,
        dims=("point", "energy"),
        coords={"energy": surface.energy, "x": ("point", x, surface.x.attrs), "y": ("point", y, surface.y.attrs)},
        attrs=surface["spectra"].attrs,
    )
    found = analyze(points, Settings(members=2), progress=False)
    assert found.sizes["defect"] >= 1
    assert (np.diff(found["defect_score"].values) <= 0).all()
    peak = surface["truth_amplitude"].where(surface["truth_amplitude"] == surface["truth_amplitude"].max(), drop=True)
    assert found["defect_x"][0].item() == pytest.approx(peak.x.mean().item(), abs=2e-9)


def test_no_population_means_no_defect():
    noise = np.random.default_rng(0).normal(size=(12, 12, 16))
    data = xr.DataArray(noise, dims=("y", "x", "energy"), coords={"energy": np.arange(16.0)})
    found = analyze(data, Settings(members=2), progress=False)
    assert found.sizes["defect"] == 0
    assert all(found[name].shape == (0,) for name in NAMES)
