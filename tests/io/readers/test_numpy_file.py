import numpy as np
import pytest
from damaged_files import changes, cuts, refusals
from numpy.testing import assert_array_equal

from didymos.io.readers.numpy_file import READER, recognises
from didymos.schema import InputError

DATA = np.random.default_rng(0).integers(0, 500, size=(3, 4, 6)).astype(np.uint16)
BIAS = np.linspace(-5, 5, 6)


def only(path, lazy=None):
    (array,) = READER.read(path, lazy).arrays.values()
    return array


def test_an_array_without_axes_counts(tmp_path):
    np.save(tmp_path / "a.npy", DATA)
    for lazy in (False, True):
        array = only(tmp_path / "a.npy", lazy)
        assert array.dims == ("y", "x", "energy")
        assert array.dtype == np.uint16
        assert_array_equal(array.values, DATA)
        assert [array[dim].attrs["units"] for dim in array.dims] == ["pixel", "pixel", "channel"]
        assert (array.chunks is not None) == lazy


@pytest.mark.parametrize(
    ("name", "text", "units", "long_name"),
    [
        ("a_energy.txt", "bias (mV)\n{}", "mV", "bias"),
        ("a_energy.csv", "# wavelength (nm)\n{}", "nm", "wavelength"),
        ("a_energy.txt", "{}", "", ""),
    ],
)
def test_the_axis_beside_an_array(tmp_path, name, text, units, long_name):
    np.save(tmp_path / "a.npy", DATA)
    (tmp_path / name).write_text(text.format("\n".join(map(repr, BIAS.tolist()))))
    energy = only(tmp_path / "a.npy").energy
    assert_array_equal(energy, BIAS)
    assert (energy.attrs["units"], energy.attrs.get("long_name", "")) == (units, long_name)


def test_axes_as_arrays_beside_an_array(tmp_path):
    np.save(tmp_path / "a.npy", DATA)
    for name, values in (("energy", BIAS), ("x", np.arange(4) * 2.0), ("y", np.arange(3) * 3.0)):
        np.save(tmp_path / f"a_{name}.npy", values)
        assert not recognises(tmp_path / f"a_{name}.npy")
    assert recognises(tmp_path / "a.npy")
    array = only(tmp_path / "a.npy")
    assert_array_equal(array.x, [0, 2, 4, 6])
    assert_array_equal(array.y, [0, 3, 6])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_length_of_the_energies_tells_their_axis(tmp_path, place):
    np.savez(tmp_path / "a.npz", spectra=np.moveaxis(DATA, -1, place), bias=BIAS, bias_units="mV")
    array = only(tmp_path / "a.npz")
    assert_array_equal(array.transpose("y", "x", "energy").values, DATA)
    assert array.energy.attrs == {"units": "mV", "long_name": "bias"}


def test_an_archive_with_points_on_and_off_a_lattice(tmp_path):
    y, x = (part.ravel() for part in np.meshgrid(np.arange(3.0), np.arange(4.0), indexing="ij"))
    order = np.random.default_rng(1).permutation(12)
    flat = DATA.reshape(12, 6)[order]
    height = np.arange(12.0)[order]
    np.savez(
        tmp_path / "a.npz", spectra=flat, energy=BIAS, x=x[order], y=y[order], topography=height, length_units="nm"
    )
    content = READER.read(tmp_path / "a.npz", None)
    assert_array_equal(content.arrays["spectra"].transpose("y", "x", "energy").values, DATA)
    assert content.arrays["spectra"].x.attrs["units"] == "nm"
    np.savez(tmp_path / "b.npz", spectra=flat, energy=BIAS, x=x[order] + 0.1 * y[order], y=y[order], topography=height)
    arrays = READER.read(tmp_path / "b.npz", None).arrays
    assert arrays["spectra"].dims == ("point", "energy")
    assert_array_equal(arrays["topography"].values, height)


def test_a_sweep_up_and_down_and_complex_values(tmp_path):
    np.savez(tmp_path / "a.npz", spectra=DATA, bias=[0, 1, 2, 2, 1, 0])
    arrays = READER.read(tmp_path / "a.npz", None).arrays
    assert list(arrays) == ["spectra", "spectra [bwd]"]
    assert_array_equal(arrays["spectra [bwd]"].values, DATA[..., 3:])
    np.save(tmp_path / "b.npy", DATA * 1j)
    arrays = READER.read(tmp_path / "b.npy", None).arrays
    assert list(arrays) == ["b X", "b Y", "b R"]
    assert_array_equal(arrays["b Y"].values, DATA)


class Dangerous:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


@pytest.mark.parametrize("save", [np.save, lambda path, array: np.savez(path, spectra=array)])
def test_objects_are_never_unpickled(tmp_path, save):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, np.array([Dangerous()], dtype=object))
    with pytest.raises(InputError, match="holds Python objects"):
        READER.read(path, None)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"spectra": DATA, "energy": BIAS[:5]}, "have the shape .* and 5 energies"),
        ({"spectra": DATA, "energy": [0, 1, 1, 2, 3, 4]}, "twice running"),
        ({"spectra": DATA.astype(str)}, "allowed are numbers"),
        ({"spectra": DATA[0, 0]}, "has the shape"),
        ({"spectra": DATA[:0]}, "has the shape"),
        ({"spectra": DATA[0], "energy": BIAS, "x": [1.0, 2.0]}, "'x' has 2 values for 4 points"),
        ({"other": np.arange(3)}, r"no array of spectra; there are: other \(3,\)"),
        ({"spectra": DATA, "energy": BIAS, "x": [1.0, 2.0]}, "axes of the lengths"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        READER.read(tmp_path / "a.npz", None)


def test_a_damaged_axis_beside_an_array(tmp_path):
    np.save(tmp_path / "a.npy", DATA)
    (tmp_path / "a_energy.txt").write_text("bias\n1\n2\nthree\n")
    with pytest.raises(InputError, match="three"):
        READER.read(tmp_path / "a.npy", None)
    np.save(tmp_path / "a_energy.npy", BIAS)
    with pytest.raises(InputError, match="keep one of them"):
        READER.read(tmp_path / "a.npy", None)


@pytest.mark.parametrize("save", [np.save, np.savez, np.savez_compressed])
def test_damaged_files(tmp_path, save):
    path = tmp_path / ("a.npy" if save is np.save else "a.npz")
    save(path, DATA)
    (tmp_path / "damaged").mkdir()
    assert len(refusals(READER, path, tmp_path / "damaged", cuts(path))) == 40
    assert refusals(READER, path, tmp_path / "damaged", changes(path, head=128))
