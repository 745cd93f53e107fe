"""A few damaged copies of every format of ours; ``make test-hard`` tries thousands."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
sys.path.append(str(HERE))
if sys.platform == "win32":
    pytest.skip("Windows cannot fork a process", allow_module_level=True)

from mutations import BAD, changed  # noqa: E402  # it cannot be imported on Windows

FAULTS = """
import os, sys
import numpy as np
import mutations

def fails(_):
    raise RuntimeError("not in one line")

def lasts(_):
    while True:
        pass

def takes(_):
    return np.ones(int(8e7)).sum()  # 640 MB

def ends(_):
    os.abort()

from pathlib import Path
mutations.SECONDS = 3.0
for look in (fails, lasts, takes, ends):
    print(mutations.opened_alone(mutations.Sample(Path(mutations.__file__), look), Path(mutations.__file__))[0])
"""


def run(*arguments):
    return subprocess.run([sys.executable, "-W", "ignore", *arguments], capture_output=True, text=True, cwd=HERE)


def test_damaged_copies_are_values_or_one_line():
    done = run("mutations.py", "--count", "8", "--seed", "5")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    assert [row[0] for row in rows] == ["map.3ds", "map.nc", "map.npy", "map.csv", "results.nc", "model.npz"]
    assert all(int(row[1]) + int(row[2]) == 8 for row in rows)
    assert sum(int(row[2]) for row in rows) > 10


def test_every_fault_is_seen():
    assert run("-c", FAULTS).stdout.split("\n")[:4] == list(BAD)


def test_copies_are_damaged_and_repeat():
    data = bytes(range(256)) * 40
    copies = [changed(data, np.random.default_rng([1, number])) for number in range(20)]
    assert all(copy != data for copy in copies)
    assert copies == [changed(data, np.random.default_rng([1, number])) for number in range(20)]
