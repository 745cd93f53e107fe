"""Scan lines after a tip change: they differ from those beside them as a whole, and are no defects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, median_filter

from didymos.core.numeric.robust import MAD_TO_SD
from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()


def line_offsets(residual: NDArray[np.float64], *, settings: NeighbourhoodSettings = DEFAULTS) -> NDArray[np.float64]:
    """Return what the local contrast owes to the tip in lines that stand out from those beside them.

    A tip that changes for some lines shifts their spectra; no point stands out from its line, but all do from their
    neighbourhood. In the lines whose median contrast differs from that of the map, and in those beside them, the
    running median of the contrast in the order of the scan is that shift; elsewhere the shift is 0.

    Parameters
    ----------
    residual : array, shape (n_rows, n_columns, n_features)
        Local contrast, rows being scan lines; NaN where unknown.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
        0 where the contrast is unknown.
    """
    offset = np.zeros_like(residual)
    known = np.asarray(np.isfinite(residual).all(axis=-1))
    count = known.sum(axis=1)
    if residual.shape[1] < 2 * settings.line_width or not known.any():
        return offset
    values = residual[known]
    middle = np.median(values, axis=0)
    spread = MAD_TO_SD * np.median(np.abs(values - middle), axis=0)
    shifted = np.zeros(len(residual), dtype=bool)
    limit = settings.line_limit
    for line in np.flatnonzero(count >= settings.line_width):
        away = np.abs(np.median(residual[line][known[line]], axis=0) - middle)
        # the standard error of a median is sqrt(pi / 2) times that of a mean
        shifted[line] = bool(np.any(away > limit * spread * np.sqrt(np.pi / 2 / count[line])))
    if shifted.any():
        # part of a line may come before the tip change
        near = np.asarray(binary_dilation(shifted), dtype=bool)[np.nonzero(known)[0]]
        width = settings.line_width
        running = np.stack([median_filter(column, width, mode="nearest") for column in values.T], axis=1)
        offset[known] = np.where(near[:, np.newaxis], running, 0.0)
    return offset
