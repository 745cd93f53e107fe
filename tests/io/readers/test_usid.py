import warnings

import h5py
import numpy as np
import pytest
from damaged_files import changes, cuts, refusals
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.usid import READER, recognises
from didymos.schema import InputError

DATA = np.random.default_rng(1).normal(size=(3, 4, 8)).astype(np.float32)
X, Y, BIAS = np.arange(4) * 0.5, np.arange(3) * 2.0, np.linspace(-1, 1, 8)
REFERENCE = h5py.ref_dtype


def grid(x=X, y=Y):
    """Indices and values of positions, x fastest."""
    rows, columns = np.meshgrid(np.arange(len(y)), np.arange(len(x)), indexing="ij")
    indices = np.stack([columns.ravel(), rows.ravel()], axis=1)
    return indices, np.stack([x[indices[:, 0]], y[indices[:, 1]]], axis=1)


def write(path, data, positions, spectra, names=("X", "Y"), spectral=("Bias",), units=("V",), name="Raw_Data"):
    """A main dataset as the specification of USID describes it."""
    with h5py.File(path, "a") as file:
        measurement = file.require_group("Measurement_000")
        measurement.attrs["timestamp"] = "2024_05_01-12_00_00"
        group = measurement.require_group("Channel_000")
        main = group.create_dataset(name, data=data)
        main.attrs.update({"quantity": "Current", "units": "nA"})
        for which, tables, labels, unit in (
            ("Position", positions, names, ["um"] * len(names)),
            ("Spectroscopic", spectra, spectral, list(units)),
        ):
            for what, values in zip(("Indices", "Values"), tables, strict=True):
                table = group.create_dataset(f"{name}_{which}_{what}", data=values)
                table.attrs.update({"labels": list(labels), "units": unit})
                main.attrs.create(f"{which}_{what}", table.ref, dtype=REFERENCE)
    return path


def sweep(values=BIAS):
    return np.arange(len(values))[None], np.asarray(values)[None]


def test_a_grid(tmp_path):
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), grid(), sweep())
    assert recognises(path)
    for lazy in (False, True):
        content = READER.read(path, lazy)
        array = content.arrays["Current (nA)"]
        assert array.dims == ("y", "x", "energy")
        assert_array_equal(array.values, DATA)
        assert_array_equal(array.x, X)
        assert_array_equal(array.y, Y)
        assert (array.x.attrs["units"], array.energy.attrs) == ("um", {"units": "V", "long_name": "Bias"})
    assert content.sweep_signal == "Bias (V)"
    assert content.attrs == {"start_time": "2024_05_01-12_00_00"}


def test_the_order_of_the_points_and_of_the_columns_does_not_matter(tmp_path):
    random = np.random.default_rng(2)
    rows, columns = random.permutation(12), random.permutation(8)
    indices, values = grid()
    data = DATA.reshape(12, 8)[rows][:, columns]
    spectra = tuple(table[:, columns] for table in sweep())
    for names, order in ((("X", "Y"), [0, 1]), (("Y", "X"), [1, 0])):
        positions = indices[rows][:, order], values[rows][:, order]
        path = write(tmp_path / f"{names[0]}.h5", data, positions, spectra, names)
        for lazy in (False, True):
            assert_array_equal(READER.read(path, lazy).arrays["Current (nA)"].values, DATA)


def test_points_off_a_lattice_stay_points(tmp_path):
    indices, values = grid()
    values = values + np.random.default_rng(3).uniform(0, 0.1, values.shape)
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), (indices, values), sweep())
    array = READER.read(path, None).arrays["Current (nA)"]
    assert array.dims == ("point", "energy")
    assert_array_equal(array.x.values, values[:, 0])
    assert_array_equal(array.y.values, values[:, 1])
    assert_array_equal(array.values, DATA.reshape(12, 8))


def test_a_triangle_is_forward_and_backward(tmp_path):
    bias = np.array([0, 1, 2, 1, 0, -1, -2, -1.0])
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), grid(), sweep(bias))
    arrays = READER.read(path, None).arrays
    assert list(arrays) == ["Current (nA)", "Current [bwd] (nA)"]
    assert_array_equal(arrays["Current (nA)"].energy, [-2, -1, 0, 1, 2])
    assert_array_equal(arrays["Current (nA)"].values, DATA[..., [6, 7, 0, 1, 2]])
    assert_array_equal(arrays["Current [bwd] (nA)"].energy, [2, 1, 0, -1, -2])
    assert_array_equal(arrays["Current [bwd] (nA)"].values, DATA[..., 2:7])


def test_cycles_are_channels(tmp_path):
    indices = np.array([[0, 1, 2, 3] * 2, [0] * 4 + [1] * 4])
    values = np.array([[-1.0, 0, 1, 2] * 2, [0.0] * 4 + [1.0] * 4])
    path = write(
        tmp_path / "a.h5", DATA.reshape(12, 8), grid(), (indices, values), spectral=("Bias", "Cycle"), units=("V", "")
    )
    arrays = READER.read(path, None).arrays
    assert list(arrays) == ["Current [Cycle 0] (nA)", "Current [Cycle 1] (nA)"]
    assert_array_equal(arrays["Current [Cycle 1] (nA)"].values, DATA[..., 4:])


def test_one_value_for_each_point_stands_beside_the_map(tmp_path):
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), grid(), sweep())
    write(path, DATA.reshape(12, 8)[:, :1], grid(), sweep([0.0]), name="Height")
    arrays = READER.read(path, None).arrays
    assert [array.dims for array in arrays.values()] == [("y", "x"), ("y", "x", "energy")]
    assert_array_equal(arrays["Current (nA)"].values, DATA[..., 0])


@pytest.mark.parametrize(
    ("positions", "spectra", "message"),
    [
        (grid(X[:3]), sweep(), r"_Indices has the shape \(9, 2\), .*Raw_Data \(12, 8\)"),
        (grid(), sweep(BIAS[:5]), r"_Indices has the shape \(1, 5\)"),
        (grid(), sweep([0, 1, 1, 2, 3, 4, 5, 6]), "holds 1 twice running"),
        (grid(), sweep([0, 1, 0, 1, 0, 1, 0, 1]), "turns 6 times"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, positions, spectra, message):
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), positions, spectra)
    with pytest.raises(InputError, match=message):
        READER.read(path, None)


def test_damaged_files(tmp_path):
    path = write(tmp_path / "a.h5", DATA.reshape(12, 8), grid(), sweep())
    (tmp_path / "damaged").mkdir()
    assert len(refusals(READER, path, tmp_path / "damaged", cuts(path))) == 40
    assert refusals(READER, path, tmp_path / "damaged", changes(path))


def test_a_file_of_pyusid(tmp_path, monkeypatch):
    usid = pytest.importorskip("pyUSID", reason="pyUSID is not installed")
    monkeypatch.setattr(np, "product", np.prod, raising=False)  # which pyUSID 0.0.12 still calls so
    positions = [usid.Dimension("X", "um", X), usid.Dimension("Y", "um", Y)]
    with h5py.File(tmp_path / "a.h5", "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        usid.hdf_utils.write_main_dataset(
            file.create_group("Measurement_000"), DATA.reshape(12, 8), "Raw", "Current", "nA", positions,
            [usid.Dimension("Bias", "V", BIAS)],
        )  # fmt: skip
    array = READER.read(tmp_path / "a.h5", None).arrays["Current (nA)"]
    assert_allclose(array.values, DATA)
    assert_allclose(array.x, X)
    assert_allclose(array.y, Y)
    assert_allclose(array.energy, BIAS)
