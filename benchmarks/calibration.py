"""Whether p-values are frequencies: maps without defects, analysed with default settings.

The maps are those of `_families` and `_families_more`, or of `_families_set_aside`, without rare defects. A p-value is
calibrated where a share of 1 % of such maps is under 0.01, and so on. It is safe where the share is smaller. Every
share is printed with its exact 95 % confidence limits (C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934)).

A second table has the halves of measured maps in which nothing is seen: top, bottom, left and right of a lattice, in
two channels; with ``--thirds`` its thirds as well. Such parts overlap, and both channels were measured in one sweep. So
the parts are not independent, and their confidence limits are too narrow. The data lie beside the checkout; without
them the second table is left out.

Targets (``--check`` exits 1 where one is missed):

- in both tables the share of the p-values under 0.01, 0.05 and 0.1 is not clearly larger than that: the lower
  confidence limit is at most the nominal share;
- of the simulated maps at least 3 % are under 0.1: a search that never says anything is safe, too.

``--figure FILE`` draws the distribution of the p-values of the simulated maps.

Run with ``python benchmarks/calibration.py [--check] [--seeds N] [--first N] [--set-aside] [--thirds] [--data DIR]
[--figure FILE] [--workers N]``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom, binomtest
from threadpoolctl import threadpool_limits

import _families_more
import _families_set_aside
from _measured import CHANNELS, DATA, LATTICE, ROWS, lattice_of
from didymos.plots.styling import COLUMN_WIDTH, FAINT, INK, logarithmic, style, tidy
from didymos.workflow import Settings, find_evidence, fit_metric, prepare

NOMINAL = (0.01, 0.05, 0.1)
CONFIDENCE = 0.95
LEAST_SHARE = 0.03
"""Share of the simulated maps under the last of the nominal shares, at least."""

Case = Callable[[], Any]


def main() -> int:
    """Analyse, print the tables, check the targets."""
    parser = argparse.ArgumentParser(description="whether p-values are frequencies")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--seeds", type=int, default=17)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--only", default="", help="part of the name of a family")
    parser.add_argument("--set-aside", action="store_true", help="the families that nobody tunes on")
    parser.add_argument("--thirds", action="store_true", help="thirds of the measured maps as well")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the measured maps")
    parser.add_argument("--figure", type=Path, help="file to draw the distribution of the p-values into")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    families = [
        family
        for family in (_families_set_aside.FAMILIES if options.set_aside else _families_more.ALL)
        if options.only in family.__name__
    ]
    seeds = range(options.first, options.first + options.seeds)
    cases: list[Case] = [partial(_simulated, family, seed) for family in families for seed in seeds]
    parts = dict(measured_parts(options.data, options.thirds))
    # a process that is forked inherits the locks of threads that it does not have
    with ProcessPoolExecutor(options.workers, get_context("spawn"), threadpool_limits, (1,)) as pool:
        simulated, measured = pool.map(p_value, cases), pool.map(p_value, parts.values())
        print(f"{'family':<22}{'maps':>6}{'p < 0.01':>10}{'smallest p':>12}  seeds under 0.01")
        groups = [np.array([])]
        for family in families:
            values = np.array([next(simulated) for _ in seeds])
            groups.append(values)
            under = [seed for seed, value in zip(seeds, values, strict=True) if value < NOMINAL[0]]
            line = f"{family.__name__:<22}{len(values):>6}{len(under):>10}{values.min():>12.1e}"
            print(line, *(f" {seed}" for seed in under), flush=True)
        p_values = np.concatenate(groups)
        met = table("simulated maps", p_values, LEAST_SHARE)
        if parts:
            by_part = dict(zip(parts, measured, strict=True))
            print("\n" + "\n".join(f"{name:<28}{value:>10.1e}" for name, value in by_part.items()))
            met &= table("parts of measured maps", np.array([*by_part.values()]))
    if options.figure and len(p_values):
        draw(p_values).savefig(options.figure, dpi=300)
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def _simulated(family: Callable[[int, bool], Any], seed: int) -> Any:
    return family(seed, False).data


def measured_parts(folder: Path, thirds: bool) -> Iterator[tuple[str, Case]]:
    """Yield the name of every part of a measured map without defects, and what reads it."""
    path = folder / LATTICE
    if not path.is_file():
        print(f"no measured lattice at {path}: the second table is left out", file=sys.stderr)
        return
    everything = slice(None)
    for channel, offset in CHANNELS.items():
        for count in (2, 3) if thirds else (2,):
            edges = np.linspace(0, ROWS, count + 1).round().astype(int)
            for number, (start, end) in enumerate(pairwise(edges), 1):
                some = slice(int(start), int(end))
                yield f"{channel}, rows {number} of {count}", partial(_part, path, offset, some, everything)
                yield f"{channel}, columns {number} of {count}", partial(_part, path, offset, everything, some)


def _part(path: Path, offset: int, rows: slice, columns: slice) -> Any:
    return lattice_of(path, offset)[rows, columns]


def p_value(case: Case) -> float:
    """Return the p-value of a distinct population with default settings."""
    settings = Settings()
    points = prepare(case(), settings)
    return float(find_evidence(points, fit_metric(points, settings), settings).p_value)


def table(title: str, p_values: np.ndarray, least: float = 0.0) -> bool:
    """Print the shares of the p-values under the nominal ones; return whether the targets are met.

    Parameters
    ----------
    title : str
    p_values : array, shape (n_maps,)
    least : float
        Share under the largest nominal one, at least.

    Returns
    -------
    bool
    """
    count = len(p_values)
    if not count:
        return True
    print(f"\n{count} {title} without defects\n{'p under':>8}{'share':>8}{'95 % limits':>17}")
    met = True
    for nominal in NOMINAL:
        under = int((p_values < nominal).sum())
        limits = binomtest(under, count).proportion_ci(CONFIDENCE, "exact")
        few = nominal == NOMINAL[-1] and under < least * count
        holds = bool(limits.low <= nominal) and not few
        met &= holds
        verdict = "met" if holds else f"MISSED, at least {least}" if few else "MISSED, too many"
        print(f"{nominal:>8}{under / count:>8.3f}{limits.low:>9.3f} to {limits.high:.3f}  {verdict}")
    print(f"smallest p-value {p_values.min():.1e}; exactly 1: {(p_values == 1).sum()} of {count}")
    return met


@style()
def draw(p_values: np.ndarray) -> Figure:
    """Draw the share of the p-values up to a nominal one, against it; with what chance leaves of the diagonal."""
    count = len(p_values)
    lowest = min(0.2 / count, 1e-3)
    nominal = np.geomspace(lowest, 1, 400)
    # smaller shares than that of one map are none, which a logarithmic axis does not show
    low, high = (np.maximum(binom.ppf(q, count, nominal) / count, lowest) for q in (0.025, 0.975))
    figure = Figure(figsize=(COLUMN_WIDTH, 0.85 * COLUMN_WIDTH), layout="constrained")
    axes = figure.subplots()
    axes.fill_between(nominal, low, high, color="#56b4e9", alpha=0.35, linewidth=0, label="95 % of uniform p-values")
    axes.plot(nominal, nominal, "--", color=FAINT, label="share = nominal")
    order = np.sort(p_values)
    steps = np.concatenate([[lowest], np.clip(order, lowest, 1), [1.0]])
    share = np.concatenate([[0.0], np.arange(1, count + 1) / count, [1.0]])
    axes.step(steps, np.maximum(share, lowest), where="post", color="#d55e00", label=f"{count} maps without defects")
    axes.set(xscale="log", yscale="log", xlim=(lowest, 1), ylim=(lowest, 1))
    axes.set(xlabel="Nominal p", ylabel="Share of the maps with a p-value up to p")
    axes.axvline(NOMINAL[0], color=INK, linewidth=0.5, linestyle=":", label="limit of a claim, 0.01")
    for axis in (axes.xaxis, axes.yaxis):
        logarithmic(axis)
    tidy(axes)
    figure.legend(loc="outside lower center", ncols=2)
    return figure


if __name__ == "__main__":
    sys.exit(main())
