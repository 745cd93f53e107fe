"""What may stand in the folder that a result is written into."""

import pytest
import xarray as xr

from didymos.io import file_sha256, save_result
from didymos.io.folders import check_out
from didymos.schema import InputError

OWNED = ["report.html", "results.nc", "figures/score_map.png"]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "map.3ds"
    path.write_bytes(b"a map")
    return path


def result_of(path, sha256, folder, name="results.nc"):
    folder.mkdir(exist_ok=True)
    save_result(xr.Dataset(attrs={"input_file": path, "input_sha256": sha256}), folder / name)


def test_a_new_or_empty_folder_is_taken(source, tmp_path):
    check_out(tmp_path / "new" / "folder", source, OWNED)
    assert not (tmp_path / "new").exists()
    (tmp_path / "empty").mkdir()
    check_out(tmp_path / "empty", source, OWNED)


@pytest.mark.parametrize("name", ["results.nc", "results.zarr", "comparison.nc"])
def test_the_result_of_the_same_file_may_be_replaced(name, source, tmp_path):
    result_of("renamed.3ds", file_sha256(source), tmp_path / "out", name)
    check_out(tmp_path / "out", source, OWNED)


@pytest.mark.parametrize("name", ["results.nc", "results.zarr", "comparison.nc"])
def test_the_result_of_another_file_is_kept(name, source, tmp_path):
    out = tmp_path / "out"
    result_of("other.3ds", "0" * 64, out, name)
    with pytest.raises(InputError, match=f"holds the result of 'other.3ds' .{name}.: choose .* or add --overwrite"):
        check_out(out, source, OWNED)
    check_out(out, source, OWNED, overwrite=True)


def test_another_file_of_the_same_name_is_another_input(source, tmp_path):
    result_of("map.3ds", "0" * 64, tmp_path / "out")
    with pytest.raises(InputError, match=r"the result of another file called 'map.3ds'"):
        check_out(tmp_path / "out", source, OWNED)


def test_a_result_that_does_not_name_its_input_is_kept(source, tmp_path):
    (tmp_path / "out").mkdir()
    save_result(xr.Dataset(), tmp_path / "out" / "results.nc")
    with pytest.raises(InputError, match="holds the result of an unknown input"):
        check_out(tmp_path / "out", source, OWNED)


def test_what_cannot_be_read_is_kept(source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "results.nc").write_text("mine")
    with pytest.raises(InputError, match="cannot be read as a result of didymos") as error:
        check_out(out, source, OWNED)
    assert "\n" not in str(error.value)


def test_a_file_of_the_user_with_one_of_our_names_is_kept(source, tmp_path):
    out = tmp_path / "out"
    (out / "figures").mkdir(parents=True)
    (out / "notes.txt").write_text("mine")
    check_out(out, source, OWNED)  # other files are in nobody's way
    (out / "figures" / "score_map.png").write_text("mine")
    with pytest.raises(InputError, match=r"holds figures/score_map.png and no result of didymos"):
        check_out(out, source, OWNED)
    check_out(out, source, OWNED, overwrite=True)


def test_an_input_that_is_made_in_the_folder_is_known_by_its_name(tmp_path):
    result_of("surface.nc", "0" * 64, tmp_path / "out")
    check_out(tmp_path / "out", None, ["surface.nc"])
    result_of("map.3ds", "0" * 64, tmp_path / "out")
    with pytest.raises(InputError, match=r"holds the result of 'map.3ds'"):
        check_out(tmp_path / "out", None, ["surface.nc"])


def test_a_file_is_no_folder(source, tmp_path):
    with pytest.raises(InputError, match="is a file, not a folder"):
        check_out(source, source, OWNED, overwrite=True)
