import sys

import h5py
import numpy as np
import pytest
import xarray as xr

from didymos.cli import main
from didymos.io import hdf5_check, open_map, open_result
from didymos.io.hdf5_check import check_hdf5
from didymos.schema import InputError


def write_map(path, seed=0):
    values = np.random.default_rng(seed).random((8, 8, 32)).astype(np.float32)
    coords = {"energy": ("energy", np.arange(32.0), {"units": "mV"})}
    array = xr.DataArray(values, dims=("y", "x", "energy"), coords=coords, name="spectra")
    encoding = {"spectra": {"chunksizes": (2, 2, 32), "zlib": True}}
    array.to_dataset().to_netcdf(path, engine="h5netcdf", encoding=encoding)
    return path


def with_endless_index(path):
    """Let the index of the chunks, a node of a B-tree, be its own right neighbour: the library walks in a circle."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("spectra", data=np.random.default_rng(0).random((8, 8, 32)), chunks=(2, 2, 32))
        data.attrs["units"] = "A"
    content = bytearray(path.read_bytes())
    node = content.index(b"TREE\x01")
    content[node + 16 : node + 24] = node.to_bytes(8, "little")
    path.write_bytes(content)
    return path


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(hdf5_check, "SECONDS", 1.0)


def test_a_file_on_which_the_library_never_ends(tmp_path, impatient, capsys):
    for suffix in (".nc", ".h5"):
        path = with_endless_index(tmp_path / f"endless{suffix}")
        with pytest.raises(InputError, match=rf"^endless\{suffix} cannot be read as HDF5 \(the library fails on it or"):
            open_map(path)
    assert main(["info", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    # the next file has a process that answers
    assert open_map(write_map(tmp_path / "sound.nc")).shape == (8, 8, 32)


def test_a_library_that_ends_the_process(tmp_path, monkeypatch):
    script = tmp_path / "walk.py"
    script.write_text("import os, sys\nsys.stdin.readline()\nos.abort()\n")
    monkeypatch.setattr(hdf5_check, "WALK", script)
    monkeypatch.setattr(hdf5_check, "_WALKER", hdf5_check._Walker())
    with pytest.raises(InputError, match=r"map\.nc cannot be read as HDF5 \(the library fails on it"):
        check_hdf5(write_map(tmp_path / "map.nc"))


def test_without_a_process_to_ask_files_are_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    monkeypatch.setattr(hdf5_check, "_WALKER", hdf5_check._Walker())
    assert open_map(write_map(tmp_path / "map.nc")).shape == (8, 8, 32)


def test_a_sound_file_is_walked_through_once(tmp_path, monkeypatch):
    path, asked = write_map(tmp_path / "map.nc"), []
    ask = hdf5_check._Walker.ask

    def counted(self, *given):
        asked.append(given)
        return ask(self, *given)

    monkeypatch.setattr(hdf5_check._Walker, "ask", counted)
    open_map(path)
    open_map(path)
    assert len(asked) == 1
    write_map(path, seed=1).touch()
    open_map(path)
    assert len(asked) == 2


def linked(path, other):
    with h5py.File(path, "a") as file:
        file["elsewhere"] = h5py.ExternalLink(str(other), "/spectra")


def raw(path, other):
    with h5py.File(path, "a") as file:
        file.create_dataset("raw", (4, 4), "f4", external=[(str(other), 0, 64)])


def virtual(path, other):
    layout = h5py.VirtualLayout((8, 8, 32), "f4")
    layout[:] = h5py.VirtualSource(str(other), "spectra", (8, 8, 32))
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("virtual", layout)


@pytest.mark.parametrize("lead", [linked, raw, virtual])
def test_the_bytes_of_another_file_never_become_a_map(tmp_path, lead):
    other = write_map(tmp_path / "secret.nc")
    path = write_map(tmp_path / "map.nc", seed=1)
    lead(path, other)
    for reads in (open_map, open_result):
        with pytest.raises(InputError, match=r"another file, which is not followed: copy"):
            reads(path)


def test_cut_files_and_others(tmp_path):
    content = write_map(tmp_path / "map.nc").read_bytes()
    for end in range(100, len(content) - 8, len(content) // 20):
        (tmp_path / "cut.nc").write_bytes(content[:end])
        with pytest.raises(InputError, match=r"cut\.nc cannot be read as HDF5 \(.*\): it is damaged or incomplete"):
            check_hdf5(tmp_path / "cut.nc")
    (tmp_path / "text.nc").write_text("no HDF5")
    check_hdf5(tmp_path / "text.nc")
