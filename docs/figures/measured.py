"""Draw the figure of the README from a measured grid into docs/images.

Run with ``python docs/figures/measured.py GRID.3ds``: score and regions beside the average spectra of the regions.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from PIL import Image

import didymos
from didymos.plots.export import rendered

IMAGES = Path(__file__).resolve().parents[1] / "images"
DPI = 220


def main() -> int:
    """Analyse the grid with the default settings and draw."""
    result = didymos.analyze(didymos.open_map(sys.argv[1]), progress=False)
    print(result.region_size.to_series().to_dict(), result.attrs["distinct_population_p_value"])
    drawn = [didymos.plots.score_map(result), didymos.plots.region_spectra(result)]
    parts = [Image.open(io.BytesIO(rendered(figure, "png", DPI))).convert("RGB") for figure in drawn]
    height = min(part.height for part in parts)
    parts = [part.resize((round(part.width * height / part.height), height)) for part in parts]
    whole = Image.new("RGB", (sum(part.width for part in parts), height), "white")
    left = 0
    for part in parts:
        whole.paste(part, (left, 0))
        left += part.width
    whole.quantize(256).save(IMAGES / "real.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
