"""The verdict does not depend on how a map was sampled, cut or written down."""

import numpy as np
import pytest
import xarray as xr

from didymos import Settings
from didymos.simulate import RECIPES
from didymos.workflow import find_evidence, fit_metric, prepare

SIDE, ENERGIES = 48, 128


def p_value(data):
    points = prepare(data, Settings())
    return find_evidence(points, fit_metric(points, Settings()), Settings()).p_value


def binned(data, count):
    return data.coarsen(energy=count).mean().assign_attrs(data.attrs)


def half_dropped(data):
    kept = np.random.default_rng(0).random(data.shape[:2]) < 0.5
    return data.where(xr.DataArray(kept, dims=("y", "x")))


def with_background(data):
    """A smooth background that tilts over the surface, as strong as the spectra vary."""
    place = (data.energy - data.energy.mean()) / (data.energy.max() - data.energy.min())
    across = xr.DataArray(np.linspace(-0.3, 0.3, data.sizes["y"]), dims="y")
    added = float(data.std()) * ((place + 1) ** 2 + across * place)
    return (data + added).transpose(*data.dims).assign_attrs(data.attrs)


CHANGES = {
    "binned by 2": lambda data: binned(data, 2),
    "binned by 4": lambda data: binned(data, 4),
    "half of the points": half_dropped,
    "left half": lambda data: data.isel(x=slice(0, SIDE // 2)),
    "right half": lambda data: data.isel(x=slice(SIDE // 2, None)),
    "another unit": lambda data: (1e-12 * data).assign_attrs(data.attrs),
    "another origin of the energies": lambda data: data.assign_coords(energy=data.energy + 300),
    "rows for columns": lambda data: data.transpose("x", "y", "energy").rename(x="y", y="x"),
    "upside down": lambda data: (5 - data).assign_attrs(data.attrs),
    "a smooth background": with_background,
}


@pytest.fixture(scope="module", params=["fese", pytest.param("kondo", marks=pytest.mark.slow)])
def surface(request):
    return RECIPES[request.param](shape=(SIDE, SIDE), energies=ENERGIES, defects=12, seed=3)


@pytest.fixture(scope="module", params=["fese", pytest.param("semiconductor", marks=pytest.mark.slow)])
def bare(request):
    return RECIPES[request.param](shape=(SIDE, SIDE), energies=ENERGIES, defects=0, seed=3)


def test_the_defects_are_distinct_beyond_doubt(surface):
    assert p_value(surface["spectra"]) < 1e-4  # a hundred times under the limit


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_defects_stay_distinct(surface, change):
    assert p_value(change(surface["spectra"])) < 0.01


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_surface_without_defects_stays_so(bare, change):
    assert p_value(change(bare["spectra"])) > 0.01
