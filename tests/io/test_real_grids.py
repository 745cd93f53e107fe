from pathlib import Path

import nanonispy2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import describe, open_map
from didymos.schema import InputError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
GRID = DATA / "SciFiDatasets" / "NanonisReader_STS_grid_lockin.3ds"
TWINS = DATA / "empa-spmpy" / "sim_fwd_bwd_5x6.3ds"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}"),
]


def test_a_rotated_grid_of_an_old_version():
    array = open_map(GRID)
    peer = nanonispy2.read.Grid(
        str(GRID),
        header_override={"Delay before measuring (s)": "0", "Start time": "", "End time": "", "Comment": ""},
    )
    assert_array_equal(array.values, peer.signals["LockinX (V)"])
    assert_array_equal(array.topography.values.astype(np.float32), peer.signals["topo"])
    assert_allclose(array.energy.values, 1e3 * peer.signals["sweep_signal"], atol=1e-4)
    assert array.attrs["pixel_order"] == "by the recorded X and Y"
    assert (array.attrs["channel"], array.attrs["units"], array.attrs["long_name"]) == ("LockinX (V)", "V", "dI/dV")
    assert (array.energy.values[0], array.energy.values[-1]) == (-220, 220)
    assert_allclose([array.x.values[0], array.y.values[-1]], [5e-9 / 60, 5e-9 * 59 / 60])


def test_a_grid_with_backward_sweeps():
    array = open_map(TWINS)
    peer = nanonispy2.read.Grid(str(TWINS))
    assert_array_equal(array.values, peer.signals["LI Demod 1 X (A)"])
    both = open_map(TWINS, average_backward=True)
    mean = (peer.signals["LI Demod 1 X (A)"] + peer.signals["LI Demod 1 X [bwd] (A)"]) / 2
    assert_allclose(both.values, mean, atol=1e-19)
    assert array.shape == (6, 5, 256)
    assert array.attrs["lockin_amplitude"] == 0.1


def test_the_same_grid_with_six_bytes_lost():
    with pytest.raises(InputError, match=r"record 7 of 30 does not begin.*bytes were lost or added inside, as text"):
        open_map(TWINS.with_name("sim_fwd_bwd_5x6_CORRUPT_precommit.3ds"))


def test_what_is_in_the_real_grids():
    info = describe(GRID)
    assert (info.complete, info.partial, info.missing) == (900, 0, 0)
    assert dict(info.rows())["frame angle"] == "45°"
    assert describe(TWINS).channels[0].twin == "Current [bwd] (A)"
