"""Reproduce the figures and the claims of the paper on simulated data, for the page docs/paper.md.

Run with ``python docs/figures/paper.py``: it draws docs/images/paper/figure-1.png to figure-8.png and writes the table
of claims into the page. With ``--kept FOLDER`` what was computed before is read from there; with names of figures
(``figure-3``) only these are drawn; ``claims`` stands for the table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure
from paper_claims import write_table
from paper_clouds import figure_1
from paper_clusters import figure_3
from paper_data import Paper, paper_data
from paper_distances import figure_4, figure_5
from paper_latent import figure_6
from paper_style import save
from paper_surface import figure_2, figure_8
from paper_twin import figure_7

from didymos.plots import style

PAGE = Path(__file__).resolve().parents[1] / "paper.md"
FIGURES: dict[str, Callable[[Paper], Figure]] = {
    "figure-1": figure_1,
    "figure-2": figure_2,
    "figure-3": figure_3,
    "figure-4": figure_4,
    "figure-5": figure_5,
    "figure-6": figure_6,
    "figure-7": figure_7,
    "figure-8": figure_8,
}


def main() -> int:
    """Compute, draw and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *FIGURES, "claims"], help="what to make; by default all")
    parser.add_argument("--kept", type=Path, help="folder of what was computed before")
    options = parser.parse_args()
    began = time.perf_counter()
    data = paper_data(options.kept)
    for name in options.names or [*FIGURES, "claims"]:
        if name == "claims":
            write_table(PAGE, data)
            said = PAGE.name
        else:
            with style():
                path = save(FIGURES[name](data), name)
            said = f"{path.name}, {path.stat().st_size / 1000:.0f} kB"
        print(f"{time.perf_counter() - began:6.0f} s  {said}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
