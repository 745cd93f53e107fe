import re
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import didymos.io.readers.registry as registry
from didymos.io import Content, Reader, describe, known_readers, open_map, skipped_readers
from didymos.io.readers.registry import check_packages, reader_of, suffixes
from didymos.schema import InputError

SOURCE = Path(registry.__file__).parent


def content(path, lazy):
    values = np.arange(24.0).reshape(2, 3, 4)
    array = xr.DataArray(values, dims=("Y", "X", "Bias"), coords={"Bias": ("Bias", np.arange(4.0), {"units": "V"})})
    return Content({"dI/dV (S)": array, "topography": array[..., 0].drop_vars("Bias")}, {"comment": path.read_text()})


OTHER = Reader("Laboratory format", (".lab",), content)


@pytest.fixture
def plugins(monkeypatch):
    """Entry points by name and what they load."""
    found: dict[str, object] = {}
    module = types.ModuleType("laboratory_readers")
    monkeypatch.setitem(sys.modules, "laboratory_readers", module)

    def points(group):
        assert group == "didymos.readers"
        return [EntryPoint(name, f"laboratory_readers:{name}", group) for name in found]

    monkeypatch.setattr(registry, "entry_points", points)
    registry._readers.cache_clear()

    def add(**values):
        found.update(values)
        for name, value in values.items():
            setattr(module, name, value)
        registry._readers.cache_clear()

    yield add
    registry._readers.cache_clear()


def test_another_package_brings_a_reader(tmp_path, plugins):
    plugins(lab=OTHER)
    path = tmp_path / "map.LAB"
    path.write_text("a note")
    array = open_map(path)
    assert (array.dims, array.attrs["units"], array.attrs["comment"]) == (("y", "x", "energy"), "S", "a note")
    assert array.topography.dims == ("y", "x")
    info = describe(path)
    assert (info.format, info.channel) == ("Laboratory format", "dI/dV (S)")


def test_what_gives_no_reader_is_skipped_and_named(tmp_path, plugins):
    plugins(nonsense=3, again=Reader("netCDF", (".lab",), content), lab=OTHER)
    assert "Laboratory format" in known_readers()
    assert skipped_readers()["nonsense"] == (
        "laboratory_readers:nonsense does not load: TypeError: it is a int, allowed is a didymos.io.Reader"
    )
    assert "is called netCDF as another is" in skipped_readers()["again"]


def test_every_reader_has_what_the_documentation_needs():
    names = [reader.name for reader in known_readers().values()]
    assert len(set(names)) == len(names)
    for reader in known_readers().values():
        assert reader.suffixes or reader.recognises
        assert all(re.fullmatch(r"[._][\w.()-]+", suffix) and suffix == suffix.lower() for suffix in reader.suffixes)
        assert reader.holds.endswith(".")
        assert reader.tested_on.endswith(".")


def test_every_file_with_a_reader_is_in_the_registry():
    written = {path.stem for path in SOURCE.glob("*.py") if re.search(r"^READER\b", path.read_text("utf-8"), re.M)}
    assert written == set(registry.BUILT_IN)


def test_a_package_that_is_missing_is_named_with_what_installs_it(tmp_path):
    reader = Reader("Rare format", (".rare",), content, packages={"no_such_module": "no-such-package"})
    with pytest.raises(InputError, match=r"^Rare format is read through no-such-package, which is not installed: pip "):
        check_packages(reader)
    check_packages(Reader("Plain", (".x",), content, packages={"numpy": "numpy"}))


def test_a_file_of_no_known_format(tmp_path):
    (tmp_path / "map.3dz").write_bytes(b"1")
    with pytest.raises(InputError, match=r"map\.3dz has the suffix '\.3dz'; did you mean '\.3ds'\?; didymos opens"):
        open_map(tmp_path / "map.3dz")
    with pytest.raises(InputError, match=rf"^{tmp_path.name} is a folder that no reader knows"):
        reader_of(tmp_path)


def test_a_name_that_is_nearly_right(tmp_path):
    (tmp_path / "map.3ds").write_bytes(b"1")
    with pytest.raises(InputError, match=r"maap\.3ds does not exist; did you mean 'map\.3ds'\?: check the name"):
        open_map(tmp_path / "maap.3ds")


@pytest.mark.parametrize("wrong", [None, 3, np.zeros(3)])
def test_what_is_no_path(wrong):
    with pytest.raises(InputError, match=r"^a path is (?:None|an? [\w ]+(?:\(3,\))?); allowed is the name of a file"):
        open_map(wrong)


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"^{tmp_path.name} is a folder"):
        open_map(".")


def test_every_suffix_has_a_format():
    assert suffixes()[".3ds"] == "Nanonis grid"
    assert suffixes()[".zip"].startswith("zarr")
