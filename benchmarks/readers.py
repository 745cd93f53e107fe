"""How Nanonis grids are read: `didymos.open_map` beside nanonispy2, xarray-nanonis and SciFiReaders, in one run.

The files are all grids in ``../shared/data`` beside the checkout, where that folder is, and grids made from a simulated
map: a large one, one that was aborted and ends, one whose rest was laid out in advance as zeros, one with rows in
alternating directions, scattered points. What stands in a file is known from its bytes, read here by twenty lines of
NumPy. Of each library the table has

- right: the share of the measured spectra (first channel) that come with their values;
- invented: how many spectra come with numbers though nothing was measured;
- place: the largest error of the distance between two spectra, in percent of the largest distance;
- seconds and peak memory of a process that reads the file, and both over those of didymos.

Targets (``--check`` exits 1 where one is missed): didymos has all values right, invents none, misplaces by less than
1 % on every file, refuses the damaged one, and reads the large one faster than every peer that gives labelled arrays
(nanonispy2 gives plain ones, and checks nothing).

Run with ``python benchmarks/readers.py [--check]``; peers that are not installed are left out
(``pip install nanonispy2 xarray-nanonis SciFiReaders``).
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from _reader_peers import LIBRARIES
from didymos.io import save_nanonis
from didymos.simulate import fese

DATA = Path(__file__).parents[2] / "shared" / "data"
LIMIT = 120
PLACE = 1.0
LARGE = "large.3ds"
PLAIN = "nanonispy2"


@dataclass(frozen=True)
class Known:
    """What stands in a file: of the measured records spectra and positions, and how many others there are."""

    spectra: Any
    positions: Any
    unmeasured: int


def main() -> int:
    """Read, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="readers of Nanonis grids")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        files = [*sorted(DATA.rglob("*.3ds")), *_made(Path(folder))]
        for path in files:
            print(f"\n{path.name} ({path.stat().st_size / 1e6:.3g} MB)")
            print(f"{'':<16}{'right':>8}{'invented':>10}{'place':>8}{'s':>8}{'MB':>7}{'times s':>9}{'times MB':>9}")
            missed += [f"{path.name}: {reason}" for reason in _compare(path, Path(folder))]
    print("\n" + ("targets met" if not missed else "targets missed: " + "; ".join(missed)))
    return 1 if missed and options.check else 0


def _compare(path: Path, folder: Path) -> list[str]:
    """Print a row for each library, return what didymos misses."""
    damaged = "CORRUPT" in path.name
    known = None if damaged else known_of(path)
    first: dict[str, float] = {}
    rows: dict[str, dict[str, float]] = {}
    missed = []
    for library, (module, _) in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{library:<16} is not installed: left out")
            continue
        found, error = _read(library, path, folder)
        if found is None:
            print(f"{library:<16} {'refused' if damaged else 'fails'}: {error}")
            missed += [f"fails: {error}"] if library == "didymos" and not damaged else []
            continue
        if known is None:
            print(f"{library:<16} reads the damaged file without a word")
            missed += ["the damaged file was read"] if library == "didymos" else []
            continue
        row = scores(found, known)
        first, rows[library] = first or row, row
        times = [f"{row[name] / first[name]:9.1f}" for name in ("seconds", "memory")]
        print(
            f"{library:<16}{row['right']:8.3f}{row['invented']:10.0f}{row['place']:7.1f}%{row['seconds']:8.3f}"
            f"{row['memory']:7.0f}{''.join(times)}"
        )
    return missed + _missed(rows, large=path.name == LARGE)


def _missed(rows: dict[str, dict[str, float]], *, large: bool) -> list[str]:
    own = rows.get("didymos")
    if own is None:
        return []
    missed = [f"{own['right']:.3f} right"] if own["right"] < 1 else []
    missed += [f"{own['invented']:.0f} invented"] if own["invented"] else []
    missed += [f"place {own['place']:.1f} %"] if own["place"] > PLACE else []
    labelled = [row["seconds"] for name, row in rows.items() if name not in ("didymos", PLAIN)]
    return missed + (["slower than a peer"] if large and own["seconds"] > min(labelled, default=np.inf) else [])


