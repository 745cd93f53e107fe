"""How the contrastive loss fell during training."""

from __future__ import annotations

import numpy as np
import xarray as xr

from didymos.plots.checked import styled
from didymos.plots.sheets import AxesLike, Panels, Size, sheet
from didymos.plots.styling import NEAR_COLOUR, logarithmic
from didymos.plots.units import plain


@styled("training_loss")
def training_loss(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Panels:
    """Draw the loss on held-out pairs during training, one line for each twin of the ensemble.

    Parameters
    ----------
    result : xarray.Dataset
        With ``training_loss``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure, one for each network.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    loss = result["training_loss"].transpose("network", "step", "member")
    names = [plain(name) for name in loss["network"].values]
    panels = sheet(ax, [list("abcdefgh"[: len(names)])], 2.0, sharex=True, figsize=figsize)
    steps = loss["step"].values
    for panel, name, values in zip(panels.axes, names, loss.values, strict=True):
        known = np.isfinite(values).any(axis=1)
        panel.plot(steps[known], values[known], color=NEAR_COLOUR, linewidth=0.8, alpha=0.8)
        if not (values[known] <= 0).any():
            panel.set_yscale("log")
            logarithmic(panel.yaxis)
        panel.set(xlabel="training step (batches)")
        panel.set_title(f"{name} network", loc="right", pad=3)
    panels.axes[0].set_ylabel("contrastive loss (margin²)")
    panels.letters()
    return panels.several
