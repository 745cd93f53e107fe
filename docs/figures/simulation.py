"""Draw the figures of the page on simulation into docs/images.

One for each recipe: maps of the conductance at biases that distinguish the kinds of defects, the truth, and average
spectra; and one, "measurement", of what the microscope does. Run with ``python docs/figures/simulation.py [NAME ...]``;
without a name all are drawn.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from didymos.simulate import RECIPES

IMAGES = Path(__file__).resolve().parents[1] / "images"
DPI = 150
SURFACE_COLOUR, GUIDE = "#000000", "0.6"
KINDS = (("#d55e00", "-"), ("#0072b2", "--"), ("#cc79a7", "-."))
"""Colours of the kinds (Okabe and Ito) and, for who does not see them, a style of the line."""
SURFACE_BELOW, DEFECT_FROM = 0.02, 0.5  # of truth_amplitude: what is averaged as surface, and as a defect
EXTREME = 0.005  # share of the points that may lie outside the colours of a map, at either end
CURVES = 25  # of each cloud are drawn
SETTINGS = ((0.4, 0.05, "#000000", "-"), (4.5, 0.4, "#0072b2", "--"), (4.5, 1.5, "#d55e00", "-."))
"""K, mV, colour and line of the spectra that show the broadening."""
TROUBLE = {
    "shape": (72, 72), "energies": 61, "seed": 4, "drift": (2e-9, 4e-9), "tip_changes": 2, "line_offset": 0.1,
    "flicker": 0.01, "missing": 0.02, "aborted_rows": 7,
}  # fmt: skip
STYLE = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.4,
}


@dataclass(frozen=True)
class Picture:
    """What is drawn of a recipe.

    Parameters
    ----------
    biases : sequence of float
        Of the maps, in mV.
    options : dict
        Of the recipe; what is not said has its default.
    """

    biases: tuple[float, ...]
    options: dict[str, Any]


PICTURES = {
    "fese": Picture(
        (-8.0, 0.0, 14.0),
        {"shape": (72, 72), "energies": 301, "kinds": ("vacancy", "adatom", "magnetic"), "defects": 9, "seed": 767},
    ),
    "semiconductor": Picture(
        (-160.0, 0.0, 270.0),
        {"shape": (72, 72), "energies": 201, "kinds": ("donor", "acceptor", "deep"), "defects": 9, "seed": 3137},
    ),
    "kondo": Picture(
        (-68.0, -30.0, 0.0),
        {"shape": (96, 96), "energies": 201, "kinds": ("cobalt", "titanium", "silver"), "defects": 9, "seed": 2830},
    ),
    "landau": Picture((-100.0, -36.0, 46.0), {"shape": (100, 100), "energies": 251, "defects": 4, "seed": 1641}),
    "polynomials": Picture((-15.0,), {"energies": 101, "seed": 1}),
}


def main(names: list[str]) -> None:
    """Draw some figures, or all."""
    for name in names or [*PICTURES, "measurement"]:
        with matplotlib.rc_context(STYLE):
            figure = draw_measurement() if name == "measurement" else draw_recipe(name)
            path = save(figure, f"simulation-{name}")
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def draw_recipe(recipe: str) -> Figure:
    """Return the figure of a recipe."""
    picture = PICTURES[recipe]
    surface = RECIPES[recipe](**picture.options)
    return (draw_clouds if recipe == "polynomials" else draw_surface)(surface, picture.biases)


def save(figure: Figure, name: str) -> Path:
    """Write a figure, without transparency."""
    file, path = io.BytesIO(), IMAGES / f"{name}.png"
    figure.savefig(file, dpi=DPI)
    Image.open(file).convert("RGB").save(path, optimize=True)
    return path


def draw_surface(surface: xr.Dataset, biases: tuple[float, ...]) -> Figure:
    """Return three maps over the truth and the average spectra."""
    figure = Figure(figsize=(9.2, 6.0), layout="constrained")
    grid = figure.add_gridspec(2, 3)
    for column, bias in enumerate(biases):
        draw_map(figure.add_subplot(grid[0, column]), surface, bias)
    draw_truth(figure.add_subplot(grid[1, 0]), surface)
    draw_averages(figure.add_subplot(grid[1, 1:]), surface, biases)
    return figure


def draw_map(axes: Axes, surface: xr.Dataset, bias: float) -> None:
    """Draw the signal at a bias."""
    layer = surface.spectra.sel(energy=bias, method="nearest")
    low, high = np.nanquantile(layer, (EXTREME, 1 - EXTREME))
    look = {"cmap": "viridis", "vmin": low, "vmax": high}
    image = axes.imshow(layer, origin="lower", extent=extent(surface), interpolation="nearest", **look)
    add_scale(axes, image, signal(surface))
    axes.set_title(f"{bias:g} mV".replace("-", "−"))


def draw_truth(axes: Axes, surface: xr.Dataset) -> None:
    """Draw the topography, and outline the points that belong to a defect in the colour of its kind."""
    height = 1e12 * surface.topography
    low, high = np.nanquantile(height, (EXTREME, 1 - EXTREME))
    look = {"cmap": "Greys_r", "vmin": low, "vmax": high}
    image = axes.imshow(height, origin="lower", extent=extent(surface), interpolation="nearest", **look)
    add_scale(axes, image, "height (pm)")
    for index, _, (colour, _) in named_kinds(surface):
        share = surface.truth_kind_amplitude.sel(kind_index=index)
        axes.contour(1e9 * share.x, 1e9 * share.y, share, levels=[DEFECT_FROM], colors=colour, linewidths=1.5)
    axes.set_title("topography and truth")


def draw_averages(axes: Axes, surface: xr.Dataset, biases: tuple[float, ...]) -> None:
    """Draw the average spectra of the surface and of each kind; dotted lines stand at the biases of the maps."""
    spectra, kind = surface.spectra.values, surface.truth_kind.values
    parts = [("surface", surface.truth_amplitude.values < SURFACE_BELOW, (SURFACE_COLOUR, "-"))]
    parts += [(name, kind == index, look) for index, name, look in named_kinds(surface)]
    for name, members, (colour, line) in parts:
        text = f"{name} ({members.sum()})"
        axes.plot(surface.energy, spectra[members].mean(axis=0), color=colour, linestyle=line, label=text)
    for bias in biases:
        axes.axvline(bias, color=GUIDE, linestyle=":", linewidth=1, zorder=0)
    axes.set(xlabel="sample bias (mV)", ylabel=signal(surface), xlim=surface.energy.values[[0, -1]])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(parts), columnspacing=1.5)


def draw_clouds(surface: xr.Dataset, biases: tuple[float, ...]) -> Figure:
    """Return a map, the two clouds of coefficients and some curves of each."""
    figure = Figure(figsize=(9.2, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    draw_map(left, surface, biases[0])
    axis = 1e9 * surface.x.values
    column, row = (np.rint(surface.truth_position.sel(axis=dim) * 1e9 / axis[1]).astype(int) for dim in ("x", "y"))
    second = np.zeros(surface.truth_kind.shape, dtype=bool)
    second[row, column] = True
    for name, members, colour, marker in (("first", ~second, KINDS[1][0], "s"), ("second", second, KINDS[0][0], "o")):
        some = surface.truth_coefficients.values[members]
        middle.plot(*some.T, marker, color=colour, markersize=2, label=f"{name} cloud")
        right.plot(surface.energy, surface.spectra.values[members][:CURVES].T, color=colour, linewidth=0.5)
    middle.set(xlabel="p$_1$", ylabel="p$_2$", title="truth: coefficients", aspect="equal")
    middle.set_ylim(top=1.5)
    middle.legend(loc="upper right", markerscale=2, handletextpad=0.2)
    right.set(xlabel="energy (mV)", ylabel=signal(surface), title=f"{CURVES} curves of each cloud")
    right.set_xlim(surface.energy.values[[0, -1]])
    return figure


def draw_measurement() -> Figure:
    """Return the broadening of a spectrum, the four kinds of corrupted spectra, and a map with many faults."""
    figure = Figure(figsize=(9.2, 3.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    uniform = {"shape": (4, 4), "inhomogeneity": 0, "defect_free": True, "energies": 201}
    for kelvin, modulation, colour, line in SETTINGS:
        surface = RECIPES["fese"](**uniform, temperature=kelvin, modulation=modulation, noise=0)
        text = f"{kelvin:g} K, {modulation:g} mV"
        left.plot(surface.energy, surface.spectra[0, 0], color=colour, linestyle=line, label=text)
    left.set(title="broadening", xlabel="sample bias (mV)", ylabel=signal(surface), xlim=(-8, 8), ylim=(2, 8.5))
    left.legend(loc="lower right")
    surface = RECIPES["fese"](**uniform, corrupted=1, seed=3)
    names = surface.truth_artefact.attrs["flag_meanings"].split()
    for index, colour in enumerate(("#0072b2", "#d55e00", "#009e73", "#000000"), 1):
        spectrum = surface.spectra.values[surface.truth_artefact.values == index][0]
        middle.plot(surface.energy, spectrum + 12 * (4 - index), color=colour, linewidth=1)
        middle.text(-14.5, 12 * (4 - index) + 9.5, names[index].replace("_", " "), color=colour, va="bottom")
    middle.set(title="corrupted spectra, each moved by 12 nS", xlabel="sample bias (mV)", ylabel=signal(surface))
    middle.set(xlim=(-15, 15), ylim=(-2, 52))
    draw_map(right, RECIPES["fese"](**TROUBLE), -8.0)
    right.set_title("drift, tip changes, offsets, missing")
    return figure


def named_kinds(surface: xr.Dataset) -> list[tuple[int, str, tuple[str, str]]]:
    """Return number, name and look of every kind."""
    names = surface.truth_kind.attrs["flag_meanings"].split()[1:]
    return list(zip(surface.kind_index.values, names, KINDS, strict=False))


def add_scale(axes: Axes, image: ScalarMappable, label: str) -> None:
    """Draw the scale of the colours as high as the map, and name the axes."""
    scale = axes.figure.colorbar(image, cax=axes.inset_axes((1.03, 0, 0.05, 1)), label=label)
    scale.locator = MaxNLocator(5)
    scale.update_ticks()
    axes.set(xlabel="x (nm)", ylabel="y (nm)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=(1, 2, 5, 10)))


def extent(surface: xr.Dataset) -> list[float]:
    """Return the edges of the map in nm: every pixel is centred on its position."""
    edges = []
    for axis in (surface.x.values, surface.y.values):
        half = (axis[1] - axis[0]) / 2
        edges += [1e9 * (axis[0] - half), 1e9 * (axis[-1] + half)]
    return edges


def signal(surface: xr.Dataset) -> str:
    """Return the label of the signal."""
    unit = surface.spectra.attrs["units"]
    return "f" if unit == "1" else f"dI/dV ({unit})"


if __name__ == "__main__":
    main(sys.argv[1:])
