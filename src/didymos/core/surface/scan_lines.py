"""Scan lines that another tip has measured: they differ from those beside them as a whole, and are no defects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, median_filter

from didymos.core.numeric.robust import MAD_TO_SD

LINE_WIDTH = 17
"""Points, in the order of the scan, whose median contrast is that of the tip; a map has twice as many columns."""

LINE_LIMIT = 12.0
"""Standard errors by which the median contrast of a line differs from that of all where another tip has measured it.
Smooth surfaces reach 10, since points beside each other are alike."""


def line_offsets(residual: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the local contrast owes to the tip in lines that stand out from those beside them.

    A tip that changes for some lines shifts their spectra; no point stands out from its line, but all do from their
    surroundings. In the lines whose median contrast differs from that of the map, and in those beside them, the running
    median of the contrast in the order of the scan is that shift; elsewhere it is 0.

    Parameters
    ----------
    residual : array, shape (n_rows, n_columns, n_features)
        Local contrast, rows being scan lines; NaN where unknown.

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
        0 where the contrast is unknown.
    """
    offset = np.zeros_like(residual)
    known = np.asarray(np.isfinite(residual).all(axis=-1))
    count = known.sum(axis=1)
    if residual.shape[1] < 2 * LINE_WIDTH or not known.any():
        return offset
    values = residual[known]
    middle = np.median(values, axis=0)
    spread = MAD_TO_SD * np.median(np.abs(values - middle), axis=0)
    odd = np.zeros(len(residual), dtype=bool)
    for line in np.flatnonzero(count >= LINE_WIDTH):
        away = np.abs(np.median(residual[line][known[line]], axis=0) - middle)
        # the standard error of a median is sqrt(pi / 2) times that of a mean
        odd[line] = bool(np.any(away > LINE_LIMIT * spread * np.sqrt(np.pi / 2 / count[line])))
    if odd.any():
        # part of a line may be measured before the tip changes
        near = np.asarray(binary_dilation(odd), dtype=bool)[np.nonzero(known)[0]]
        running = np.stack([median_filter(column, LINE_WIDTH, mode="nearest") for column in values.T], axis=1)
        offset[known] = np.where(near[:, np.newaxis], running, 0.0)
    return offset