def _read(library: str, path: Path, folder: Path) -> tuple[dict[str, Any] | None, str]:
    out = folder / "found.npz"
    command = [sys.executable, str(Path(__file__).with_name("_reader_peers.py")), library, str(path), str(out)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {LIMIT} s"
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1][:110]
    with np.load(out, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}, ""


def scores(found: dict[str, Any], known: Known) -> dict[str, float]:
    """Compare what a library gives with what stands in the file."""
    spectra = found["spectra"]
    rows = {row.tobytes(): index for index, row in enumerate(spectra)}
    rows |= {row[::-1].tobytes(): index for index, row in enumerate(spectra)}
    match = np.array([rows.get(row.tobytes(), -1) for row in known.spectra])
    right = match >= 0
    place = np.nan
    if right.sum() > 1:
        claimed = np.stack([found["x"], found["y"]], axis=1)[match[right]].astype(float)
        distances = [np.linalg.norm(part - part[0], axis=1) for part in (claimed, known.positions[right])]
        place = 100 * np.abs(distances[0] - distances[1]).max() / distances[1].max()
    measured = np.isfinite(spectra).any(axis=1).sum()
    return {
        "right": right.mean(),
        "invented": max(0, int(measured) - len(known.spectra)),
        "place": place,
        "seconds": float(found["seconds"]),
        "memory": float(found["memory"]),
    }


def known_of(path: Path) -> Known:
    """Read the first channel and the positions of a grid, byte by byte as the format has it."""
    head, body = re.split(rb":HEADER_END:\r?\n", path.read_bytes(), maxsplit=1)
    entries = dict(line.split("=", 1) for line in head.decode("latin-1").splitlines() if "=" in line)
    value = {key: text.strip('" ') for key, text in entries.items()}
    names = [*value["Fixed parameters"].split(";"), *value["Experiment parameters"].split(";")]
    channels, points = value["Channels"].split(";"), int(value["Points"])
    columns, rows = (int(part) for part in value["Grid dim"].split(" x "))
    length = len(names) + len(channels) * points
    values = np.frombuffer(body[: len(body) // (4 * length) * 4 * length], ">f4").reshape(-1, length)
    measured = np.abs(values[:, len(names) :]).sum(axis=1) > 0
    spectra = values[measured, len(names) : len(names) + points].astype(np.float32)
    positions = values[measured][:, [names.index("X (m)"), names.index("Y (m)")]].astype(float)
    return Known(spectra, positions, columns * rows - int(measured.sum()))


def _made(folder: Path) -> list[Path]:
    """Write grids with what instruments do."""
    large = save_nanonis(fese(shape=(128, 128), energies=512, seed=1), folder / LARGE)
    small = save_nanonis(fese(shape=(24, 20), energies=128, seed=2), folder / "small.3ds")
    head, body = small.read_bytes().split(b":HEADER_END:\r\n")
    head += b":HEADER_END:\r\n"
    length = len(body) // (24 * 20)
    records = [body[start : start + length] for start in range(0, len(body), length)]
    rows = [records[start : start + 20] for start in range(0, len(records), 20)]
    meander = [record for index, row in enumerate(rows) for record in (row[::-1] if index % 2 else row)]
    keep = np.random.default_rng(3).permutation(len(records))[:150]
    cloud = re.sub(rb'Grid dim="[^"]*"', b'Grid dim="150 x 1"', head)
    made = {
        "aborted.3ds": head + b"".join(records[:300]),
        "laid out in advance.3ds": head + b"".join(records[:300]) + bytes(180 * length),
        "meander.3ds": head + b"".join(meander),
        "scattered points.3ds": cloud + b"".join(records[index] for index in keep),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return [large, *(folder / name for name in made)]


if __name__ == "__main__":
    sys.exit(main())
