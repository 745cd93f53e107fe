"""The command `didymos explore`, as somebody types it."""

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from didymos import save_result
from didymos.cli import main

sys.path.append(str(Path(__file__).parents[1] / "plots"))
from result_builder import build_result

COMMAND = [sys.executable, "-c", "import sys; from didymos.cli import main; sys.exit(main())", "explore"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a result."""
    path = tmp_path_factory.mktemp("result")
    save_result(build_result(energies=16), path / "results.nc")
    return path


def test_a_folder_without_a_result_is_refused_in_one_line(tmp_path, capsys):
    for wrong in (tmp_path, tmp_path / "nowhere", tmp_path / "nowhere.nc"):
        assert main(["explore", str(wrong)]) == 2
        said, error = capsys.readouterr()
        assert said == ""
        assert error.startswith(f"didymos: {wrong}")
        assert error.count("\n") == 1


@pytest.mark.parametrize("port", ["99999", "-1", "65536"])
def test_a_port_that_there_is_not_is_refused_in_one_line(folder, port, capsys):
    assert main(["explore", str(folder), "--port", port]) == 2
    assert capsys.readouterr().err == f"didymos: port is {port}; allowed are 0 (any free port) to 65535\n"


def test_a_damaged_session_is_refused_in_one_line(tmp_path, capsys):
    save_result(build_result(energies=16), tmp_path / "results.nc")
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "session.json").write_text("[" * 100_000)
    assert main(["explore", str(tmp_path), "--no-browser"]) == 2
    error = capsys.readouterr().err
    assert "remove it" in error
    assert error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_it_prints_its_address_serves_and_stops_in_one_line(folder):
    # a test that runs in the background of a shell inherits that this signal is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [*COMMAND, str(folder), "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        address = process.stdout.readline()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address.strip(), timeout=120) as page:
            assert "Teach by pointing" in page.read().decode()
        process.send_signal(signal.SIGINT)
        said, error = process.communicate(timeout=60)
    assert (process.returncode, said, error) == (130, "", "didymos: stopped\n")
