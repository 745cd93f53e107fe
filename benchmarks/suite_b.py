"""Maps of a second simulator, written apart from `didymos.simulate`, analysed with default settings.

Columns and targets are those of `nuisances`. The simulator is a folder beside the checkout (see `_maps`); without it
nothing is measured and nothing fails. Its environment variable SHIFT is added to every seed: other numbers than the
default give maps that nobody has tuned on.

Run with ``python benchmarks/suite_b.py [--check] [--only NAME] [--quick] [--with-ceiling] [--suite-b DIR]``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from _maps import BESIDE, second_maps
from nuisances import Row, ceiling, full, judge, line, quick


def main() -> int:
    """Analyse, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="maps of a second simulator")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--only", default="", help="part of the name of a map")
    parser.add_argument("--quick", action="store_true", help="stop after the evidence")
    parser.add_argument("--with-ceiling", action="store_true", help="the discriminant trained on the truth as well")
    parser.add_argument("--suite-b", type=Path, default=BESIDE, help="folder of the second simulator")
    options = parser.parse_args()
    rows: list[Row] = []
    for name, simulate in second_maps(options.suite_b, without_defects=True):
        if options.only in name:
            case = simulate()
            start = time.perf_counter()
            defects = bool((case.amplitude > 0.5).any())
            row: Row = {"map": name, "defects": defects, "phases": False, "shape": list(case.data.shape)}
            row |= (quick if options.quick else full)(case)
            row["seconds"] = time.perf_counter() - start
            if defects and options.with_ceiling:
                row["ceiling"] = ceiling(case)
            rows.append(row)
            print(line(row), flush=True)
    met = judge(rows) if rows else True
    return 0 if met or not options.check else 1


if __name__ == "__main__":
    sys.exit(main())
