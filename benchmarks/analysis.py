"""How long whole analyses take in fresh processes, with everything written, stage by stage.

The peer is the same work as a careful user would script it (`_analysis_script.py`): principal components, k-means, UMAP
where umap-learn is installed, the histogram of all pair distances by `pdist`, and a figure of each. It trains nothing,
reports nothing and finds no kinds. Both run in turn, and their medians are compared.

Targets (``--check`` exits 1 where one is missed), on two quiet cores, with compiled code from an earlier run:

- a grid of 30 x 30 spectra of 200 energies in under 5 s, 10,000 spectra of 512 energies in under 8 s;
- 10,000 x 512 at least five times faster than the script.

The first run of all, which compiles, is printed as well: it has a cache of its own. Run with ``python
benchmarks/analysis.py [--check] [--rounds N]``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from didymos.io import save_result
from didymos.simulate import fese

CLI = "import sys; from didymos.cli import main; sys.exit(main())"
SCRIPT = Path(__file__).with_name("_analysis_script.py")
MAPS = {"30 x 30 x 200": ((30, 30), 200, 5.0, None), "100 x 100 x 512": ((100, 100), 512, 8.0, 5.0)}
"""Shape, energies, most seconds and least ratio by the name of the map."""


@dataclass(frozen=True)
class Run:
    """Seconds of a process, and of the stages that it reported."""

    seconds: float
    stages: dict[str, float]


def main() -> int:
    """Measure, print the tables, check the targets."""
    parser = argparse.ArgumentParser(description="time of whole analyses")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if importlib.util.find_spec("umap") is None:
        print("umap-learn is not installed: the script goes without UMAP")
    met = True
    with tempfile.TemporaryDirectory() as folder:
        for name, (shape, energies, most, least) in MAPS.items():
            path = save_result(fese(shape=shape, energies=energies, seed=1), Path(folder) / f"{energies}.nc")
            first = _analysis(path, Path(folder))
            runs, scripts = [], []
            for _ in range(options.rounds):
                runs.append(_analysis(path, Path(folder)))
                scripts.append(_timed([str(SCRIPT), str(path), str(Path(folder) / "script")], Path(folder)).seconds)
            seconds, script = statistics.median(run.seconds for run in runs), statistics.median(scripts)
            print(f"{name}: {seconds:.1f} s (target {most:.0f}), the first time {first.seconds:.1f} s")
            print(f"  the script {script:.1f} s, {script / seconds:.2f} times as long" + _target(least))
            _print_stages(runs)
            met &= seconds <= most and (least is None or script >= least * seconds)
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _target(least: float | None) -> str:
    return "" if least is None else f" (target {least:.0f})"


def _print_stages(runs: list[Run]) -> None:
    """Print the median seconds of every stage, and of what is left: starting, imports, reading."""
    named = 0.0
    for stage in runs[0].stages:
        seconds = statistics.median(run.stages[stage] for run in runs)
        named += seconds
        print(f"  {stage:<20} {seconds:7.2f} s")
    print(f"  {'start and reading':<20} {statistics.median(run.seconds for run in runs) - named:7.2f} s")


def _analysis(path: Path, folder: Path) -> Run:
    return _timed(["-c", CLI, "analyze", str(path), "--out", str(folder / "out")], folder)


def _timed(arguments: list[str], folder: Path) -> Run:
    """Run Python in a process of its own, with a cache of compiled networks of its own."""
    environment = {**os.environ, "DIDYMOS_CACHE": str(folder / "code")}
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment, check=True)
    seconds = time.perf_counter() - start
    stages = re.findall(r"^didymos: ([a-z ]+): ([0-9.]+) s$", done.stderr, re.MULTILINE)
    return Run(seconds, {name: float(value) for name, value in stages})


if __name__ == "__main__":
    sys.exit(main())
