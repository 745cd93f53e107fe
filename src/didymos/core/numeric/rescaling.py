"""Logarithmic rescaling of distances."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_rescale(distance: NDArray[np.floating], offset: float) -> NDArray[np.float64]:
    """Return log(d + n), the paper's rescaling of distances (Fig. 4b).

    Parameters
    ----------
    distance : array
        Distances d.
    offset : float
        n, positive, in the units of d.
    """
    return np.asarray(np.log(distance + offset), dtype=np.float64)
