"""Every variable and coordinate of a result has a meaning and a unit of its own."""

import numpy as np
import pytest
import xarray as xr

import didymos
from didymos import Settings, simulate
from didymos.schema import COMPARISON_VARIABLES, RESULT_VARIABLES
from didymos.workflow import run

MAP_UNITS = {"spectra": "nS", "energy": "mV", "energy_2": "mV", "x": "m", "y": "m", "topography": "m"}
ROBUST = {
    "pca": "nS",
    "region_spectrum": "nS",
    "region_spectrum_std": "nS",
    "kind_spectrum": "nS",
    "phase_spectrum": "nS",
    "distance_to_mean": "nS",
    "raw_distance_bin": "nS",
    "signal_bin": "nS",
    "region_distance_bin": "nS",
    "defect_x": "m",
    "defect_y": "m",
    "defect_extent": "m",
    "window_start": "mV",
    "window_stop": "mV",
    "window_weight_transfer": "nS mV",
    "window_weight_transfer_std": "nS mV",
    "latent_distance": "arb. units",
}
"""Units of a map of nS over mV under the robust metric, whose distances are numbers; all others are numbers too."""
OF_DISTANCES = ("distance_to_majority", "distance_moments", "distance_quantile", "mean_distance", "distance_bin")
COMPARED = {
    "group_spectrum": "nS",
    "distance_to_mean": "nS",
    "raw_distance_bin": "nS",
    "latent": "arb. units",
    "latent_origin": "arb. units",
    "latent_distance": "arb. units",
    "group_centre": "arb. units",
    "merges": "arb. units",
    "seconds": "s",
    "peak_memory": "MB",
}


@pytest.fixture(scope="module")
def surface():
    return simulate.fese(shape=(20, 20), energies=40, seed=2, defects=3)


@pytest.fixture(scope="module")
def analysis(surface):
    return run(surface, Settings(members=2), progress=False)


def check(result: xr.Dataset, expected: dict[str, str]) -> None:
    """Compare the units of all variables with what is expected, a plain number where nothing is."""
    for name, variable in result.variables.items():
        assert str(variable.attrs.get("long_name", "")).strip(), name
        if variable.dtype.kind in "OUST":
            assert "units" not in variable.attrs, name
        elif not str(name).startswith("truth_"):
            assert variable.attrs.get("units") == expected.get(str(name), "1"), name


def test_a_result_has_the_units_of_its_map(analysis):
    known = set(analysis.result.data_vars) & set(RESULT_VARIABLES)
    assert len(known) > 45
    check(analysis.result, MAP_UNITS | ROBUST)


def test_distances_of_the_euclidean_metric_have_the_unit_of_the_signal(surface):
    result = didymos.pair_statistics(surface, Settings(metric="euclidean"), progress=False)
    expected = dict.fromkeys((*OF_DISTANCES, "sweep_offset"), "nS")
    check(result, MAP_UNITS | ROBUST | expected)


def test_other_units_of_the_map_are_followed(surface):
    other = surface.spectra.copy()
    other.attrs["units"] = "counts"
    other["energy"].attrs = {"units": "eV", "long_name": "energy loss"}
    for name in ("x", "y"):
        other[name].attrs = {"units": "µm"}
    result = didymos.pair_statistics(other, progress=False)
    assert result["pca"].attrs["units"] == "counts"
    assert result["energy"].attrs == {"units": "eV", "long_name": "energy loss"}
    assert result["x"].attrs["units"] == "µm"


def test_another_map_scored_has_units_too(analysis, surface):
    check(didymos.apply(analysis.model, surface), MAP_UNITS | ROBUST)


def test_a_comparison_has_the_units_of_its_map(surface):
    found = didymos.compare(surface, ["pca", "agglomerative-ward"], progress=False)
    assert set(found.data_vars) <= set(COMPARISON_VARIABLES)
    check(found, MAP_UNITS | COMPARED)


def test_the_energy_of_the_slice_says_its_unit(analysis):
    attrs = analysis.result["iso_energy_label"].attrs
    assert (attrs["energy_units"], attrs["level_units"]) == ("mV", "nS")
    assert np.isfinite(attrs["energy"])


def test_no_variable_shares_its_attributes_with_another(analysis):
    result = analysis.result.copy()
    before = dict(result["energy_2"].attrs)
    result["energy"].attrs["units"] = "V"
    assert result["energy_2"].attrs == before
