"""The simple reference labelling, and the score against the truth of a simulation."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.lines import Line2D

from didymos.plots.checked import styled
from didymos.plots.maps import draw_flags, draw_outlines, draw_values, handle, level, map_sheet, over_space, signal_map
from didymos.plots.numbers import number
from didymos.plots.regions import kind_colour
from didymos.plots.sheets import AxesLike, Colours, Panels, Size
from didymos.plots.styling import FAINT, HEIGHT_COLOURS, SCORE_COLOURS
from didymos.plots.units import plain, units_of

REFERENCE = "#009e73"


@styled("iso_energy_label", "score", "spectra")
def iso_energy(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = HEIGHT_COLOURS
) -> Panels:
    """Draw the signal at one energy with the points above its Otsu level outlined, beside the score (Fig. 2a).

    Parameters
    ----------
    result : xarray.Dataset
        With ``iso_energy_label`` (attribute ``energy``: where the slice was taken), ``spectra`` and ``score``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels, where = map_sheet(result, ax, 2, figsize)
    energy = result["iso_energy_label"].attrs.get("energy")
    values, name = signal_map(result, None if energy is None else float(energy))
    above = over_space(result, "iso_energy_label") == 1
    draw_values(panels, panels.axes[0], where, values, name, cmap)
    draw_flags(panels.axes[0], where, result, artefacts=False)
    score = over_space(result, "score")
    draw_values(panels, panels.axes[1], where, score, "score (0 to 1)", SCORE_COLOURS, (0, 1))
    draw_flags(panels.axes[1], where, result)
    for panel in panels.axes:
        draw_outlines(panel, where, above, REFERENCE)
    panels.letters()
    at = "" if energy is None else f" at {number(energy)} {plain(units_of(result['energy']))}".rstrip()
    text = f"above the Otsu level{at} ({int(above.sum())})"
    panels.legend([handle(where, text, REFERENCE, outlined=True)], panel=1)
    return panels.several


@styled("truth_amplitude", "score")
def score_against_truth(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SCORE_COLOURS
) -> Panels:
    """Draw the true amplitude of the defects of a simulation, and the score over it.

    Parameters
    ----------
    result : xarray.Dataset
        With ``score``, ``truth_amplitude`` and, where known, ``truth_kind``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels, where = map_sheet(result, ax, 2, figsize, share=False)
    over_map, against = panels.axes
    amplitude, score = over_space(result, "truth_amplitude"), over_space(result, "score").ravel()
    highest = float(np.nanmax(amplitude, initial=0)) or 1.0
    draw_values(panels, over_map, where, amplitude, "true amplitude (0 to 1)", cmap, (0, max(highest, 1)))
    kind = over_space(result, "truth_kind").ravel() if "truth_kind" in result else np.zeros(score.size)
    handles: list[Artist] = []
    for which in np.unique(kind[np.isfinite(kind)]).astype(int):
        chosen, colour = kind == which, FAINT if which <= 0 else kind_colour(int(which))
        against.scatter(
            amplitude.ravel()[chosen],
            score[chosen],
            s=4,
            linewidth=0,
            alpha=0.7,
            color=colour,
            rasterized=score.size > 2000,
        )
        name = "no defect" if which <= 0 else f"true kind {which}"
        if "truth_kind" in result:
            handles.append(Line2D([], [], marker="o", markersize=3, linestyle="", color=colour, label=name))
    against.set(xlabel="true amplitude (0 to 1)", ylabel="score (0 to 1)", xlim=(-0.03, max(highest, 1) + 0.03))
    against.set_ylim(-0.03, 1.03)
    level(panels, where)
    panels.letters()
    panels.legend(handles, panel=1)
    return panels.several
