"""Folders that are replaced as a whole: a run that fails or is killed leaves all old or all new."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from didymos.io import atomic, staging
from didymos.io.staging import MARK, finish, staged
from didymos.schema import InputError

OWNED = ["a.txt", "b.txt", "part/c.txt", "old.txt", "store.zarr"]


def write(folder, text, names=("a.txt", "b.txt", "part/c.txt")):
    with staged(folder, OWNED) as stage:
        for name in names:
            path = stage / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)


def fail(folder, error):
    with staged(folder, OWNED) as stage:
        (stage / "a.txt").write_text("two")
        raise error


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def whole(text):
    return {"a.txt": text, "b.txt": text, "part/c.txt": text}


def test_a_folder_is_replaced_and_other_files_stay(tmp_path):
    folder = tmp_path / "new" / "folder"
    write(folder, "one")
    assert content(folder) == whole("one")
    (folder / "notes.txt").write_text("mine")
    (folder / "part" / "mine.txt").write_text("mine")
    (folder / "old.txt").write_text("of a run before")
    write(folder, "two", ["a.txt", "part/c.txt"])
    mine = {"notes.txt": "mine", "part/mine.txt": "mine"}
    assert content(folder) == {"a.txt": "two", "part/c.txt": "two", **mine}


def test_a_store_is_replaced_as_one(tmp_path):
    for text, names in (("one", ["zarr.json", "x"]), ("two", ["zarr.json"])):
        write(tmp_path, text, [f"store.zarr/{name}" for name in names])
    assert content(tmp_path) == {"store.zarr/zarr.json": "two"}
    write(tmp_path, "three")
    assert content(tmp_path) == whole("three")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_everything_as_it_was(error, tmp_path):
    write(tmp_path, "one")
    with pytest.raises(error):
        fail(tmp_path, error())
    assert content(tmp_path) == whole("one")


def test_a_disk_that_is_full_is_one_line(tmp_path):
    write(tmp_path, "one")
    with pytest.raises(InputError, match=r"cannot write .*: No space left"):
        fail(tmp_path, OSError(28, "No space left on device"))
    assert content(tmp_path) == whole("one")


@pytest.mark.parametrize("renames", range(4))
def test_what_is_killed_between_the_renames_is_finished_by_the_next_run(renames, tmp_path, monkeypatch):
    write(tmp_path, "one")
    (tmp_path / "old.txt").write_text("of a run before")
    done: list[object] = []

    def put(temporary, target, rename=atomic.put):
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(target)
        rename(temporary, target)

    def removed(path, remove=atomic.remove):
        if renames == 3:
            raise KeyboardInterrupt
        remove(path)

    monkeypatch.setattr(staging, "put", put)
    monkeypatch.setattr(staging, "remove", removed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, "two")
    monkeypatch.undo()
    # this process is alive: another one would leave the rest to it
    finish(tmp_path)
    assert any(tmp_path.glob(f"{MARK}*"))
    monkeypatch.setattr(staging, "_is_alive", lambda stage: False)
    finish(tmp_path)
    assert content(tmp_path) == whole("two")


@pytest.mark.parametrize("owner", ["", "{", "[]", "{}"])
def test_what_dead_runs_have_left_is_removed(owner, tmp_path):
    write(tmp_path, "one")
    left = tmp_path / f"{MARK}0123"
    left.mkdir()
    (left / "owner.json").write_text(owner)
    (left / "a.txt").write_text("two")
    write(tmp_path, "three")
    assert content(tmp_path) == whole("three")


def test_what_a_living_run_makes_stays(tmp_path):
    with staged(tmp_path, OWNED) as stage:
        (stage / "a.txt").write_text("one")
        write(tmp_path, "two")
        assert stage.is_dir()
    assert content(tmp_path) == {"a.txt": "one"}


def test_what_another_machine_makes_stays_for_a_day(tmp_path):
    left = tmp_path / f"{MARK}0123"
    left.mkdir()
    (left / "owner.json").write_text(json.dumps({"host": "another machine", "process": 1, "started": 0}))
    finish(tmp_path)
    assert left.is_dir()
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    finish(tmp_path)
    assert not left.exists()


KILLED = """
import sys, time
from pathlib import Path
from didymos.io.staging import staged
print("ready", flush=True)
for text in range(10_000):
    with staged(Path(sys.argv[1]), ["a.txt", "b.txt", "part/c.txt"]) as stage:
        (stage / "part").mkdir()
        for name in ("a.txt", "b.txt", "part/c.txt"):
            (stage / name).write_text(str(text))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_run_that_is_killed_at_any_moment_leaves_all_old_or_all_new(tmp_path):
    for moment in range(12):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.02 + 0.0037 * moment)
            process.send_signal(signal.SIGKILL)
        finish(tmp_path)
        found = content(tmp_path)
        assert set(found) in ({"a.txt", "b.txt", "part/c.txt"}, set())
        assert len(set(found.values())) <= 1
