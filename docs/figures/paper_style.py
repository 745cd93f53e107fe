"""What all figures of the page on the paper share: the width, the letters, the colours, the file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from didymos.plots.styling import REGION_COLOURS, tidy
from didymos.schema import Region

IMAGES = Path(__file__).resolve().parents[1] / "images" / "paper"
WIDTH = 18 / 2.54
"""Two columns in inches."""
DPI = 150
SURFACE, BETWEEN, VACANCY = (REGION_COLOURS[region] for region in (Region.MAJORITY, Region.TRANSITION, Region.MINORITY))
TRUTH = {0: (SURFACE, "surface"), -1: (BETWEEN, "between"), 1: (VACANCY, "vacancy")}
"""Colour and name of every truth, in the order in which they are drawn."""


def page(height: float) -> Figure:
    """Return an empty figure of two columns."""
    return Figure(figsize=(WIDTH, height), layout="constrained")


def letter(axes: Axes, name: str, left: float = 24) -> None:
    """Write the letter of a panel, so many points left of its upper left corner."""
    axes.annotate(
        name, (0, 1), (-left, 5), xycoords="axes fraction", textcoords="offset points", fontweight="bold", fontsize=9
    )


def truth_scatter(axes: Axes, x: Any, y: Any, truth: Any, size: float = 2.0, alpha: float = 0.6) -> None:
    """Draw spectra as dots in the colours of the truth, vacancies on top."""
    for value, (colour, _) in TRUTH.items():
        chosen = truth == value
        axes.scatter(x[chosen], y[chosen], s=size, color=colour, alpha=alpha, linewidth=0, rasterized=True)


def truth_legend(truth: Any, **options: Any) -> list[Line2D]:
    """Return the entries of a legend for the colours of the truth."""
    return [
        Line2D(
            [], [], marker="o", linestyle="", markersize=3.5, color=colour, label=f"{name} ({(truth == value).sum()})"
        )
        for value, (colour, name) in TRUTH.items()
    ]


def small(axes: Axes) -> None:
    """Leave an inset without ticks."""
    tidy(axes)
    axes.set(xticks=[], yticks=[], xlabel="", ylabel="", title="")
    for side in axes.spines.values():
        side.set(linewidth=0.5)


def no_legend(axes: Axes) -> None:
    """Take the legend of a panel away."""
    if axes.get_legend():
        axes.get_legend().remove()


def legend_above(axes: Axes, side: str = "right") -> None:
    """Make room for the legend of a panel over its curves."""
    handles, words = axes.get_legend_handles_labels()
    no_legend(axes)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.35 * (high - low))
    axes.legend(handles, words, loc=f"upper {side}")


def with_regions(result: xr.Dataset, minority: Any) -> xr.Dataset:
    """Return a result whose regions are a labelling: majority and minority, with their average spectra."""
    region = np.where(minority, Region.MINORITY, Region.MAJORITY).astype(np.int8)
    spectra = result.spectra.values
    means = [
        spectra[region == each].mean(axis=0) if (region == each).any() else np.full(spectra.shape[-1], np.nan)
        for each in (Region.MAJORITY, Region.TRANSITION, Region.MINORITY)
    ]
    return result.assign(
        region=(result.region.dims, region), region_spectrum=(result.region_spectrum.dims, np.stack(means))
    )


def save(figure: Figure, name: str) -> Path:
    """Write a figure without transparency."""
    file, path = io.BytesIO(), IMAGES / f"{name}.png"
    path.parent.mkdir(exist_ok=True, parents=True)
    figure.savefig(file, dpi=DPI)
    Image.open(file).convert("RGB").save(path, optimize=True)
    return path
