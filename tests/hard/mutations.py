"""Damaged copies of files, each opened in a process of its own: values, or one line that says why not.

``python tests/hard/mutations.py --count 2000`` changes every sample file so many times, at random but repeatably, and
counts what happened. It ends with 1 where a copy gave anything but a map or an error of one line, took more than ten
seconds, or more memory than ten times the file and 200 MB.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SECONDS = 10.0
REAL = (".3ds", ".ibw", ".sm4", ".hf5", ".dm3", ".dm4", ".emd")
SPARE_MEMORY, TIMES_THE_FILE = 200e6, 10
EXTREMES = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\1\0\0\0")
FINE, REFUSED, FAULT, SLOW, GREEDY, DIED = "opened", "refused", "fault", "too slow", "too much memory", "died"
BAD = (FAULT, SLOW, GREEDY, DIED)


@dataclass(frozen=True)
class Sample:
    """A file, and what opens it and looks at every value."""

    path: Path
    look: Callable[[Path], object]


def write_samples(folder: Path) -> None:
    """Write a small file of every format of ours."""
    import didymos
    from didymos.io import save_map
    from didymos.simulate import fese
    from didymos.workflow import run

    surface = fese(shape=(6, 7), energies=16, seed=1, defects=1)
    for suffix in (".3ds", ".nc"):
        save_map(surface, folder / f"map{suffix}")
    np.save(folder / "map.npy", surface.spectra.values)
    with (folder / "map.csv").open("w", encoding="utf-8") as file:
        file.write("x (nm),y (nm)," + ",".join(f"{energy:g}" for energy in surface.energy.values) + "\n")
        for number, row in enumerate(surface.spectra.values.reshape(42, 16)):
            file.write(f"{number % 7},{number // 7}," + ",".join(f"{value:.6g}" for value in row) + "\n")
    analysis = run(surface, didymos.Settings(members=1, layers=(4, 2), score_layers=(3, 1)))
    didymos.save_result(analysis.result, folder / "results.nc")
    didymos.save_model(analysis.model, folder / "model.npz")


def samples(folder: Path, real: Path | None = None) -> dict[str, Sample]:
    """Let another process write our files, so that this one has no threads when it forks; name the real ones."""
    subprocess.run([sys.executable, "-W", "ignore", __file__, "--write", str(folder)], check=True)
    found = {f"map{suffix}": Sample(folder / f"map{suffix}", values_of) for suffix in (".3ds", ".nc", ".npy", ".csv")}
    found |= {
        "results.nc": Sample(folder / "results.nc", result_of),
        "model.npz": Sample(folder / "model.npz", model_of),
    }
    for path in sorted(real.rglob("*")) if real is not None else ():
        if path.suffix in REAL and "CORRUPT" not in path.name:
            found[path.name] = Sample(path, values_of)
    return found


def values_of(path: Path) -> object:
    """Open a map and look at all its values."""
    import didymos

    return int(np.isfinite(didymos.open_map(path).values).sum())


def result_of(path: Path) -> object:
    """Open a result and look at all its values."""
    import didymos

    return didymos.open_result(path).load().sizes


def model_of(path: Path) -> object:
    """Open a model and score a spectrum with it."""
    import didymos

    model = didymos.load_model(path)
    return model.predict(np.ones((2, len(model.energy)), dtype=np.float32)).score


def changed(data: bytes, random: np.random.Generator) -> bytes:
    """Return a damaged copy: bits, words or blocks changed, cut, inserted or moved, the head as often as the rest."""
    content = bytearray(data)
    head = min(len(content), 4096) if random.random() < 0.5 else len(content)
    for _ in range(int(random.integers(1, 4))):
        place = int(random.integers(0, max(head - 8, 1)))
        kind = int(random.integers(0, 7))
        if kind == 0:
            content[place] ^= 1 << int(random.integers(0, 8))
        elif kind == 1:
            content[place : place + 4] = EXTREMES[int(random.integers(len(EXTREMES)))]
        elif kind == 2:
            content[place : place + 4] = random.bytes(4)
        elif kind == 3:
            del content[place : place + int(random.integers(1, 64))]
        elif kind == 4:
            content[place:place] = random.bytes(int(random.integers(1, 64)))
        elif kind == 5:
            other = int(random.integers(0, len(content)))
            content[place : place + 16] = content[other : other + 16]
        else:
            del content[max(place, 1) :]
        head = min(head, len(content))
    return bytes(content)


def opened_alone(sample: Sample, path: Path) -> tuple[str, str]:
    """Return what a process of its own made of a file, and what it said."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os._exit(_work(sample, path, writer))
    os.close(writer)
    status, begun = None, time.monotonic()
    while status is None and time.monotonic() - begun < SECONDS:
        done, code = os.waitpid(child, os.WNOHANG)
        status = code if done else None
        time.sleep(0.001)
    if status is None:
        os.kill(child, 9)
        os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode("utf-8", "replace")
    if status is None:
        return SLOW, f"after {SECONDS:g} s"
    if os.WIFSIGNALED(status):
        return DIED, f"signal {os.WTERMSIG(status)}"
    return {0: FINE, 2: REFUSED, 3: GREEDY}.get(os.WEXITSTATUS(status), FAULT), text


