import contextlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

import didymos
from didymos.cli import main
from didymos.io import open_result
from didymos.stored.journal import NAME, Journal
from didymos.stored.passes import Passes
from didymos.stored.spectra import StoredSpectra

ENERGIES = 32


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A map of 32 lines in a store of zarr with eight chunks."""
    path = tmp_path_factory.mktemp("map") / "map.zarr"
    surface = didymos.simulate.fese(shape=(32, 24), energies=ENERGIES, seed=4)["spectra"]
    surface.to_dataset(name="spectra").chunk({"y": 4}).to_zarr(path, consolidated=False)
    return path


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * 24 * ENERGIES * 4)


def opened(store):
    return xr.open_zarr(store, consolidated=False)["spectra"]


def double(value):
    return [2 * value, (np.arange(value), float(value)), value % 2 == 0]


class Stopped(Exception):  # noqa: N818  # it stands for a run that was killed
    pass


def assert_same(one, other):
    assert type(one) is type(other)
    if isinstance(one, list | tuple):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            assert_same(first, second)
    else:
        np.testing.assert_array_equal(one, other)


def test_a_journal_gives_back_what_it_kept_and_only_for_the_same_run(tmp_path):
    journal = Journal(tmp_path, {"seed": 1})
    journal.keep(1, 0, double(3))
    again = Journal(tmp_path, {"seed": 1})
    assert again.holds(1, 0)
    assert not again.holds(1, 1)
    assert_same(again.answer(1, 0), double(3))
    assert not Journal(tmp_path, {"seed": 2}).holds(1, 0)
    again.close()
    assert not (tmp_path / NAME).exists()
    with pytest.raises(TypeError, match="a journal keeps arrays"):
        Journal(tmp_path, {}).keep(1, 0, {"a": 1})


def test_only_what_is_not_finished_is_done_again(tmp_path):
    done: list[int] = []
    stops = {3}

    def work(value):
        if value in stops:
            raise Stopped
        done.append(value)
        return double(value)

    pieces = [(value,) for value in range(5)]
    with pytest.raises(Stopped):
        list(Passes(Journal(tmp_path, {})).over(work, pieces))
    kept = [index for index in range(5) if Journal(tmp_path, {}).holds(1, index)]
    del done[:]
    stops.clear()
    found = list(Passes(Journal(tmp_path, {})).over(work, pieces))
    assert_same(found, [double(value) for value in range(5)])
    assert kept == [0, 1, 2][: len(kept)]
    assert sorted(done) == [index for index in range(5) if index not in kept]


def test_passes_are_told_apart(tmp_path):
    passes = Passes(Journal(tmp_path, {}))
    first = list(passes.over(double, [(1,), (2,)]))
    second = list(passes.over(lambda value: value, [(1,), (2,)]))
    assert second == [1, 2]
    again = Passes(Journal(tmp_path, {}))
    assert_same(list(again.over(pytest.fail, [(1,), (2,)])), first)
    assert_same(list(again.over(pytest.fail, [(1,), (2,)])), second)


def test_an_analysis_goes_on_where_it_was_stopped(store, tmp_path, small_parts, monkeypatch):
    expected = didymos.analyze(opened(store), seed=1, members=2)
    settings = didymos.Settings(seed=1, members=2)
    reads, stops = [], [60]
    whole = didymos.stored.spectra.Part.read

    def read(part):
        reads.append(part)
        if len(reads) in stops:
            raise Stopped
        return whole(part)

    monkeypatch.setattr("didymos.stored.spectra.Part.read", read)
    with pytest.raises(Stopped):
        didymos.workflow.run(opened(store), settings, journal=Journal(tmp_path, {}))
    found = didymos.workflow.run(opened(store), settings, journal=Journal(tmp_path, {})).result
    all_reads = len(reads) - 60
    del reads[:], stops[:]
    xr.testing.assert_equal(found, expected)
    didymos.workflow.run(opened(store), settings)
    assert all_reads < len(reads) - 40  # those of the first run were not repeated


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50, memory_limit="2GiB"
        ) as two,
        distributed.Client(two) as client,
    ):
        yield client, two


@pytest.mark.slow
def test_a_cluster_gives_what_one_process_gives_though_a_worker_dies(cluster, store, small_parts):
    client, two = cluster
    with client.as_current():
        spectra = StoredSpectra(opened(store))
        sums = [part for _, part in spectra.over_rows(lambda block: block.sum(axis=1), 50)]
        np.testing.assert_array_equal(np.concatenate(sums), opened(store).values.reshape(-1, ENERGIES).sum(axis=1))
        pieces = [(index, 0.1) for index in range(20)]
        answers = Passes().over(_slowly, pieces)
        found = [next(answers)]
        os.kill(next(iter(two.workers.values())).pid, signal.SIGKILL)
        found.extend(answers)
        assert found == list(range(20))


def _slowly(value, seconds):
    time.sleep(seconds)
    return value


@pytest.mark.slow
def test_the_command_gives_the_same_on_a_cluster(cluster, store, small_parts, tmp_path):
    client, _ = cluster
    options = ["analyze", str(store), "--figures", "none", "--members", "2", "--seed", "1"]
    with contextlib.ExitStack() as without:
        without.enter_context(client.as_current())
        address = client.scheduler.address
        assert main([*options, "--out", str(tmp_path / "cluster"), "--scheduler", address]) == 0
    # with --resume this small map is not loaded either: the same parts are summed in the same order
    assert main([*options, "--out", str(tmp_path / "alone"), "--resume"]) == 0
    one, other = (open_result(tmp_path / name / "results.nc") for name in ("cluster", "alone"))
    xr.testing.assert_equal(one, other)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_a_scheduler_that_does_not_answer_is_one_line(store, tmp_path, address, capsys, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("didymos.cli.analyzing.PATIENCE", "1s")
    assert main(["analyze", str(store), "--out", str(tmp_path / "x"), "--scheduler", address]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "no scheduler answers" in line
    assert not (tmp_path / "x").exists()


KILLED = """
import sys
import didymos.stored.spectra as stored
from didymos.cli import main
stored.READ_AT_ONCE = {bytes}
read, reads = stored.Part.read, []
def counted(part):
    reads.append(1)
    if len(reads) == {last}:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    return read(part)
stored.Part.read = counted
status = main(sys.argv[1:])
print(len(reads))
sys.exit(status)
"""


@pytest.mark.slow
def test_a_killed_command_is_resumed(store, tmp_path):
    options = ["analyze", str(store), "--figures", "none", "--members", "2", "--seed", "1"]

    def run(last, *more):
        code = KILLED.format(bytes=4 * 24 * ENERGIES * 4, last=last)
        command = [sys.executable, "-c", code, *options, *more]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    killed = run(70, "--out", str(tmp_path / "killed"), "--resume")
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "killed" / NAME).is_dir()
    resumed = run(0, "--out", str(tmp_path / "killed"), "--resume")
    whole = run(0, "--out", str(tmp_path / "whole"), "--resume")
    assert (resumed.returncode, whole.returncode) == (0, 0), resumed.stderr + whole.stderr
    assert not (tmp_path / "killed" / NAME).exists()
    assert int(resumed.stdout.split()[-1]) < int(whole.stdout.split()[-1]) - 40
    one, other = (open_result(tmp_path / name / "results.nc") for name in ("killed", "whole"))
    xr.testing.assert_equal(one, other)
