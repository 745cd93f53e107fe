"""Compiled code on disk: a second process finds it, and nothing that is wrong with it is noticed."""

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from didymos.twin.training import compile_cache
from didymos.twin.training.compile_cache import cache_folder, with_kept_code

RUN = """
import logging, sys
import jax, jax.numpy as jnp
from didymos.twin.training.compile_cache import with_kept_code
logging.getLogger("jax._src.compiler").setLevel(logging.DEBUG)
seen = []
handler = logging.Handler()
handler.emit = lambda record: seen.append(record.getMessage())
logging.getLogger("jax._src.compiler").addHandler(handler)
# earlier versions of JAX print what they are told to log
logging.getLogger("jax._src.compiler").propagate = False
made = with_kept_code(lambda: jax.jit(lambda x: jnp.sin(x) @ jnp.cos(x)).lower(jnp.ones((3, 3))).compile())
print("hit" if any("cache hit" in text.lower() for text in seen) else "miss", float(made(jnp.ones((3, 3)))[0, 0]))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of compiled code of its own, in which all code is kept."""
    monkeypatch.setenv("DIDYMOS_CACHE", str(tmp_path / "code"))
    monkeypatch.setattr(compile_cache, "SHORTEST", 0.0)
    return tmp_path / "code"


def program(size):
    """Compile a function of its own and return its value for ones."""
    inputs = jnp.ones((size, size))
    return jax.jit(lambda x: jnp.tanh(x) @ x).lower(inputs).compile()(inputs)


def configured():
    names = ("compilation_cache_dir", "raise_persistent_cache_errors", "persistent_cache_min_compile_time_secs")
    return [getattr(jax.config, f"jax_{name}") for name in names]


def entries(folder):
    return sorted(folder.rglob("*-cache"))


def test_code_is_kept_in_the_folder_and_jax_is_as_before(folder):
    before = configured()
    value = with_kept_code(lambda: program(11))
    assert len(entries(folder)) >= 1
    assert configured() == before
    number = len(entries(folder))
    program(12)  # what others compile is not kept
    assert len(entries(folder)) == number
    np.testing.assert_array_equal(value, with_kept_code(lambda: program(11)))


def test_damaged_code_is_thrown_away_without_a_word(folder):
    first = with_kept_code(lambda: program(13))
    for path in entries(folder):
        path.write_bytes(path.read_bytes()[:50])
    jax.clear_caches()
    np.testing.assert_array_equal(with_kept_code(lambda: program(13)), first)
    assert not any(path.stat().st_size == 50 for path in entries(folder))


def test_an_error_of_the_compilation_itself_is_told(folder):
    def fail():
        raise ValueError("no program")

    with pytest.raises(ValueError, match="no program"):
        with_kept_code(fail)


@pytest.mark.parametrize("wanted", ["none", "", " None "])
def test_no_code_is_kept_where_the_user_wants_none(folder, monkeypatch, wanted):
    monkeypatch.setenv("DIDYMOS_CACHE", wanted)
    assert cache_folder() is None
    with_kept_code(lambda: program(14))
    assert not folder.exists()


def test_a_folder_given_to_jax_is_left_alone(folder, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    try:
        with_kept_code(lambda: program(15))
    finally:
        jax.config.update("jax_compilation_cache_dir", None)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("DIDYMOS_CACHE", str(tmp_path / "file"))
    with_kept_code(lambda: program(16))
    assert (tmp_path / "file").read_text() == "mine"


def test_the_folder_is_that_of_the_platform(monkeypatch, tmp_path):
    monkeypatch.delenv("DIDYMOS_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "didymos"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "didymos"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    assert cache_folder() == tmp_path / ".cache" / "didymos"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "didymos"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder() == tmp_path / "local" / "didymos"


def test_the_next_process_finds_the_code(tmp_path):
    code = RUN.replace(
        "made =", "from didymos.twin.training import compile_cache\ncompile_cache.SHORTEST = 0.0\nmade ="
    )
    environment = {**os.environ, "DIDYMOS_CACHE": str(tmp_path)}
    done = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=300)
        for _ in range(2)
    ]
    assert [run.returncode for run in done] == [0, 0], done[0].stderr + done[1].stderr
    (first, value), (second, again) = (run.stdout.split() for run in done)
    assert (first, second) == ("miss", "hit")
    assert value == again


def test_two_processes_write_at_once(tmp_path):
    environment = {**os.environ, "DIDYMOS_CACHE": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RUN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], answers
    assert answers[0][0].split()[1] == answers[1][0].split()[1]
    assert [error for _, error in answers] == ["", ""]
