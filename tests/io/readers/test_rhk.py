import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest
from damage import mutated, read_all, recognised, same_shapes, truncated
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.rhk import READER
from didymos.schema import InputError

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
MAP = DATA / "spym" / "dI-dV_9K_ABC6_2020_07_02_08_50_47_967.sm4"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}")


def text(words):
    return struct.pack("<H", len(words)) + words.encode("utf-16-le")


def page(
    values, *, label="LIA Current", line=7, kind=1, grid=(0, 0), scale=1e-15, x=(0.3, -0.005), y=(0.0, 1.0), **more
):
    """A page as its kind and its objects without their offsets: header, values, texts, positions."""
    rows, columns = values.shape
    integers = [
        more.get("page_type", 16),
        0,
        line,
        0,
        0,
        columns,
        rows,
        0,
        more.get("direction", 0),
        0,
        values.size * 4,
        0,
        0,
    ]
    numbers = [x[1], y[1], scale, 0, x[0], y[0], 0, 1e-4, 0.4, 3e-10, more.get("angle", 0)]
    units = more.get("units", ("V", "", "A"))
    texts = [label, "", "", "a comment", "", "07/02/20", "07:44:16", *units, "Voltage", label]
    positions = more.get("positions")
    drift = b"" if positions is None else b"".join(struct.pack("<7f", 0, *place, 0, 0, 0, 0) for place in positions)
    return (
        kind,
        (2, len(texts), *integers, *numbers, 0, *grid),
        values.astype("<i4").tobytes(),
        b"".join(map(text, texts)),
        drift,
    )


def rhk_file(path, pages):
    """Write pages in the published layout of an .sm4 file."""
    head = (
        struct.pack("<H", 56) + "STiMage 005.004 1\0".encode("utf-16-le") + struct.pack("<5I", len(pages), 1, 12, 0, 0)
    )
    index = 58 + 12
    array = index + 16 + 12
    body, entries, start = b"", b"", array + len(pages) * (32 + 24)
    for kind, header, values, texts, drift in pages:
        at = start + len(body)
        parts = [(10, at + 180 + 24, texts), (8, at + 180 + 24 + len(texts), drift)]
        block = struct.pack("<2H13i11f4i64x", *header, len(parts))
        block += b"".join(struct.pack("<3I", what, where if part else 0, len(part)) for what, where, part in parts)
        block += texts + drift
        entries += bytes(16) + struct.pack("<4I", kind, 0, 2, 4)
        entries += struct.pack("<6I", 3, at, 180, 4, at + len(block), len(values))
        body += block + values
    lists = struct.pack("<3I", 1, index, 16) + struct.pack("<4I", len(pages), 1, 0, 0) + struct.pack("<3I", 2, array, 1)
    path.write_bytes(head + lists + entries + body)
    return path


def grid_positions(columns=4, rows=3, angle=0.0, pitch=1e-9):
    turn = np.deg2rad(angle)
    u, v = np.meshgrid(np.arange(columns) * pitch, np.arange(rows) * pitch)
    return np.stack([u * np.cos(turn) - v * np.sin(turn), u * np.sin(turn) + v * np.cos(turn)], axis=-1)


