import sys

import pytest

from didymos.io import replacing
from didymos.io.atomic import check_folder, make_folder
from didymos.schema import InputError


def test_the_file_is_there_at_the_end_and_nothing_else(tmp_path):
    target = tmp_path / "new" / "table.csv"
    with replacing(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".csv"
        temporary.write_text("a")
        assert not target.exists()
    assert target.read_text() == "a"
    assert [path.name for path in target.parent.iterdir()] == ["table.csv"]


def test_a_failure_leaves_the_old_file(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def fail():
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]


def test_an_old_file_is_replaced(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")
    with replacing(target) as temporary:
        temporary.write_text("new")
    assert target.read_text() == "new"


def write(target):
    with replacing(target) as temporary:
        temporary.write_text("a")


def test_folders_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"is a folder; a file is to be written there"):
        write(tmp_path)
    (tmp_path / "file").write_text("a")
    with pytest.raises(InputError, match=r"cannot write .*out\.csv: .*; choose another folder or name") as caught:
        write(tmp_path / "file" / "out.csv")
    assert "\n" not in str(caught.value)


def test_an_error_about_another_file_is_not_called_an_error_of_writing(tmp_path):
    def copy():
        with replacing(tmp_path / "out.csv") as temporary:
            temporary.write_text((tmp_path / "gone.csv").read_text())

    with pytest.raises(FileNotFoundError):
        copy()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of other systems have other limits")
def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(InputError, match="cannot write"):
        write(tmp_path / ("a" * 300))


def test_writing_nothing_is_an_error(tmp_path):
    with pytest.raises(InputError, match="nothing was written"), replacing(tmp_path / "table.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_refused_without_being_made(tmp_path):
    (tmp_path / "taken").write_text("mine")
    check_folder(tmp_path / "new" / "deeper")
    assert not (tmp_path / "new").exists()
    for name in ("taken", "taken/below"):
        with pytest.raises(InputError, match="is a file, not a folder") as refused:
            check_folder(tmp_path / name)
        assert "\n" not in str(refused.value)
    make_folder(tmp_path / "new" / "deeper")
    assert (tmp_path / "new" / "deeper").is_dir()
    with pytest.raises(InputError, match="cannot be made"):
        make_folder(tmp_path / "taken" / "below")
