"""Measured maps, analysed without any option."""

from pathlib import Path

import numpy as np
import pytest

from didymos import Settings, analyze, open_map, spectral_map

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
GRID = DATA / "SciFiDatasets" / "NanonisReader_STS_grid_lockin.3ds"
LATTICE = DATA / "spym" / "dI-dV_9K_ABC6_2020_07_02_08_50_47_967.sm4"
SMALL = Settings(members=2)

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}"),
]


@pytest.fixture(scope="module")
def grid():
    return analyze(open_map(GRID), SMALL)


@pytest.mark.parametrize(
    ("row", "column"), [(26, 15), (16, 5), (13, 20), (1, 25)], ids=["ringed", "large", "elongated", "at the rim"]
)
def test_the_defects_that_the_eye_sees_are_found(grid, row, column):
    near = grid["region"].values[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
    # the middle of two of them is clipped
    assert np.isin(near, (1, 2, 3)).sum() >= 2
    score = grid["score"].values
    assert np.nanmax(score[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]) > 0.5


def test_most_of_the_measured_surface_is_majority(grid):
    assert grid.attrs["distinct_population"] == 1
    region = grid["region"].values
    assert np.mean(region == 0) > 0.8
    assert np.median(grid["score"].values[region == 0]) < 0.1
    assert (region == 3).sum() == 8  # spectra that the amplifier clipped


@pytest.mark.parametrize("offset", [1986718, 2349826], ids=["lock-in", "current"])
def test_a_measured_lattice_without_defects_has_none(offset):
    # 1024 spectra of 81 energies, from +0.3 to -0.1 V, as 32-bit integers of 4.66e-18 A
    values = np.fromfile(LATTICE, "<i4", 1024 * 81, offset=offset).reshape(32, 32, 81) * 4.656613e-6
    result = analyze(spectral_map(values, 300 - 5.0 * np.arange(81), signal_units="pA"), SMALL)
    assert result.attrs["distinct_population"] == 0
    assert result.attrs["distinct_population_p_value"] > 0.01
    assert not np.isin(result["region"].values, (1, 2)).any()