def _work(sample: Sample, path: Path, writer: int) -> int:
    from didymos import InputError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text, status = "", 0
    try:
        sample.look(path)
    except InputError as error:
        text, status = str(error), 2 if "\n" not in str(error) else 1
    except BaseException:
        text, status = traceback.format_exc(), 1
    more = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    if status in (0, 2) and more > SPARE_MEMORY + TIMES_THE_FILE * path.stat().st_size:
        text, status = f"{more / 1e6:.0f} MB", 3
    os.write(writer, text[-4000:].encode("utf-8", "replace"))
    return status


def trial(sample: Sample, count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Open so many damaged copies of a sample; return how often what happened, and what was wrong."""
    outcome: Counter[str] = Counter()
    wrong: list[str] = []
    data = sample.path.read_bytes()
    for number in range(count):
        path = folder / f"copy{sample.path.suffix}"
        path.write_bytes(changed(data, np.random.default_rng([seed, number])))
        what, text = opened_alone(sample, path)
        outcome[what] += 1
        if what in BAD:
            wrong.append(f"{sample.path.name}, copy {number} of seed {seed}: {what}: {text}")
            path.rename(folder / f"wrong-{sample.path.stem}-{number}{sample.path.suffix}")
    return outcome, wrong


def main() -> int:
    """Try all samples and print a table."""
    parser = argparse.ArgumentParser(description="damaged copies of files of every format")
    parser.add_argument("--count", type=int, default=2000, help="copies of each of our own files")
    parser.add_argument("--foreign", type=int, default=200, help="copies of each real file of --real")
    parser.add_argument("--real", type=Path, help="folder of real measurements")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, help="only write the samples into a folder")
    options = parser.parse_args()
    if options.write is not None:
        write_samples(options.write)
        return 0
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'file':40} {'opened':>8} {'refused':>8} {'fault':>6} {'slow':>6} {'memory':>7} {'died':>5} {'s':>6}")
        for label, sample in samples(folder, options.real).items():
            sample.look(sample.path)  # what is imported, is imported once
            begun, own = time.monotonic(), sample.path.parent == folder
            outcome, wrong = trial(sample, options.count if own else options.foreign, options.seed, folder)
            counts = [outcome[what] for what in (FINE, REFUSED, FAULT, SLOW, GREEDY, DIED)]
            widths = (8, 8, 6, 6, 7, 5)
            cells = " ".join(f"{count:{width}}" for count, width in zip(counts, widths, strict=True))
            print(f"{label[:40]:40} {cells} {time.monotonic() - begun:6.0f}", flush=True)
            for line in wrong[:5]:
                print(line, file=sys.stderr)
            bad += len(wrong)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
