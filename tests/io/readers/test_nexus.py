import importlib.util

import h5py
import numpy as np
import pytest
from damaged_files import changes, cuts, refusals
from numpy.testing import assert_array_equal

from didymos.io.readers.nexus import READER, recognises
from didymos.schema import InputError

DATA = np.random.default_rng(1).normal(size=(3, 4, 8))
AXES = {
    "y": (np.arange(3) * 2.0, "nm"),
    "x": (np.arange(4) * 0.5, "nm"),
    "bias": (np.linspace(-1, 1, 8), "V"),
}


def write(path, data=DATA, axes=AXES, name="data", signal="didv", **attrs):
    """An entry with a group of data, as the NeXus standard describes it."""
    with h5py.File(path, "a") as file:
        file.attrs.update({"NX_class": "NXroot", "default": "entry"})
        entry = file.require_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "data"})
        if "title" not in entry:
            entry["title"], entry["start_time"] = "a map", "2024-05-01T12:00:00"
        group = entry.create_group(name)
        group.attrs.update({"NX_class": "NXdata", "signal": signal, "axes": list(axes)} | attrs)
        group.create_dataset(signal, data=data).attrs["units"] = "nS"
        for key, (values, units) in axes.items():
            if values is not None:
                group.create_dataset(key, data=values).attrs["units"] = units
    return path


def test_the_default_signal_and_its_axes(tmp_path):
    path = write(tmp_path / "a.nxs")
    assert recognises(path)
    for lazy in (False, True):
        content = READER.read(path, lazy)
        assert content.sweep_signal == "Bias (V)"
        assert content.preferred == "didv (nS)"
        assert content.attrs == {"title": "a map", "start_time": "2024-05-01T12:00:00"}
        array = content.arrays["didv (nS)"]
        assert array.dims == ("y", "x", "energy")
        assert_array_equal(array.values, DATA)
        assert_array_equal(array.x, AXES["x"][0])
        assert array.x.attrs == {"units": "nm", "long_name": "x"}
        assert array.energy.attrs == {"units": "V", "long_name": "bias"}


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2), (1, 2, 0)])
def test_the_order_of_the_axes_does_not_matter(tmp_path, order):
    names = list(AXES)
    path = write(tmp_path / "a.nxs", DATA.transpose(order), {names[i]: AXES[names[i]] for i in order})
    array = READER.read(path, None).arrays["didv (nS)"]
    assert_array_equal(array.transpose("y", "x", "energy").values, DATA)


def test_the_default_plot_goes_before_other_groups(tmp_path):
    path = write(tmp_path / "a.nxs", DATA + 1, name="another")
    write(path)
    content = READER.read(path, None)
    assert (content.preferred, content.why_preferred) == ("didv (nS)", "the default signal of the file")
    assert_array_equal(content.arrays["didv (nS)"].values, DATA)
    assert_array_equal(content.arrays["didv 2 (nS)"].values, DATA + 1)


def test_indices_of_axes_edges_of_bins_and_auxiliary_signals(tmp_path):
    axes = {"bias": (np.linspace(-1, 1, 9), "V"), "y": AXES["y"], "x": AXES["x"]}
    path = write(
        tmp_path / "a.nxs", axes=axes, bias_indices=[2], y_indices=[0], x_indices=[1], auxiliary_signals=["current"]
    )
    with h5py.File(path, "a") as file:
        file["entry/data/current"] = DATA - 1
    arrays = READER.read(path, None).arrays
    assert_array_equal(arrays["didv (nS)"].values, DATA)
    assert_array_equal(arrays["didv (nS)"].energy, np.linspace(-0.875, 0.875, 8))
    assert_array_equal(arrays["current"].values, DATA - 1)


