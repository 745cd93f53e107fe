import hashlib
import os
import sys

import numpy as np
import pytest
from nanonis_writer import GridFile

from didymos.io import describe, file_sha256, open_map
from didymos.schema import InputError


def test_missing_files_and_unknown_suffixes(tmp_path):
    with pytest.raises(InputError, match=r"gone\.3ds does not exist: check the name"):
        open_map(tmp_path / "gone.3ds")
    (tmp_path / "map.docx").write_text("a")
    with pytest.raises(InputError, match=r"suffix '\.docx'; didymos opens Nanonis grid \(\.3ds\), netCDF \(\.nc, "):
        open_map(tmp_path / "map.docx")
    with pytest.raises(InputError, match=r"does not exist|no path that can be opened"):
        open_map("a\0b.3ds")


def test_the_suffix_in_any_case(tmp_path):
    assert open_map(str(GridFile().write(tmp_path / "GRID.3DS"))).shape == (3, 4, 8)


@pytest.mark.skipif(
    sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all"
)
def test_a_file_that_may_not_be_read(tmp_path):
    path = GridFile().write(tmp_path / "grid.3ds")
    path.chmod(0)
    with pytest.raises(InputError, match=r"cannot be opened \(Permission denied\): check"):
        open_map(path)


def test_what_is_in_a_grid(tmp_path):
    grid = GridFile(channels=("Current (A)", "LI Demod 1 X (A)", "Current [bwd] (A)"), angle=45.0)
    grid.spectra[0, 1, 1, 3:] = np.nan
    path = grid.write(tmp_path / "grid.3ds", keep_records=10)
    info = describe(path)
    assert (info.file, info.format, info.size) == ("grid.3ds", "Nanonis grid", path.stat().st_size)
    assert (info.complete, info.partial, info.missing) == (9, 1, 2)
    assert [(c.name, c.chosen, c.twin) for c in info.channels] == [
        ("Current (A)", False, "Current [bwd] (A)"),
        ("LI Demod 1 X (A)", True, None),
        ("Current [bwd] (A)", False, "Current (A)"),
    ]
    assert info.channel == "LI Demod 1 X (A)"
    assert [(a.name, a.units, a.size) for a in info.axes] == [("energy", "mV", 8), ("x", "m", 4), ("y", "m", 3)]
    rows = dict(info.rows())
    assert rows["energy"] == "8 points, -500 to 500 mV"
    assert rows["x"] == "4 points, 1 to 7 nm"
    assert rows["spectra"] == "9 complete, 1 partial, 2 missing"
    assert rows["sweep direction"] == "up"
    assert rows["frame center"] == "30 x -20 nm"
    assert rows["frame angle"] == "45°"
    assert ("channel", "Current (A)  (other direction: Current [bwd] (A))") in info.rows()
    assert ("", "LI Demod 1 X (A)  <- read") in info.rows()
    assert not any("\n" in text for _, text in info.rows())


def test_what_is_in_a_netcdf_file_and_in_a_zarr_store(tmp_path):
    array = open_map(GridFile().write(tmp_path / "grid.3ds"))
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    array.to_zarr(tmp_path / "map.zarr", consolidated=False)
    for name, kind in (("map.nc", "netCDF"), ("map.zarr", "zarr")):
        info = describe(tmp_path / name)
        assert (info.format, info.channel, info.complete) == (kind, "spectra", 12)
        assert info.size > 0


def test_the_hash_of_a_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_sha256(path) == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(InputError, match="cannot be opened"):
        file_sha256(tmp_path / "gone")


def test_the_hash_of_a_folder_knows_names_and_contents(tmp_path):
    def folder(name, **files):
        (tmp_path / name / "sub").mkdir(parents=True)
        for file, text in files.items():
            (tmp_path / name / "sub" / file).write_text(text)
        return file_sha256(tmp_path / name)

    same = folder("one", a="1", b="2")
    assert folder("two", b="2", a="1") == same
    assert len({same, folder("three", a="1", b="3"), folder("four", a="1", c="2"), folder("five", a="12", b="")}) == 4


def point_spectrum(path, x, values):
    table = "\n".join(f"{bias:.3f}\t{value:.4E}" for bias, value in zip((-0.1, 0.0, 0.1), values, strict=True))
    path.write_text(
        f"Experiment\tbias spectroscopy\t\nX (m)\t{x:.3E}\t\nY (m)\t0\t\n\n[DATA]\nBias (V)\tCurrent (A)\n{table}\n"
    )
    return path


def test_several_files_of_point_spectra_are_one_map(tmp_path):
    files = [point_spectrum(tmp_path / f"spec_{index}.dat", index * 1e-9, [index, 2.0, 5.0]) for index in range(3)]
    (tmp_path / "other.dat").write_text("no spectrum")
    for named in (files, tuple(map(str, files)), tmp_path / "spec_*.dat", str(tmp_path / "spec_?.dat")):
        array = open_map(named, channel="Current")
        assert array.dims == ("point", "energy")
        assert array.x.values.tolist() == [0.0, 1e-9, 2e-9]
        assert array.values[:, 0].tolist() == [0.0, 1.0, 2.0]
    assert describe(tmp_path / "spec_*.dat").size == sum(file.stat().st_size for file in files)
    first = file_sha256(tmp_path / "spec_*.dat")
    point_spectrum(files[1], 1e-9, [7, 7, 8])
    assert file_sha256(tmp_path / "spec_*.dat") != first
    with pytest.raises(InputError, match=r"nothing_\*\.dat does not exist"):
        open_map(tmp_path / "nothing_*.dat")
    with pytest.raises(InputError, match="the list of files is empty"):
        open_map([])