@pytest.mark.real_data
@real
def test_the_real_map_agrees_with_spym():
    found = importlib.util.find_spec("spym")
    if found is None or found.origin is None:
        pytest.skip("spym is not installed")
    # the package itself needs plotting libraries when it is imported
    spec = importlib.util.spec_from_file_location("spym_sm4", Path(found.origin).parent / "io" / "rhksm4" / "_sm4.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    peers = {peer.label: peer for peer in module.RHKsm4(str(MAP))}
    content = READER.read(MAP, None)
    for name, label in (("LIA Current (A)", "LIA_Current"), ("Current (A)", "Current")):
        array, peer = content.arrays[name], peers[label]
        scaled = peer.data.T * peer.attrs["RHK_Zscale"]
        # both axes of space and the bias run backwards in this file
        assert_allclose(array.values, scaled.reshape(32, 32, 81)[::-1, ::-1, ::-1], rtol=1e-6)
        assert_allclose(array.energy.values, peer.coords[0][1][::-1], atol=1e-9)
        assert array.attrs["units"] == peer.attrs["RHK_Zunits"] == "A"


@pytest.mark.real_data
@real
def test_axes_units_and_frame_of_the_real_map():
    content = READER.read(MAP, None)
    array = content.arrays["LIA Current (A)"]
    assert (array.dims, array.shape) == (("y", "x", "energy"), (32, 32, 81))
    assert_allclose(array.energy.values, np.linspace(-0.1, 0.3, 81), atol=1e-7)
    assert [array[name].attrs["units"] for name in ("y", "x", "energy")] == ["m", "m", "V"]
    assert_allclose(array.x.values, (np.arange(32) + 0.5) * 1e-9 / 32, rtol=1e-4)
    assert_allclose(content.attrs["frame_size"], [1e-9, 1e-9], rtol=1e-4)
    assert_allclose(content.attrs["frame_center"], [-1.2816e-8, 1.6327e-8], rtol=1e-3)
    assert content.attrs["frame_angle"] == -10  # ten degrees counter-clockwise
    assert (content.preferred, content.sweep_signal) == ("LIA Current (A)", "Bias (V)")


@pytest.mark.real_data
@real
def test_the_topography_of_the_real_map_lies_under_its_spectra():
    content = READER.read(MAP, None)
    topography = content.arrays["topography"]
    assert topography.attrs["units"] == "m"

    def flat(image):
        rows, columns = np.mgrid[:32, :32] / 31
        terms = np.stack([np.ones_like(rows), rows, columns, rows**2, columns**2, rows * columns], -1).reshape(-1, 6)
        rest = (image.ravel() - terms @ np.linalg.lstsq(terms, image.ravel(), rcond=None)[0]).reshape(32, 32)
        return rest - np.median(rest, axis=1, keepdims=True)

    # the current far from the set point shows the atoms: of the eight ways to lay it on the height one fits
    current = flat(1e9 * content.arrays["Current (A)"].values[:, :, -1].astype(float))
    height = flat(1e9 * topography.values)
    fits = {}
    for turns in range(4):
        for flipped in (False, True):
            laid = np.rot90(height[:, ::-1] if flipped else height, turns)
            fits[turns, flipped] = np.corrcoef(laid.ravel(), current.ravel())[0, 1]
    assert max(fits, key=lambda way: fits[way]) == (0, False)


@pytest.mark.real_data
@real
def test_damaged_copies_of_the_real_map(tmp_path):
    data = MAP.read_bytes()
    contents, refusals = read_all(READER, tmp_path / "cut.sm4", truncated(data))
    assert not contents
    assert len(refusals) > 30
    contents, refusals = read_all(READER, tmp_path / "changed.sm4", mutated(data))
    assert refusals
    same_shapes(contents, {(32, 32, 81), (32, 32), (1024, 81), (1024,)})


@pytest.mark.parametrize("angle", [0, 25])
def test_a_grid_in_meanders_lies_by_its_positions(tmp_path, angle):
    positions = grid_positions(angle=angle)
    order = np.arange(12).reshape(3, 4)
    order[1] = order[1, ::-1]
    values = 100 * order.reshape(-1, 1) + np.arange(5)
    made = page(values, grid=(4, 3), positions=positions.reshape(-1, 2)[order.ravel()])
    array = READER.read(rhk_file(tmp_path / "a.sm4", [made]), None).arrays["LIA Current (A)"]
    expected = (100 * np.arange(12).reshape(3, 4, 1) + np.arange(5)[::-1]) * 1e-15
    assert_allclose(array.values, expected, rtol=1e-6)
    assert_allclose(array.x.values, [0.5e-9, 1.5e-9, 2.5e-9, 3.5e-9], rtol=1e-5)


def test_sweeps_by_turns_are_forward_and_backward(tmp_path):
    positions = np.repeat(grid_positions().reshape(-1, 2), 4, axis=0)
    values = np.arange(48).reshape(-1, 1) * 10 + np.arange(5)
    content = READER.read(rhk_file(tmp_path / "a.sm4", [page(values, grid=(4, 3), positions=positions)]), None)
    forward, backward = content.arrays["LIA Current (A)"], content.arrays["LIA Current [bwd] (A)"]
    assert forward.shape == backward.shape == (3, 4, 5)
    assert_allclose(forward.values[0, 0], (np.arange(5)[::-1] + 10) * 1e-15, rtol=1e-6)
    assert_allclose(backward.values[0, 0], (np.arange(5)[::-1] + 20) * 1e-15, rtol=1e-6)
    assert content.attrs["sweeps"].startswith("4 at each point, taken as forward and backward by turns")


def test_three_sweeps_are_averaged(tmp_path):
    values = np.arange(6).reshape(-1, 1) * 10 + np.arange(5)
    positions = np.repeat([[0, 0], [1e-9, 5e-9]], 3, axis=0)
    content = READER.read(rhk_file(tmp_path / "a.sm4", [page(values, positions=positions)]), None)
    array = content.arrays["LIA Current (A)"]
    assert_allclose(array.values[:, 0], [14e-15, 44e-15], rtol=1e-6)
    assert (array.dims, list(array.x.values)) == (("point", "energy"), [0, pytest.approx(1e-9)])


def test_spectra_along_a_line(tmp_path):
    positions = np.outer(np.arange(7), [3e-9, 4e-9])
    values = np.arange(7).reshape(-1, 1) * 10 + np.arange(5)
    content = READER.read(rhk_file(tmp_path / "a.sm4", [page(values, positions=positions)]), None)
    array = content.arrays["LIA Current (A)"]
    assert (array.dims, array.shape) == (("y", "x", "energy"), (1, 7, 5))
    assert_allclose(array.x.values, 5e-9 * np.arange(7), rtol=1e-5)
    assert_allclose(content.attrs["line_end"], [1.8e-8, 2.4e-8], rtol=1e-5)


def test_single_points_and_the_height_under_them(tmp_path):
    positions = [[0, 0], [3e-9, 1e-9], [-2e-9, 2e-9]]
    columns, rows = np.meshgrid(np.arange(11), np.arange(11))
    # scanned from the right, from the top: the first column lies at +5 nm
    image = page(
        columns * 1000 + rows, label="Topography", line=0, kind=0, page_type=1, x=(0, -1e-9), y=(0, -1e-9),
        units=("m", "m", "m"), scale=1e-12,
    )  # fmt: skip
    spectra = page(np.arange(15).reshape(3, 5), positions=positions)
    content = READER.read(rhk_file(tmp_path / "a.sm4", [image, spectra]), None)
    assert content.arrays["LIA Current (A)"].dims == ("point", "energy")
    assert_allclose(content.arrays["topography"].values, [5005e-12, 2004e-12, 7003e-12], rtol=1e-4)


def test_spectra_over_z_and_points_that_were_not_reached(tmp_path):
    values = np.arange(1, 13).reshape(-1, 1) * 10 + np.arange(5)
    values[7:] = 0
    made = page(
        values, label="Current", line=8, grid=(4, 3), positions=grid_positions().reshape(-1, 2), units=("m", "", "A")
    )
    content = READER.read(rhk_file(tmp_path / "a.sm4", [made]), None)
    array = content.arrays["Current (A)"]
    assert (array.energy.attrs["units"], content.sweep_signal) == ("m", "Z (m)")
    assert_array_equal(np.isfinite(array.values).all(axis=-1).ravel(), np.arange(12) < 7)


def test_what_is_no_map(tmp_path):
    image = page(np.zeros((4, 4)), label="Topography", line=0, kind=0, page_type=1)
    with pytest.raises(InputError, match=r"a\.sm4 holds no spectra over bias or z \(it holds: Topography\)"):
        READER.read(rhk_file(tmp_path / "a.sm4", [image]), None)
    (tmp_path / "b.sm4").write_bytes(b"STiMage 3.1")
    assert not recognised(READER, tmp_path / "b.sm4")
    assert recognised(READER, tmp_path / "a.sm4")
    with pytest.raises(InputError, match=r"b\.sm4 is no RHK file"):
        READER.read(tmp_path / "b.sm4", None)
    with pytest.raises(InputError, match="the axis of 'LIA Current' is in 'm'; allowed is V"):
        READER.read(rhk_file(tmp_path / "c.sm4", [page(np.ones((3, 5)), units=("m", "", "A"))]), None)


def test_a_grid_that_is_turned_against_its_image(tmp_path):
    image = page(np.ones((4, 4)), label="Topography", line=0, kind=0, page_type=1, angle=0, units=("m", "m", "m"))
    values = 100 * np.arange(12).reshape(-1, 1) + np.arange(5)
    made = page(values, grid=(4, 3), positions=grid_positions(angle=25).reshape(-1, 2))
    content = READER.read(rhk_file(tmp_path / "a.sm4", [image, made]), None)
    assert content.attrs["frame_angle"] == pytest.approx(-25)
    assert_allclose(content.arrays["LIA Current (A)"].values[..., 0].ravel(), (values[:, -1]) * 1e-15, rtol=1e-6)
    # positions that form no grid leave the spectra in the order of the file
    astray = grid_positions().reshape(-1, 2)
    astray[5] += 0.5e-9
    content = READER.read(rhk_file(tmp_path / "b.sm4", [page(values, grid=(4, 3), positions=astray)]), None)
    assert content.attrs["pixel_order"] == "in the order of the file (the recorded positions form no grid)"
    assert content.arrays["LIA Current (A)"].x.attrs["units"] == "pixel"
