from pathlib import Path

import nanonispy2
import numpy as np
import pytest
from damage import mutated, truncated
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import open_map
from didymos.io.readers.nanonis_image import read_height, topography_from
from didymos.preparing import correct_drift
from didymos.schema import InputError, spectral_map

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
GRID = DATA / "SciFiDatasets" / "NanonisReader_STS_grid_lockin.3ds"

HEADER = """:NANONIS_VERSION:
2
:SCANIT_TYPE:
              FLOAT            MSBFIRST
:ACQ_TIME:
       100.0
:SCAN_TIME:
             1.000E-1             1.000E-1
:REC_DATE:
 29.11.2012
:SCAN_PIXELS:
       {columns}       {rows}
:SCAN_FILE:
C:\\data\\a.sxm
:SCAN_RANGE:
           {width:E}           {height:E}
:SCAN_OFFSET:
             {x:E}         {y:E}
:SCAN_ANGLE:
            {angle:E}
:SCAN_DIR:
{direction}
:BIAS:
            1.000E-1
:Z-CONTROLLER:
\tName\ton\tSetpoint
\tlog\t1\t1E-10 A
:COMMENT:

:DATA_INFO:
\tChannel\tName\tUnit\tDirection\tCalibration\tOffset
{channels}

:SCANIT_END:


"""


def tilted(x, y):
    """A height that every linear interpolation gives exactly."""
    return 3e-9 + 0.2 * x - 0.5 * y


def sxm(
    path, *, center=(0, 0), size=(8e-9, 4e-9), angle=0.0, direction="up", shape=(20, 40), height=tilted, channels=None
):
    """Write a scan image by the published layout: a current and a height, forward and backward."""
    rows, columns = shape
    u, v = np.meshgrid(
        ((np.arange(columns) + 0.5) / columns - 0.5) * size[0], ((np.arange(rows) + 0.5) / rows - 0.5) * size[1]
    )
    turn = np.deg2rad(angle)
    z = height(center[0] + u * np.cos(turn) + v * np.sin(turn), center[1] - u * np.sin(turn) + v * np.cos(turn))
    z = z[::-1] if direction == "down" else z
    channels = channels or "\t14\tZ\tm\tboth\t1E-9\t0\n\t0\tCurrent\tA\tboth\t1E+0\t0"
    text = HEADER.format(
        columns=columns, rows=rows, width=size[0], height=size[1], x=center[0], y=center[1], angle=angle,
        direction=direction, channels=channels,
    )  # fmt: skip
    images = np.stack([z, z[:, ::-1] + 1, np.zeros(shape), np.ones(shape)]).astype(">f4")
    path.write_bytes(text.encode() + b"\x1a\x04" + images.tobytes())
    return path


def grid(center=(0, 0), size=(4e-9, 2e-9), angle=0.0, shape=(5, 7), **attrs):
    rows, columns = shape
    frame = {"frame_center": list(center), "frame_size": list(size), "frame_angle": angle}
    x, y = ((np.arange(n) + 0.5) * length / n for n, length in ((columns, size[0]), (rows, size[1])))
    return spectral_map(np.ones((rows, columns, 3)), [0, 1, 2], x=x, y=y, attrs=frame | attrs)


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(("image_angle", "grid_angle"), [(0, 0), (30, 0), (0, 45), (20, -35)])
def test_a_plane_is_met_at_every_point(tmp_path, direction, image_angle, grid_angle):
    center = (3e-7, -2e-7)
    path = sxm(tmp_path / "a.sxm", center=center, size=(8e-9, 9e-9), angle=image_angle, direction=direction)
    array = grid((3.005e-7, -1.995e-7), angle=grid_angle)
    u, v = np.meshgrid(array.x.values - 2e-9, array.y.values - 1e-9)
    turn = np.deg2rad(grid_angle)  # clockwise
    x, y = 3.005e-7 + u * np.cos(turn) + v * np.sin(turn), -1.995e-7 - u * np.sin(turn) + v * np.cos(turn)
    # float32 in the file
    assert_allclose(topography_from(path, array), tilted(x, y), rtol=1e-6)


def test_the_image_agrees_with_nanonispy2(tmp_path):
    path = sxm(tmp_path / "a.sxm", direction="down")
    peer = nanonispy2.read.Scan(str(path))
    assert_array_equal(read_height(path).height, peer.signals["Z"]["forward"][::-1])


