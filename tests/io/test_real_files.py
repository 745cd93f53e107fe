"""Every real measurement opens with its axes, units and positions; what the files hold is written beside them."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from didymos.io import describe, open_map
from didymos.schema import InputError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}"),
]

HELD = {
    # sizes (y, x, energy), ends of the energies and their unit, size of the frame in nm
    "NanonisReader_STS_grid_lockin.3ds": ((30, 30, 200), (-220, 220, "mV"), (5, 5)),
    "sim_fwd_bwd_5x6.3ds": ((6, 5, 256), (-2000, 2000, "mV"), (10, 10)),
    "ScV6Sn6_partial_CITS.ibw": ((8, 64, 256), (-0.5, 0.5, "V"), (15, 15 / 8)),
    "dI-dV_9K_ABC6_2020_07_02_08_50_47_967.sm4": ((32, 32, 81), (-0.1, 0.3, "V"), (1, 1)),
    "bfo_iv_final.hf5": ((50, 50, 53), (8591.79, 11180.3, "(V/m)^0.5"), None),
}


def test_every_file_is_known():
    files = {path.name for path in DATA.rglob("*") if path.is_file()}
    assert {name for name in files if not name.startswith(("LICENSE", "README")) and "CORRUPT" not in name} == {*HELD}


@pytest.mark.parametrize("name", HELD)
def test_axes_units_and_positions(name):
    path = next(DATA.rglob(name))
    shape, (low, high, units), frame = HELD[name]
    array = open_map(path)
    assert array.dims == ("y", "x", "energy")
    assert array.shape == shape
    assert array.energy.attrs["units"] == units
    np.testing.assert_allclose([array.energy.values[0], array.energy.values[-1]], [low, high], rtol=1e-5)
    assert np.isfinite(array.values).mean() > 0.99
    assert array.attrs["units"]
    if frame is not None:
        assert array.x.attrs["units"] == array.y.attrs["units"] == "m"
        steps = [1e9 * float(np.diff(array[dim].values).mean()) for dim in ("x", "y")]
        np.testing.assert_allclose([steps[0] * shape[1], steps[1] * shape[0]], frame, rtol=1e-3)
    assert describe(path).channel == array.attrs["channel"]
    with xr.open_dataset(path, engine="didymos") as dataset:
        np.testing.assert_array_equal(dataset.spectra.values, array.values)


def test_the_damaged_file_is_refused():
    with pytest.raises(InputError, match="bytes were lost or added"):
        open_map(next(DATA.rglob("*CORRUPT*.3ds")))
