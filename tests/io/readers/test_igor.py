import struct
from pathlib import Path

import numpy as np
import pytest
from damage import mutated, read_all, recognised, same_shapes, truncated
from igor_writer import wave
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.igor import READER
from didymos.schema import InputError

pytest.importorskip("igor2", reason="igor2 is not installed")

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
CITS = DATA / "SciFiDatasets" / "ScV6Sn6_partial_CITS.ibw"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real measurements are not at {DATA}")


def read(tmp_path, *arguments, **options):
    path = tmp_path / "a.ibw"
    path.write_bytes(wave(*arguments, **options))
    return READER.read(path, None)


@pytest.mark.real_data
@real
def test_the_real_cits_is_what_its_bytes_say():
    raw = CITS.read_bytes()
    shape = struct.unpack_from("<3i", raw, 64 + 68)
    steps, offsets = struct.unpack_from("<3d", raw, 64 + 84), struct.unpack_from("<3d", raw, 64 + 116)
    values = np.frombuffer(raw, "<f8", int(np.prod(shape)), 64 + 320).reshape(shape, order="F")
    content = READER.read(CITS, None)
    (array,) = content.arrays.values()
    assert shape == (64, 8, 256)
    assert_array_equal(array.values, values.transpose(1, 0, 2).astype(np.float32))
    for name, dim in (("x", 0), ("y", 1), ("energy", 2)):
        assert_allclose(array[name].values, offsets[dim] + steps[dim] * np.arange(shape[dim]), rtol=1e-12)
    assert [array[name].attrs["units"] for name in ("y", "x", "energy")] == ["m", "m", "V"]
    assert (list(content.arrays), array.attrs["units"], content.sweep_signal) == (["Aux2(V) 3 (V)"], "V", "Bias (V)")
    assert_allclose(array.energy.values[[0, -1]], [-0.5, 0.5], atol=1e-6)
    assert content.attrs["sample"] == "ScV6Sn6"
    assert content.attrs["start_time"] == "12-Jan-2023 00:57:38"


@pytest.mark.real_data
@real
def test_defects_of_the_real_cits_are_round():
    (array,) = READER.read(CITS, None).arrays.values()
    # the dark defect at (2, 16) is as wide as it is high; with x and y exchanged it would be torn
    image = array.sel(energy=0.4, method="nearest").values
    dark = image < np.median(image) - 4 * np.median(np.abs(image - np.median(image)))
    assert dark[:3, 14:18].sum() >= 6
    assert not dark[:3, 19:30].any()


@pytest.mark.real_data
@real
def test_damaged_copies_of_the_real_cits(tmp_path):
    data = CITS.read_bytes()
    contents, refusals = read_all(READER, tmp_path / "cut.ibw", truncated(data))
    assert not contents
    assert len(refusals) > 30
    contents, refusals = read_all(READER, tmp_path / "changed.ibw", mutated(data, 60, upto=2000))
    assert len(refusals) > 10
    same_shapes(contents, {(8, 64, 256)})


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_the_axis_of_the_spectra_is_found_by_its_unit(tmp_path, order):
    values = np.arange(24.0).reshape(2, 3, 4)  # x, y, bias
    steps, offsets, units = (1e-9, 2e-9, 0.1), (0.0, 1e-9, -0.2), ("m", "m", "V")
    turned = [[given[dim] for dim in order] for given in (steps, offsets, units)]
    content = read(tmp_path, values.transpose(order), *turned)
    (array,) = content.arrays.values()
    by_igor = (1, 0, 2) if order.index(0) < order.index(1) else (0, 1, 2)
    assert array.dims == ("y", "x", "energy")
    assert_array_equal(array.values, values.transpose(by_igor))
    assert_allclose(array.energy.values, [-0.2, -0.1, 0, 0.1], atol=1e-12)


def test_falling_axes_are_turned_round(tmp_path):
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    content = read(tmp_path, values, (-1e-9, -1e-9, -0.1), (5e-9, 5e-9, 0.3), ("m", "m", "V"), order=">", name="I(V) 2")
    array = content.arrays["Current 2 (A)"]
    assert_array_equal(array.values, values.transpose(1, 0, 2)[::-1, ::-1, ::-1])
    assert_allclose(array.x.values, [4e-9, 5e-9])


def test_a_line_and_long_units(tmp_path):
    values = np.arange(8, dtype=np.float32).reshape(4, 2)
    content = read(tmp_path, values, (0.5, 1e-9), (400, 0.0), ("", "m"), long_units=("wavelength nm",))
    (array,) = content.arrays.values()
    assert (array.shape, array.energy.attrs["units"]) == ((1, 2, 4), "wavelength nm")
    assert_array_equal(array.values[0], values.T)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((np.ones((2, 3, 4)), (1, 1, 1), (0, 0, 0), ("m", "m", "m")), "of which none or several"),
        ((np.ones((2, 3, 4)), (1, 1, 1), (0, 0, 0), ("", "", "")), "of which none or several"),
        ((np.ones((2, 3, 4)), (1, 1, 0), (0, 0, 0), ("m", "m", "V")), "axes without scale"),
        ((np.ones(4), (1,), (0,), ("V",)), "two or three axes"),
        ((np.ones((2, 3, 4, 5)), (1,) * 4, (0,) * 4, ("m", "m", "V", "s")), "two or three axes"),
        (
            (np.ones((2, 3, 4), np.complex64), (1, 1, 1), (0, 0, 0), ("m", "m", "V")),
            "complex64; allowed are real numbers",
        ),
    ],
)
def test_what_is_no_map(tmp_path, arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, *arguments)
    assert str(caught.value).startswith("a.ibw ")


def test_force_curves_and_other_files(tmp_path):
    labels = b"".join(label.ljust(32, b"\0") for label in (b"", b"Raw", b"Defl"))
    with pytest.raises(InputError, match="force curve of Asylum"):
        read(tmp_path, np.ones((5, 2)), (1, 1), (0, 0), ("", ""), labels=labels)
    (tmp_path / "b.ibw").write_bytes(struct.pack("<h", 7) + bytes(100))
    with pytest.raises(InputError, match="of version 7; maps of version 5"):
        READER.read(tmp_path / "b.ibw", None)
    (tmp_path / "c.ibw").write_bytes(b"text of another kind")
    assert not recognised(READER, tmp_path / "c.ibw")
    with pytest.raises(InputError, match=r"c\.ibw is no Igor binary wave"):
        READER.read(tmp_path / "c.ibw", None)
