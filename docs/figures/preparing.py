"""Draw the figures of the page on preparing a map into docs/images: before and after, from simulated data.

Run with ``python docs/figures/preparing.py [GRID.3ds]``; with a measured grid that holds a lock-in signal and the
current, the figure of a measured map is drawn as well.
"""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from scipy.ndimage import gaussian_filter

from didymos import open_map, preparing, simulate, spectral_map
from didymos.core.preparation.background import power_law, smooth_line
from didymos.plots.styling import COLUMN_WIDTH, INK, STYLE

IMAGES = Path(__file__).resolve().parents[1] / "images"
DPI = 220
BEFORE, AFTER, THIRD, FAINT = "#d55e00", "#0072b2", "#009e73", "#9a9a9a"
"""Okabe and Ito: vermilion and blue are told apart by everyone; what comes before is dashed or fainter as well."""


def panels(columns: int, height: float = 0.62, rows: int = 1) -> tuple[Figure, np.ndarray]:
    """Return a figure of one journal column with so many panels."""
    figure = Figure(figsize=(COLUMN_WIDTH, COLUMN_WIDTH * height * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def named(axes: Axes, title: str, x: str, y: str = "") -> None:
    """Give a panel its title and the names of its axes."""
    axes.set_title(title, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def picture(axes: Axes, values: np.ndarray, title: str, width: float, colours: str = "gray", **limits: float) -> None:
    """Draw an image whose width is given in nm."""
    height = width * values.shape[0] / values.shape[1]
    axes.imshow(values, origin="lower", extent=(0, width, 0, height), cmap=colours, interpolation="none", **limits)
    named(axes, title, "x (nm)")


def fese(noise: float = 1.0, size: int = 40) -> xr.DataArray:
    """Return a simulated map."""
    surface = simulate.fese(shape=(size, size), energies=161, seed=8, noise=noise, defects=4)
    return surface["spectra"].drop_vars([name for name in surface["spectra"].coords if "truth" in str(name)])


def despike() -> Figure:
    """Draw a spectrum with spikes, and a narrow line that its neighbours share."""
    data, random = fese(), np.random.default_rng(1)
    values, energy = data.values.copy(), data.energy.values
    y, x = np.indices(values.shape[:2])
    defect = 5 * np.exp(-((y - 20) ** 2 + (x - 20) ** 2) / (2 * 1.5**2))
    values[..., 120] += defect
    for _ in range(300):
        row, column, place = (int(random.integers(size)) for size in values.shape)
        values[row, column, place : place + 1 + int(random.integers(2))] += random.choice([-1, 1]) * random.uniform(
            2, 8
        )
    values[20, 20, [40, 70]] += 4.0, -5.0
    cleaned = preparing.despike(data.copy(data=values))
    print("despike:", cleaned.attrs["preparation"])
    figure, ((left, right),) = panels(2)
    for axes, one, title, colour in ((left, values, "before", BEFORE), (right, cleaned.values, "after", AFTER)):
        axes.plot(energy, one[20, 21] + 6, color=FAINT, lw=0.8, label="neighbour, raised by 6 nS")
        axes.plot(energy, one[20, 20], color=colour, lw=0.9, label="spectrum of a defect")
        named(axes, title, "Bias (mV)", "dI/dV (nS)" if axes is left else "")
        axes.set_ylim(0, 25)
        axes.annotate(
            "shared line\nstays", (energy[120], values[20, 20, 120]), (9.5, 21.5), ha="center", va="center",
            arrowprops={"arrowstyle": "-", "lw": 0.6, "color": INK},
        )  # fmt: skip
    handles, labels = left.get_legend_handles_labels()
    handles.append(right.lines[1])
    labels[1], _ = "spectrum of a defect", labels.append("without spikes")
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def level() -> Figure:
    """Draw a topography as measured, without its tilt, and with its lines levelled."""
    random = np.random.default_rng(3)
    y, x = np.indices((60, 60)) / 3.0
    heights = 0.2 * gaussian_filter(random.normal(size=(60, 60)), 2.5) / 0.11
    heights[(x - 13) ** 2 + (y - 12) ** 2 < 9] += 1.5
    heights += 0.6 * x - 0.35 * y + random.normal(0, 0.6, (60, 1))
    coords = {"topography": (1e-10 * heights, "m")}
    data = spectral_map(np.ones((60, 60, 4)), np.arange(4.0), x=1e-9 * x[0], y=1e-9 * y[:, 0], coords=coords)
    figure, (row,) = panels(3, 0.55)
    found = (("as measured", data), ("plane", preparing.level(data)), ("lines", preparing.level(data, "lines")))
    print("level:", found[2][1].attrs["preparation"])
    for axes, (title, one) in zip(row, found, strict=True):
        image = 1e10 * one.topography.values
        low, high = np.percentile(image, [1, 99])
        picture(axes, image, f"{title}\n(over {high - low:.1f} Å)", 20, vmin=low, vmax=high)
    row[0].set_ylabel("y (nm)")
    for axes in row[1:]:
        axes.set_yticklabels([])
    return figure


def drift() -> Figure:
    """Draw a map that believes to be elsewhere on its reference."""
    scene = gaussian_filter(np.random.default_rng(5).normal(size=(160, 160)), 2.5)
    position = 1e-9 * np.arange(160) / 4
    coords = {"y": ("y", position, {"units": "m"}), "x": ("x", position, {"units": "m"})}
    reference = xr.DataArray(1e-10 * scene / scene.std(), coords, ("y", "x"))
    rows, columns = slice(62, 126), slice(40, 104)  # where the map was measured
    noise = 3e-11 * np.random.default_rng(6).normal(size=(64, 64))
    heights = reference.values[rows, columns] + noise
    x, y = position[columns] + 6e-9, position[rows] - 5e-9  # what it says
    data = spectral_map(np.ones((64, 64, 4)), np.arange(4.0), x=x, y=y, coords={"topography": (heights, "m")})
    found = preparing.correct_drift(data, reference)
    print("drift:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2, 0.5)
    picture(left, 1e10 * reference.values, "reference", 40, vmin=-2, vmax=2)
    left.set_ylabel("y (nm)")
    for one, colour, style, text in ((data, BEFORE, "--", "before"), (found, AFTER, "-", "after")):
        corner = 1e9 * float(one.x[0]), 1e9 * float(one.y[0])
        left.add_patch(Rectangle(corner, 16, 16, fill=False, ec=colour, ls=style, lw=1.4, label=text))
    right.imshow(1e10 * heights, origin="lower", cmap="gray", vmin=-2, vmax=2, interpolation="none",
                 extent=[1e9 * float(found.x[0]), 1e9 * float(found.x[-1]), 1e9 * float(found.y[0]),
                         1e9 * float(found.y[-1])])  # fmt: skip
    named(right, "map, corrected", "x (nm)", "y (nm)")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def tunnelling(energies: int = 201, seed: int = 2, amplifier: float = 2e-14) -> tuple[xr.DataArray, xr.DataArray]:
    """Return a lock-in signal in V and the current in A of a semiconductor at different heights of the tip."""
    random, bias = np.random.default_rng(seed), np.linspace(-1500, 1500, energies)
    valence = np.where(bias < -350, np.sqrt(np.clip(-350 - bias, 0, None) / 300), 0)
    conduction = np.where(bias > 450, np.sqrt(np.clip(bias - 450, 0, None) / 300), 0)
    state = 0.25 * np.exp(-((bias - 800) ** 2) / (2 * 60.0**2))
    transmission = np.exp(np.abs(bias) / 700)
    height = 10 ** random.uniform(-0.5, 0.5, (12, 12, 1))
    true = height * gaussian_filter((valence + conduction + state) * transmission, 1.5) * 0.05
    step = 1e-3 * np.diff(bias)
    areas = np.cumsum((true[..., 1:] + true[..., :-1]) / 2 * step, axis=-1)
    current = 1e-9 * np.concatenate([np.zeros((12, 12, 1)), areas], axis=-1)
    current -= current[..., [energies // 2]]
    current += random.normal(0, amplifier, current.shape) + 2e-13
    lockin = (true + random.normal(0, 0.004, true.shape) - 0.02) / 3.42
    place = {"x": 1e-9 * np.arange(12), "y": 1e-9 * np.arange(12), "energy_units": "mV"}
    return (
        spectral_map(lockin, bias, signal_units="V", signal_name="dI/dV", **place),
        spectral_map(current, bias, signal_units="A", signal_name="Current", **place),
    )


def on_pairs(axes: Axes, lockin: xr.DataArray, current: xr.DataArray, found: xr.DataArray, most: int) -> None:
    """Draw the derivative of the current against the lock-in signal, and the line of a calibration."""
    volts = 1e-3 * lockin.energy.values
    rows = current.values.reshape(-1, volts.size)[:: max(1, current.shape[0] * current.shape[1] // 60)]
    signal = lockin.values.reshape(-1, volts.size)[:: max(1, lockin.shape[0] * lockin.shape[1] // 60)]
    slope = (rows[:, 2:] - rows[:, :-2]) / (volts[2:] - volts[:-2]) * 1e9
    x, y = signal[:, 1:-1].ravel(), slope.ravel()
    step = max(1, x.size // most)
    axes.plot(x[::step], y[::step], ".", ms=1.5, mew=0, color=FAINT, rasterized=True)
    edges = np.quantile(x, np.linspace(0, 1, 16))
    inside = [(x >= low) & (x <= high) for low, high in itertools.pairwise(edges)]
    axes.plot([x[one].mean() for one in inside], [y[one].mean() for one in inside], "o", ms=3, mew=0.7, mfc="white",
              mec=INK, zorder=3)  # fmt: skip
    a, b = lockin.values.ravel(), found.values.ravel()
    ends = np.argsort(a)[[0, -1]]
    axes.plot(a[ends], b[ends], "-", color=AFTER, lw=1.2)


def calibrate() -> Figure:
    """Draw the derivative of the current against the lock-in signal, and spectra in nS."""
    lockin, current = tunnelling(amplifier=1.5e-12)
    found = preparing.calibrate_lockin(lockin, current)
    print("calibrate:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2)
    on_pairs(left, lockin, current, found, 4000)
    named(left, "before: in volts", "lock-in (V)", "dI/dV from I(V) (nS)")
    for row, column in ((0, 0), (3, 5), (7, 2)):
        right.plot(found.energy, found[row, column], color=AFTER, lw=0.9)
    named(right, "after: in nS", "Bias (mV)", "dI/dV (nS)")
    return figure


def normalise() -> Figure:
    """Draw spectra at several heights of the tip, and divided by the broadened current over voltage."""
    lockin, current = tunnelling()
    calibrated = preparing.calibrate_lockin(lockin, current)
    found = preparing.normalise(calibrated, "feenstra", current, broadening=500)
    print("normalise:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2)
    order = np.argsort(calibrated.values.max(axis=2), axis=None)
    for index, colour, style in zip(order[[10, 72, 133]], (BEFORE, AFTER, THIRD), ("-", "--", "-."), strict=True):
        row, column = np.unravel_index(index, calibrated.shape[:2])
        left.plot(calibrated.energy, calibrated[row, column], style, color=colour, lw=0.9)
        right.plot(found.energy, found[row, column], style, color=colour, lw=0.9)
    named(left, "before: three heights", "Bias (mV)", "dI/dV (nS)")
    named(right, "after: one spectrum", "Bias (mV)", "(dI/dV) / (I/V)")
    return figure


def align() -> Figure:
    """Draw spectra that are shifted against each other, and aligned."""
    random, bias = np.random.default_rng(4), np.linspace(-100, 100, 121)
    shift = random.normal(0, 8, (1, 60, 1))
    spectra = 1 + np.exp(-((bias - 20 - shift) ** 2) / (2 * 9.0**2)) + 0.5 * np.exp(
        -((bias + 40 - shift) ** 2) / (2 * 7.0**2)
    )  # fmt: skip
    data = spectral_map(spectra + random.normal(0, 0.05, spectra.shape), bias, signal_units="nS", signal_name="dI/dV")
    found = preparing.align_energies(data)
    print("align:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2)
    for axes, one, title in ((left, data, "before"), (right, found, "after")):
        image = axes.imshow(one.values[0], origin="lower", aspect="auto", cmap="cividis", extent=(-100, 100, 0, 60),
                            vmin=0.9, vmax=2.1, interpolation="none")  # fmt: skip
        named(axes, title, "Bias (mV)", "spectrum" if axes is left else "")
    figure.colorbar(image, ax=right, label="dI/dV (nS)", pad=0.02)
    return figure


def background() -> Figure:
    """Draw a power law before an edge, and a smooth line under peaks."""
    random = np.random.default_rng(6)
    loss, shift = np.linspace(250, 420, 341), np.linspace(200, 1800, 600)
    edge = np.where(loss > 284, 4e3 * (1 + 1.5 * np.exp(-((loss - 292) ** 2) / 30)) * (284 / loss) ** 4, 0)
    counts = random.poisson(2.2e4 * (loss / 250) ** -3.1 + edge).astype(float)
    line = 900 + 500 * np.sin(shift / 700) + 0.2 * shift
    raman = line + sum(
        h / (1 + ((shift - c) / w) ** 2) for h, c, w in ((700, 1580, 12), (350, 1350, 20), (250, 520, 8))
    )
    raman = random.poisson(raman).astype(float)
    figure, rows = panels(2, 0.52, rows=2)
    eels, bright = (
        spectral_map(one[None, None], energy, energy_units=units, signal_units="counts")
        for one, energy, units in ((counts, loss, "eV"), (raman, shift, "1/cm"))
    )
    done = (
        (counts, loss, power_law(counts[None], loss, (255, 280))[0], "Energy loss (eV)", "power law, EELS",
         preparing.subtract_background(eels, "power-law", window=(255, 280))),
        (raman, shift, smooth_line(raman[None], 400 / (shift[1] - shift[0]))[0], "Raman shift (1/cm)", "als, Raman",
         preparing.subtract_background(bright, "als", width=400)),
    )  # fmt: skip
    for (left, right), (values, energy, fitted, name, title, found) in zip(rows, done, strict=True):
        print("background:", found.attrs["preparation"])
        left.plot(energy, values / 1e3, color=FAINT, lw=0.7)
        left.plot(energy, fitted / 1e3, color=BEFORE, lw=1.2, ls="--")
        right.plot(energy, found.values[0, 0] / 1e3, color=AFTER, lw=0.7)
        right.axhline(0, color=INK, lw=0.5)
        named(left, f"before: {title}", name, "10³ counts")
        named(right, "after", name)
    return figure


def smooth() -> Figure:
    """Draw a noisy spectrum, smoothed over more and more energies."""
    data = fese(noise=2.5)
    figure, (row,) = panels(3, 0.45)
    for axes, window in zip(row, (7, 15, 41), strict=True):
        found = preparing.smooth(data, window)
        axes.plot(data.energy, data[3, 4], color=FAINT, lw=0.6)
        axes.plot(data.energy, found[3, 4], color=AFTER if window < 41 else BEFORE, lw=1.1)
        named(
            axes,
            f"{window} energies" if window < 41 else "41: too many",
            "Bias (mV)",
            "dI/dV (nS)" if window == 7 else "",
        )
        if window > 7:
            axes.set_yticklabels([])
    return figure


def bins() -> Figure:
    """Draw a noisy map at one energy, as measured and binned."""
    data = fese(noise=5, size=64)
    found = preparing.bin_map(data, 2, 4)
    print("bin:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2, 0.5)
    low, high = np.percentile(found.sel(energy=0, method="nearest"), [0.5, 99.5])
    width = 1e9 * float(data.x[-1] + data.x[0])
    for axes, one, title in ((left, data, "before"), (right, found, "after")):
        picture(axes, one.sel(energy=0, method="nearest").values, title, width, "cividis", vmin=low, vmax=high)
    left.set_ylabel("y (nm)")
    figure.colorbar(right.images[0], ax=right, label="dI/dV (nS)", pad=0.02)
    return figure


def measured(path: str) -> Figure:
    """Draw calibration and normalisation of a measured grid."""
    lockin, current = open_map(path), open_map(path, channel="Current")
    calibrated = preparing.calibrate_lockin(lockin, current)
    found = preparing.normalise(calibrated, "feenstra", current, broadening=50)
    print("measured:", found.attrs["preparation"])
    figure, ((left, right),) = panels(2)
    on_pairs(left, lockin, current, calibrated, 6000)
    low, high = np.percentile(lockin.values, [0.05, 99.95])
    left.set_xlim(low - 0.1 * (high - low), high + 0.1 * (high - low))
    at = np.interp([low, high], np.sort(lockin.values.ravel()), np.sort(calibrated.values.ravel()))
    left.set_ylim(at[0] - 0.5 * np.ptp(at), at[1] + 0.5 * np.ptp(at))
    named(left, "calibration", f"lock-in ({lockin.attrs['units']})", "dI/dV from I(V) (nS)")
    middle = found.median(("y", "x"))
    low_band, high_band = (found.quantile(q, ("y", "x")) for q in (0.1, 0.9))
    right.fill_between(found.energy, low_band, high_band, color=AFTER, alpha=0.25, lw=0)
    right.plot(found.energy, middle, color=AFTER, lw=1.1)
    right.axhline(1, color=INK, lw=0.5, ls=":")
    named(right, "normalised", "Bias (mV)", "(dI/dV) / (I/V)")
    return figure


FIGURES: dict[str, Callable[[], Figure]] = {
    "despike": despike,
    "level": level,
    "drift": drift,
    "calibrate": calibrate,
    "align": align,
    "background": background,
    "normalise": normalise,
    "smooth": smooth,
    "bin": bins,
}


def main() -> int:
    """Draw all figures."""
    drawn = dict(FIGURES)
    if len(sys.argv) > 1:
        drawn["measured"] = lambda: measured(sys.argv[1])
    with matplotlib.rc_context(STYLE):
        for name, draw in drawn.items():
            file, path = io.BytesIO(), IMAGES / f"preparing-{name}.png"
            draw().savefig(file, dpi=DPI)
            Image.open(file).convert("RGB").quantize(128).save(path, optimize=True)
            print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
