"""How the contrastive loss fell during training."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from didymos.plots.styling import NEAR_COLOUR, AxesLike, logarithmic, sheet, styled
from didymos.plots.units import plain


@styled
def training_loss(result: xr.Dataset, axes: AxesLike = None) -> Figure:
    """Draw the loss on held-out pairs during training, one line for each twin of the ensemble.

    Parameters
    ----------
    result : xarray.Dataset
        With ``training_loss``.
    axes : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure, one for each network.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    loss = result["training_loss"].transpose("network", "step", "member")
    names = [plain(name) for name in loss["network"].values]
    panels = sheet(axes, [list("abcdefgh"[: len(names)])], 2.0, sharex=True)
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
    return panels.figure
