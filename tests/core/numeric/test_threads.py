import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread

import numba
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.core.pairs import pair_counting
from didymos.core.pairs.pair_statistics import pair_histogram, pair_statistics

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def blas_threads():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@contextmanager
def numba_threads(number):
    before = numba.get_num_threads()
    numba.set_num_threads(min(number, before))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def threads_of_a_process(**variables):
    """Return what a new process may use with these variables set."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES} | variables
    code = "from didymos.core.numeric.threads import allowed_threads; print(allowed_threads())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    return int(done.stdout)


def test_without_limits_all_cores_are_used():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert min(cores, 2) <= threads_of_a_process() <= cores


@pytest.mark.parametrize("variable", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"])
def test_variables_limit_the_threads(variable):
    if variable == "OPENBLAS_NUM_THREADS" and not any("openblas" in pool["internal_api"] for pool in threadpool_info()):
        pytest.skip("the linear algebra library is another one")
    assert threads_of_a_process(**{variable: "1"}) == 1


def test_limits_of_this_process_limit_the_threads():
    with numba_threads(1):
        assert allowed_threads() == 1
    with threadpool_limits(1, "blas"):
        assert allowed_threads() == 1
    with threadpool_limits(3, "blas"):
        assert allowed_threads() == min(numba.get_num_threads(), *blas_threads())


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("pieces", [0, 1, 7, 100])
def test_answers_come_in_the_order_of_the_pieces(threads, pieces):
    def work(piece):
        time.sleep(1e-3 * (piece * 7 % 3))
        return piece**2

    assert list(in_order(work, range(pieces), threads)) == [piece**2 for piece in range(pieces)]


@pytest.mark.parametrize("threads", [1, 3])
def test_only_a_few_pieces_are_in_the_air_however_many_there_are(threads):
    taken = []

    def pieces():
        for piece in itertools.count():
            taken.append(piece)
            yield piece

    for answer in itertools.islice(in_order(lambda piece: piece, pieces(), threads), 50):
        assert len(taken) - answer <= 5 * threads


@pytest.mark.parametrize("threads", [1, 2])
def test_work_runs_in_as_many_threads_each_with_a_linear_algebra_of_its_own(threads):
    running, most, seen, lock = 0, 0, set(), threading.Lock()

    def work(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        seen.update(blas_threads())
        with lock:
            running -= 1

    with threadpool_limits(2, "blas"):
        before = blas_threads()
        for _ in in_order(work, range(12), threads):
            pass
        assert blas_threads() == before
    assert most == threads
    assert seen == {1}


@pytest.mark.parametrize("ended", ["error", "consumer", "closed", "forgotten"])
def test_the_threads_of_the_linear_algebra_come_back_however_the_work_ends(ended):
    def work(piece):
        if ended == "error" and piece == 9:
            raise OSError(piece)
        return piece

    def consume():
        answers = in_order(work, itertools.count(), 2)
        for answer in answers:
            if ended == "consumer" and answer == 9:
                raise OSError(answer)
            if ended in ("closed", "forgotten") and answer == 9:
                break
        if ended == "closed":
            assert isinstance(answers, Generator)
            answers.close()
            raise OSError(9)
        raise OSError("forgotten")

    with threadpool_limits(2, "blas"):
        before, number = blas_threads(), threading.active_count()
        with pytest.raises(OSError, match="9" if ended != "forgotten" else "forgotten") as caught:
            consume()
        del caught
        gc.collect()
        assert blas_threads() == before
        assert threading.active_count() == number


def test_an_error_stops_the_work_soon():
    done = []

    def work(piece):
        if piece == 20:
            raise OSError("twenty")
        if piece > 20:
            time.sleep(0.05)
        done.append(piece)
        return piece

    answers = []

    def collect():
        for answer in in_order(work, itertools.count(), 2):
            answers.append(answer)

    with pytest.raises(OSError, match="twenty"):
        collect()
    assert answers == list(range(20))
    assert set(range(20)) <= set(done)
    assert len(done) <= 20 + 5  # the others in the air are not begun


def assert_same_histogram(first, second):
    assert np.array_equal(first.counts, second.counts)
    assert np.array_equal(first.edges, second.edges)


def assert_same_statistics(first, second):
    assert_same_histogram(first.histogram, second.histogram)
    for name in ("edges", "counts", "mean_distance", "usable", "references", "reference_counts"):
        assert np.array_equal(getattr(first, name), getattr(second, name), equal_nan=name == "mean_distance")


@pytest.mark.parametrize("references", [None, np.arange(0, 3000, 3)])
def test_number_of_threads_and_another_run_change_no_bit_of_the_pair_statistics(references, monkeypatch):
    features = np.random.default_rng(6).normal(size=(3000, 5))
    features[700:900] += 1e5
    features[1200, 3] = np.nan
    found = []
    for threads in (1, 2, 7, 7):
        monkeypatch.setattr("didymos.core.pairs.pair_statistics.allowed_threads", lambda threads=threads: threads)
        with threadpool_limits(threads, "blas"):
            found.append(pair_statistics(features, references=references))
            assert_same_histogram(pair_histogram(features, references=references), found[0].histogram)
    for other in found[1:]:
        assert_same_statistics(other, found[0])
        assert np.array_equal(other.mean_of(other.centres), found[0].mean_of(other.centres), equal_nan=True)


@pytest.mark.parametrize("references", [None, np.arange(1200)])
def test_no_two_threads_add_to_the_same_histograms_at_once(references, monkeypatch):
    adding: list[int] = []
    clashes: list[int] = []
    empty_into = pair_counting.empty_into

    def watched(tile, counts):
        place = counts.__array_interface__["data"][0]
        clashes.extend(place for other in adding if other == place)
        adding.append(place)
        time.sleep(0.005)
        empty_into(tile, counts)
        adding.remove(place)

    monkeypatch.setattr(pair_counting, "empty_into", watched)
    monkeypatch.setattr("didymos.core.pairs.pair_statistics.allowed_threads", lambda: 6)
    pair_statistics(np.random.default_rng(19).normal(size=(1500, 2)), references=references)
    assert not clashes


def ends_with(error, work):
    """Run in another thread, which may hang for good, and return whether the error came out soon."""
    caught = []

    def run():
        try:
            work()
        except error as raised:
            caught.append(raised)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(20)
    return bool(caught)


@pytest.mark.parametrize("where", ["count_each", "count_all", "empty_into", "progress"])
def test_an_error_inside_the_pair_statistics_comes_out_and_leaves_no_trace(where, monkeypatch):
    features = np.random.default_rng(18).normal(size=(6000, 2))
    before, expected = blas_threads(), pair_statistics(features[:600])

    def fail(*_):
        raise MemoryError

    with monkeypatch.context() as patched:
        if where != "progress":
            patched.setattr(pair_counting, where, fail)
        assert ends_with(MemoryError, lambda: pair_statistics(features, progress=fail if where == "progress" else None))
    assert blas_threads() == before
    assert_same_statistics(pair_statistics(features[:600]), expected)


def test_overlapping_work_of_two_threads_restores_the_limit():
    before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    first = in_order(lambda piece: piece, range(3), 1)
    second = in_order(lambda piece: piece, range(3), 1)
    # the one that entered first leaves first
    assert [next(first), next(second), *first] == [0, 0, 1, 2]
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
    assert list(second) == [1, 2]
    assert [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"] == before
