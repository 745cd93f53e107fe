"""A whole analysis on every surface of the suite, and how well it finds the known defects, beside simple peers.

Targets (``--check`` exits 1 where one is missed), defaults only, on the surfaces of `suite`:

- a distinct population claimed on at least nine tenths of the surfaces with defects and at most a tenth of the others;
- mean average precision of finding the defect spectra at least 0.9, and above that of every peer of `suite`.

Run with ``python benchmarks/analysis.py [--check] [--seeds N] [--only NAME]``.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from sklearn.metrics import average_precision_score

import didymos
from suite import PEERS, SUITE, clear_points, precisions

CLAIMED_TARGET, FALSE_TARGET, PRECISION_TARGET = 0.9, 0.1, 0.9


def main() -> int:
    """Measure, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="defects found on simulated surfaces")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", help="name of one surface")
    options = parser.parse_args()
    print(
        f"{'surface':<27}{'seed':>4}{'ceiling':>9}{'didymos':>9}",
        *(f"{name:>7}" for name in PEERS),
        "  claimed       p  time",
    )
    found: list[list[float]] = []
    claimed: dict[bool, list[bool]] = {False: [], True: []}
    for surface in SUITE:
        for seed in range(1, options.seeds + 1) if options.only in (None, surface.name) else ():
            data = surface.simulate(seed)
            start = time.perf_counter()
            result = didymos.analyze(data, progress=False)
            seconds = time.perf_counter() - start
            claimed[surface.defect_free].append(bool(result.attrs["distinct_population"]))
            row = [float("nan")] * (2 + len(PEERS))
            if not surface.defect_free:
                clear, defect = clear_points(data)
                ceiling, peers = precisions(data)
                row = [ceiling, average_precision_score(defect, result["score"].values.ravel()[clear]), *peers]
                found.append(row[1:])
            figures = "".join(f"{value:>9.3f}" for value in row[:2]) + " ".join(f"{value:>8.3f}" for value in row[2:])
            says = "yes" if claimed[surface.defect_free][-1] else "no"
            p_value = result.attrs["distinct_population_p_value"]
            print(f"{surface.name:<27}{seed:>4}{figures}{says:>9}{p_value:>9.0e}{seconds:>5.0f} s", flush=True)
    means = np.mean(found, axis=0) if found else np.full(1 + len(PEERS), np.nan)
    print("mean:", ", ".join(f"{name} {value:.3f}" for name, value in zip(("didymos", *PEERS), means, strict=True)))
    shares = [float(np.mean(claimed[free])) if claimed[free] else float("nan") for free in (False, True)]
    print(f"claimed with defects: {shares[0]:.2f}, without: {shares[1]:.2f}")
    met = shares[0] >= CLAIMED_TARGET and shares[1] <= FALSE_TARGET
    met &= bool(means[0] >= PRECISION_TARGET and (means[0] > means[1:]).all())
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