@pytest.mark.real_data
@pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}")
def test_under_a_real_rotated_grid(tmp_path):
    array = open_map(GRID)
    (x, y), (width, height) = array.attrs["frame_center"], array.attrs["frame_size"]
    assert array.attrs["frame_angle"] == 45
    path = sxm(tmp_path / "a.sxm", center=(x, y), size=(3 * width, 3 * height))
    topography = topography_from(path, array)
    corners = topography[[0, 0, -1, -1], [0, -1, 0, -1]]
    # 45 degrees clockwise: the lower left corner of the grid is at its left, the upper left one on top
    half = np.sqrt(2) * width / 2 * 29 / 30
    places = [(x - half, y), (x, y - half), (x, y + half), (x + half, y)]
    assert_allclose(corners, [tilted(*place) for place in places], rtol=1e-5)


def test_scattered_points_and_what_lies_outside(tmp_path):
    path = sxm(tmp_path / "a.sxm")
    x, y = np.array([0, 3.9e-9, 5e-9]), np.array([0, -1.5e-9, 0])
    array = spectral_map(np.ones((3, 4)), [0, 1, 2, 3], x=x, y=y)
    height = topography_from(path, array)
    assert_allclose(height[:2], tilted(x, y)[:2], rtol=1e-6)
    assert np.isnan(height[2])
    in_nm = array.assign_coords(x=("point", x * 1e9, {"units": "nm"}), y=("point", y * 1e9, {"units": "nm"}))
    assert_allclose(topography_from(path, in_nm), height)


def test_a_scan_that_was_stopped(tmp_path):
    path = sxm(tmp_path / "a.sxm", size=(8e-9, 8e-9), height=lambda x, y: np.where(y > 0.5e-9, np.nan, tilted(x, y)))
    height = topography_from(path, grid(size=(4e-9, 4e-9)))
    assert np.isfinite(height[:2]).all()
    assert np.isnan(height[3:]).all()


def test_what_cannot_be_the_topography(tmp_path):
    path = sxm(tmp_path / "a.sxm")
    with pytest.raises(InputError, match=r"a\.sxm does not lie over the map"):
        topography_from(path, grid((1e-6, 0)))
    with pytest.raises(InputError, match="does not say where its frame lies"):
        topography_from(path, grid().drop_attrs(deep=False))
    with pytest.raises(InputError, match="positions in 'pixel'"):
        topography_from(path, spectral_map(np.ones((2, 2, 3)), [0, 1, 2]))
    with pytest.raises(InputError, match="has no forward height"):
        topography_from(sxm(tmp_path / "b.sxm", channels="\t0\tCurrent\tA\tboth\t1\t0\n\t1\tX\tA\tboth\t1\t0"), grid())
    with pytest.raises(InputError, match="cannot be opened"):
        topography_from(tmp_path / "none.sxm", grid())


def test_damaged_images(tmp_path):
    data = sxm(tmp_path / "a.sxm").read_bytes()
    refused, read = 0, 0
    for copy in [*truncated(data), *mutated(data, 80, upto=1200)]:
        path = tmp_path / "b.sxm"
        path.write_bytes(copy)
        try:
            assert read_height(path).height.shape == (20, 40)
            read += 1
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert str(error).startswith("b.sxm ")  # noqa: PT017
            refused += 1
    assert refused > 40
    assert read > 10


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_scan_image_is_a_reference_of_the_drift(tmp_path, direction):
    scene = np.sin(np.random.default_rng(4).normal(size=(60, 60)).cumsum(0).cumsum(1) / 5)

    def height(x, y):
        rows, columns = (np.clip(np.rint((part + 3e-8) / 1e-9 - 0.5), 0, 59).astype(int) for part in (y, x))
        return 1e-9 * scene[rows, columns]

    path = sxm(tmp_path / "scan.sxm", size=(6e-8, 6e-8), shape=(60, 60), height=height, direction=direction)
    array = grid(size=(3.2e-8, 3.2e-8), shape=(32, 32))
    # what the map shows lies 2 nm further right and 3 nm further up than the map believes
    u, v = np.meshgrid(array.x.values - 1.6e-8, array.y.values - 1.6e-8)
    drifted = array.assign_coords(topography=(("y", "x"), height(u + 2e-9, v + 3e-9), {"units": "m"}))
    found = correct_drift(drifted, path)
    assert_allclose(found.x.values - array.x.values, 2e-9, atol=2e-10)
    assert_allclose(found.y.values - array.y.values, 3e-9, atol=2e-10)
    assert "Drift corrected" in found.attrs["preparation"]
