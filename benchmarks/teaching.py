"""How long a lesson takes: twins that learn from examples again on a map that is prepared, beside a whole analysis.

FeSe with vacancies and adatoms, 100 x 100 spectra of 512 energies, four examples of each and of the bare surface. A
lesson is `Teacher.teach`; the analysis has the same examples, and its score must be the same to the last bit. All
figures are of one warm process, medians of the rounds; the ratios are to the analysis of the same run.

Targets (``--check`` exits 1 where one is missed), on two quiet cores: a lesson in 0.5 s, and in 0.1 s the points to ask
about next and all like a spectrum.

Run with ``python benchmarks/teaching.py [--check] [--rounds N] [--side N] [--energies N] [--profile]``.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from didymos import analyze
from didymos.simulate import fese
from didymos.workflow import Teacher
from didymos.workflow.alike import like_points, like_spectrum
from didymos.workflow.doubt import doubtful

LESSON, ASK, LIKE, FOREIGN = "lesson", "points to ask about", "all like a spectrum", "all like a foreign spectrum"
SECONDS = {LESSON: 0.5, ASK: 0.1, LIKE: 0.1, FOREIGN: 0.1}
"""Targets by the row of the table."""
EACH = 4


def main() -> int:
    """Measure, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="time of a lesson")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, default=100)
    parser.add_argument("--energies", type=int, default=512)
    parser.add_argument("--profile", action="store_true", help="where a lesson spends its time")
    options = parser.parse_args()
    shape = (options.side, options.side)
    data = fese(shape=shape, energies=options.energies, kinds=("vacancy", "adatom"), defects=8, seed=1).load()
    examples = _examples(data)
    seconds, same = _measured(data, examples, options.rounds)
    whole = seconds["analysis with the examples"]
    print(f"{'median of ' + str(options.rounds):<36} {'seconds':>8} {'target':>7} {'over the analysis':>18}")
    for name, value in seconds.items():
        target = f"{SECONDS[name]:.1f}" if name in SECONDS else ""
        print(f"{name:<36} {value:8.3f} {target:>7} {value / whole:18.4f}")
    print("scores of lesson and analysis:", "the same" if same else "DIFFERENT")
    if options.profile:
        _profile(Teacher.of(data), examples)
    met = same and all(seconds[name] <= target for name, target in SECONDS.items())
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _measured(data: xr.Dataset, examples: Mapping[str, Any], rounds: int) -> tuple[dict[str, float], bool]:
    """Return median seconds by the row of the table, and whether lesson and analysis agree."""
    teacher = Teacher.of(data)
    first, taught = _timed(lambda: teacher.teach(examples))
    result = analyze(data, examples=examples)
    core, values = int(taught.examples.index[0]), taught.result["region_spectrum"].values[0]
    points, features = teacher.points, teacher.features
    jobs: dict[str, Callable[[], Any]] = {
        "analysis with the examples": lambda: analyze(data, examples=examples),
        "preparation of the map": lambda: Teacher.of(data),
        LESSON: lambda: teacher.teach(examples),
        "lesson on the evidence": lambda: teacher.teach(examples, on_evidence=True),
        "whole analysis after a lesson": taught.analysis,
        ASK: lambda: doubtful(taught),
        LIKE: lambda: like_points(points, features, core),
        FOREIGN: lambda: like_spectrum(points, points.energy, values),
    }
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            seconds[name].append(_timed(job)[0])
    found = {name: statistics.median(each) for name, each in seconds.items()}
    same = np.array_equal(result["score"].values, taught.result["score"].values, equal_nan=True)
    return {"first lesson of a process": first, **found}, same


def _examples(data: xr.Dataset) -> dict[str, list[Any]]:
    """Return a few examples of every kind and of the bare surface."""
    rng = np.random.default_rng(0)
    vacancy, adatom = data["truth_kind_amplitude"].transpose("kind_index", "y", "x").values
    bare = data["truth_amplitude"].values < 0.02
    places = {"vacancy": vacancy > 0.7, "adatom": adatom > 0.7, "majority": bare}
    rows = [
        (int(row), int(column), label)
        for label, where in places.items()
        for row, column in rng.permutation(np.argwhere(where))[:EACH]
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return dict(zip(("row", "column", "label"), columns, strict=True))


def _timed(job: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds a job takes, and what it returns."""
    start = time.perf_counter()
    answer = job()
    return time.perf_counter() - start, answer


def _profile(teacher: Teacher, examples: Mapping[str, Any]) -> None:
    """Print where a lesson spends its time."""
    teacher.teach(examples)
    profile = cProfile.Profile()
    profile.runcall(teacher.teach, examples)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(30)


if __name__ == "__main__":
    sys.exit(main())
