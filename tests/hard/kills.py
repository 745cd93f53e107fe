"""Commands that are killed at random moments: what was there stays whole or is replaced whole, and the next run works.

``python tests/hard/kills.py --count 50`` lets an analysis replace the folder of an earlier one and kills it, half of
the times while files are written. It ends with 1 where a folder holds files of both, or the next run fails.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

WHOLE = ("report.html", "results.nc", "model.npz", "settings.toml")
QUICK = ["--members", "1", "--layers", "4", "2", "--score-layers", "3", "1", "--figures", "png"]
WRITING, AFTER = 0.8, 1.15
"""Shares of the time of a run between which half of the kills come: files are written and folders exchanged then."""


def command(source: Path, out: Path, seed: int) -> list[str]:
    """Return the command that analyses a map."""
    code = "import sys; from didymos.cli import main; sys.exit(main())"
    return [sys.executable, "-W", "ignore", "-c", code, "analyze", str(source), "--out", str(out), *QUICK,
            "--seed", str(seed)]  # fmt: skip


def sums(folder: Path) -> dict[str, str]:
    """Return the checksum of every file that makes a result whole; of one that is not there "missing"."""
    found = {}
    for name in WHOLE:
        path = folder / name
        found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
    return found


def state_of(folder: Path, before: dict[str, str]) -> str:
    """Tell whether a folder is the old one, a new one or a mixture."""
    now = sums(folder)
    if "missing" in now.values():
        return "files missing"
    same = [now[name] == before[name] for name in WHOLE]
    return "old" if all(same) else "new" if not any(same) else "mixed"


def run_and_stop(source: Path, out: Path, seconds: float, number: signal.Signals) -> int:
    """Start an analysis, stop it after so many seconds, and return its status."""
    process = subprocess.Popen(command(source, out, 2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(number)
    return process.wait(timeout=60)


def stopped(folder: Path, moment: float, number: signal.Signals, *, go_on: bool) -> tuple[str, bool]:
    """Stop a run that replaces the folder "first"; return what was left, and whether that is wrong.

    With `go_on` the next run must replace what was left, and leave nothing else in the folder.
    """
    source, out, before = folder / "map.nc", folder / "out", sums(folder / "first")
    shutil.copytree(folder / "first", out)
    status = run_and_stop(source, out, moment, number)
    state = state_of(out, before)
    wrong = state not in ("old", "new") or (number == signal.SIGINT and status not in (130, 0, -signal.SIGINT))
    if go_on:
        done = subprocess.run(command(source, out, 3), capture_output=True, text=True)
        left = {path.name for path in folder.iterdir()} - {"map.nc", "first", "out"}
        wrong |= done.returncode != 0 or state_of(out, before) != "new" or bool(left)
    for path in folder.iterdir():
        if path.name not in ("map.nc", "first"):
            shutil.rmtree(path) if path.is_dir() else os.unlink(path)
    return state, wrong


def main() -> int:
    """Kill so many runs and print what was left."""
    parser = argparse.ArgumentParser(description="commands that are killed")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--signal", choices=("KILL", "INT"), default="KILL")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    number = signal.Signals[f"SIG{options.signal}"]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits that it is ignored
    random = np.random.default_rng(options.seed)
    states: Counter[str] = Counter()
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        from didymos.io import save_map
        from didymos.simulate import fese

        source = save_map(fese(shape=(12, 12), energies=24, seed=1, defects=1), folder / "map.nc")
        begun = time.monotonic()
        subprocess.run(command(source, folder / "first", 1), check=True, capture_output=True)
        lasts = time.monotonic() - begun
        for trial in range(options.count):
            # half of the moments while files are written
            moment = float(random.uniform(WRITING if trial % 2 else 0.0, AFTER)) * lasts
            state, wrong = stopped(folder, moment, number, go_on=trial % 5 == 0)
            states[state] += 1
            bad += wrong
            if wrong:
                print(f"trial {trial}, after {moment:.2f} s: {state}", file=sys.stderr)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    print(f"{options.count} runs of {lasts:.1f} s stopped with SIG{options.signal}: {counts}; {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
