"""How long commands take that do no work: help, a wrong option, what is in a file. Each runs in fresh processes.

The peers are imports that a user of such programs waits for: scikit-learn, umap-learn and, where it is installed,
`hyperspy.api`. Every round runs all commands in turn, so that they share what else the machine does; the table has the
medians and their ratios to `import sklearn`.

Targets (``--check`` exits 1 where one is missed), on two quiet cores:

- ``didymos --help`` and wrong options in 0.3 s, ``info`` of a grid in 0.8 s, ``import didymos`` in 0.1 s;
- ``--help`` in at most a fifth of ``import hyperspy.api``, where that is installed, and faster than ``import sklearn``.

Run with ``python benchmarks/start.py [--check] [--rounds N]``.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from didymos.io import save_nanonis
from didymos.simulate import fese

CLI = "import sys; from didymos.cli import main; sys.exit(main())"
SECONDS = {
    "didymos --help": 0.3,
    "didymos analyze --metrik": 0.3,
    "didymos compare --seeds": 0.3,
    "didymos simulate --noise -1": 0.3,
    "didymos info grid.3ds": 0.8,
    "import didymos": 0.1,
}
"""Targets by the command."""
PEERS = {"import sklearn": "sklearn", "import umap": "umap", "import hyperspy.api": "hyperspy"}
"""Peers, and the package each needs."""
SHARE_OF_HYPERSPY = 0.2


def main() -> int:
    """Measure, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="time of commands that do no work")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        grid = Path(folder) / "grid.3ds"
        save_nanonis(fese(shape=(30, 30), energies=200, seed=1), grid)
        medians = _medians(_commands(grid), options.rounds)
    unit = medians["import sklearn"]
    print(f"{'median of ' + str(options.rounds):<30} {'seconds':>8} {'target':>8} {'over import sklearn':>20}")
    for name, seconds in medians.items():
        target = f"{SECONDS[name]:.1f}" if name in SECONDS else ""
        print(f"{name:<30} {seconds:8.2f} {target:>8} {seconds / unit:20.2f}")
    for name, package in PEERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:<30} {package} is not installed: left out")
    met = _met(medians)
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _met(medians: Mapping[str, float]) -> bool:
    """Return whether every target is met."""
    shortest = medians["didymos --help"]
    hyperspy = medians.get("import hyperspy.api")
    return (
        all(medians[name] <= seconds for name, seconds in SECONDS.items())
        and shortest < medians["import sklearn"]
        and (hyperspy is None or shortest <= SHARE_OF_HYPERSPY * hyperspy)
    )


def _commands(grid: Path) -> dict[str, tuple[list[str], int]]:
    """Return arguments of Python and exit status, by the name of the command."""
    commands = {
        "python -c pass": (["-c", "pass"], 0),
        "didymos --help": (["-c", CLI, "--help"], 0),
        "didymos analyze --metrik": (["-c", CLI, "analyze", str(grid), "--metrik", "robust"], 2),
        "didymos compare --seeds": (["-c", CLI, "compare", str(grid), "--seeds", "1"], 2),
        "didymos simulate --noise -1": (["-c", CLI, "simulate", "--noise", "-1"], 2),
        "didymos info grid.3ds": (["-c", CLI, "info", str(grid)], 0),
        "import didymos": (["-c", "import didymos"], 0),
    }
    installed = [name for name, package in PEERS.items() if importlib.util.find_spec(package) is not None]
    return {**commands, **{name: (["-c", name], 0) for name in installed}}


def _medians(commands: Mapping[str, tuple[list[str], int]], rounds: int) -> dict[str, float]:
    """Return the median seconds of every command; a first round fills the caches of the system."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, (arguments, status) in commands.items():
            start = time.perf_counter()
            done = subprocess.run([sys.executable, *arguments], capture_output=True)
            seconds[name].append(time.perf_counter() - start)
            if done.returncode != status:
                raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return {name: statistics.median(values[1:]) for name, values in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
