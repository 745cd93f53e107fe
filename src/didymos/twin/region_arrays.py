"""The regions of a model as arrays of its file, and back."""

from __future__ import annotations

import numpy as np

from didymos.core.defects.regions import RegionModel
from didymos.twin.archive import Arrays


def region_arrays(regions: RegionModel) -> Arrays:
    """Return the curves of the regions as arrays of a model file, by name."""
    return {
        "region_score": regions.score,
        "region_beyond_majority": regions.beyond_majority,
        "region_minority": regions.minority,
    }


def regions_from(arrays: Arrays) -> RegionModel | None:
    """Return the curves of the regions from the arrays of a model file; ValueError where they are none."""
    if not any(name.startswith("region_") for name in arrays):
        return None
    score, beyond, minority = (
        np.asarray(arrays[f"region_{name}"], dtype=np.float64) for name in ("score", "beyond_majority", "minority")
    )
    if not score.shape == beyond.shape == minority.shape == (len(score),) or len(score) == 0:
        raise ValueError("the curves of the regions do not fit")
    if not (np.diff(score) > 0).all() or not np.isfinite([score, beyond, minority]).all():
        raise ValueError("the curves of the regions are no curves")
    return RegionModel(score, beyond, minority)
