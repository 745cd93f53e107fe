"""How long maps of 10^4, 10^5 and 10^6 spectra of 256 energies take from a store of zarr, and how much memory.

Every map is written a few rows at a time (`_scale_map.py`), then analysed by the command in a process of its own, with
everything written. A sampler in that process notes the resident memory; what is printed is the highest of every stage,
imports included, without the process that draws beside it. The truth gives the average precision of the score.

Targets (``--check`` exits 1 where one is missed), on two cores:

- 10^6 spectra in under 4 minutes and under 1.5 GB (10^9 bytes);
- 10^5 spectra in under 0.6 GB;
- from 10^5 to 10^6 spectra at most 11 times as long;
- an average precision that is at most 0.005 less than that of 10^4 spectra.

Run with ``python benchmarks/scale.py [--check] [--sides 100 316 1000]``; the maps need 1 GB on the disk.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from _scale_map import write_map
from didymos.io import open_result
from didymos.io.results import result_path

SIDES = (100, 316, 1000)
MOST_SECONDS, MOST_MEMORY = 240.0, {316: 0.6, 1000: 1.5}
MOST_TIMES, MOST_LOSS = 11.0, 0.005
RUN = """
import json, re, sys, threading
import psutil
from didymos.cli import main
process, peaks, done = psutil.Process(), {}, threading.Event()

class Lines:
    def write(self, text):
        for name in re.findall(r"didymos: ([a-z ]+): [0-9.]+ s", text):
            peaks[name] = max(peaks.pop("now", 0), process.memory_info().rss)
        sys.__stderr__.write(text)
    def flush(self):
        sys.__stderr__.flush()
    def isatty(self):
        return False

def watch():
    while not done.wait(0.02):
        peaks["now"] = max(peaks.get("now", 0), process.memory_info().rss)

watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
sys.stderr = Lines()
status = main(sys.argv[1:])
done.set()
watcher.join()
peaks.pop("now", None)
print(json.dumps(peaks))
sys.exit(status)
"""


@dataclass(frozen=True)
class Run:
    """What an analysis took: seconds, bytes by stage, seconds by stage, and the average precision of the score."""

    seconds: float
    memory: dict[str, int]
    stages: dict[str, float]
    precision: float


def main() -> int:
    """Measure, print the tables, check the targets."""
    parser = argparse.ArgumentParser(description="time and memory of large maps")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sides", type=int, nargs="+", default=SIDES)
    options = parser.parse_args()
    runs: dict[int, Run] = {}
    with tempfile.TemporaryDirectory() as folder:
        for side in options.sides:
            store = Path(folder) / f"{side}.zarr"
            truth = write_map(store, side)
            runs[side] = _analysed(store, truth, Path(folder) / str(side))
            _print(side, runs[side])
    met = _met(runs)
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _analysed(store: Path, truth: np.ndarray, out: Path) -> Run:
    start = time.perf_counter()
    command = [sys.executable, "-c", RUN, "analyze", str(store), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    lines = [line.split(": ") for line in done.stderr.splitlines() if line.startswith("didymos: ") and line[-1] == "s"]
    stages = {name: float(value.split()[0]) for _, name, value in (line for line in lines if len(line) == 3)}
    with open_result(result_path(out), lazy=True) as result:
        score = np.nan_to_num(result["score"].values)
    return Run(
        seconds,
        json.loads(done.stdout.splitlines()[-1]),
        stages,
        float(average_precision_score(truth.ravel(), score.ravel())),
    )


def _print(side: int, run: Run) -> None:
    print(f"{side * side:,} spectra: {run.seconds:.0f} s, average precision {run.precision:.3f}")
    for name, size in run.memory.items():
        print(f"  {name:<20} {run.stages.get(name, float('nan')):7.1f} s {size / 1e9:6.2f} GB")


def _met(runs: dict[int, Run]) -> bool:
    met = True
    for side, most in MOST_MEMORY.items():
        if side in runs:
            met &= max(runs[side].memory.values()) < most * 1e9
    if 1000 in runs:
        met &= runs[1000].seconds < MOST_SECONDS
    if {316, 1000} <= set(runs):
        ratio = runs[1000].seconds / runs[316].seconds
        print(f"from 10^5 to 10^6 spectra {ratio:.1f} times as long (target {MOST_TIMES:.0f})")
        met &= ratio <= MOST_TIMES
    first = runs[min(runs)].precision
    return bool(met and all(run.precision > first - MOST_LOSS for run in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