def test_the_old_marks_of_signal_and_axes(tmp_path):
    path = write(tmp_path / "a.nxs")
    with h5py.File(path, "a") as file:
        group = file["entry/data"]
        del group.attrs["signal"], group.attrs["axes"]
        group["didv"].attrs.update({"signal": "1", "axes": "y:x:bias"})
    assert_array_equal(READER.read(path, None).arrays["didv (nS)"].values, DATA)
    with h5py.File(path, "a") as file:
        del file["entry/data/didv"].attrs["axes"]
        for i, name in enumerate(AXES):
            file["entry/data"][name].attrs["axis"] = i + 1
    assert READER.read(path, None).arrays["didv (nS)"].dims == ("y", "x", "energy")


def test_a_sweep_up_and_down_is_two_channels(tmp_path):
    axes = AXES | {"bias": (np.array([-1, 0, 1, 2, 2, 1, 0, -1.0]), "V")}
    arrays = READER.read(write(tmp_path / "a.nxs", axes=axes), None).arrays
    assert list(arrays) == ["didv (nS)", "didv [bwd] (nS)"]
    assert_array_equal(arrays["didv [bwd] (nS)"].values, DATA[..., 4:])


def test_links_inside_are_followed_and_those_to_other_files_are_not(tmp_path):
    path = write(tmp_path / "a.nxs")
    with h5py.File(path, "a") as file:
        group = file["entry/data"]
        file["raw"] = DATA + 2
        del group["didv"]
        group["didv"] = h5py.SoftLink("/raw")
    assert_array_equal(READER.read(path, None).arrays["didv"].values, DATA + 2)
    other = write(tmp_path / "b.nxs")
    with h5py.File(path, "a") as file:
        del file["entry/data/didv"]
        file["entry/data/didv"] = h5py.ExternalLink(str(other), "/entry/data/didv")
    with pytest.raises(InputError, match="'didv' is a link to another file, which is not followed"):
        READER.read(path, None)
    with h5py.File(path, "a") as file:
        del file["entry/data/didv"]
        file["entry/data/didv"] = h5py.SoftLink("/entry/data/didv")
    with pytest.raises(InputError, match="leads nowhere"):
        READER.read(path, None)


@pytest.mark.parametrize(
    ("changes_", "message"),
    [
        ({"axes": AXES | {"bias": (np.arange(5), "V")}}, "'bias' has 5 values for 8"),
        ({"axes": AXES | {"bias": (None, "V")}}, "there is no axis 'bias'"),
        ({"axes": AXES | {"bias": (np.zeros((8, 2)), "V")}}, "allowed is a list of numbers"),
        ({"data": np.zeros((3, 4, 8), dtype="S3")}, "allowed are numbers"),
        ({"data": DATA[0, 0], "axes": {"bias": AXES["bias"]}}, "a map has two or three axes"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, changes_, message):
    with pytest.raises(InputError, match=message):
        READER.read(write(tmp_path / "a.nxs", **changes_), None)


def test_a_name_of_several_lines_makes_a_message_of_one(tmp_path):
    path = write(tmp_path / "a.nxs", axes=AXES | {"bias": (np.array([0, 1, 0, 1, 0, 1, 0, 1.0]), "V")})
    with h5py.File(path, "a") as file:
        file["entry/data/bias"].attrs["long_name"] = "a\nb" + 9999 * "c"
    with pytest.raises(InputError) as caught:
        READER.read(path, None)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_damaged_files(tmp_path):
    path = write(tmp_path / "a.nxs")
    (tmp_path / "damaged").mkdir()
    assert len(refusals(READER, path, tmp_path / "damaged", cuts(path))) == 40
    assert refusals(READER, path, tmp_path / "damaged", changes(path))


@pytest.mark.skipif(not importlib.util.find_spec("rsciio"), reason="RosettaSciIO is not installed")
def test_a_file_of_rosettasciio(tmp_path):
    from hyperspy_signals import signal, write_signal

    data = DATA.astype(np.float32)
    write_signal("nexus", tmp_path / "a.nxs", signal(data))
    (array,) = READER.read(tmp_path / "a.nxs", None).arrays.values()
    assert_array_equal(array.values, data)
    assert array.energy.attrs == {"units": "eV", "long_name": "Energy loss"}
    assert array.x.attrs["units"] == "nm"
