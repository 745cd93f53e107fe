"""What was found out about the noise of a map, in sentences."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.linear import LinearMetric

REPORTED = 1.25
"""From this ratio of the noisiest to the quietest spectra on, their noise levels are reported."""


def noise_notes(metric: LinearMetric, level: NDArray[np.float64]) -> tuple[str, ...]:
    """Return how the noise depends on energy, signal and spectrum, and what was done about it.

    Parameters
    ----------
    metric : LinearMetric
    level : array, shape (n_usable,)
        Noise of every spectrum over the usual noise.

    Returns
    -------
    tuple of str
        One sentence each; empty for a metric that knows no noise.
    """
    if not metric.whitened:
        return ()
    notes = []
    if metric.stabilisation is None:
        notes.append("Every energy is divided by its noise, which does not depend on the signal.")
    else:
        slope = metric.stabilisation.slope
        notes.append(
            f"The variance of the noise {'grows' if slope > 0 else 'falls'} with the signal, by {abs(slope):.3g} per "
            "unit: the spectra are transformed so that the noise is the same at every signal."
        )
    if metric.set_point is not None:
        names = [name for name in ("gain", "offset") if getattr(metric.set_point, name)]
        verb = "varies" if len(names) == 1 else "vary"
        notes.append(
            f"The {' and the '.join(names)} of the spectra {verb} from point to point without regard to neighbours: "
            "a nuisance, which is removed."
        )
    low, high = np.quantile(level, (0.05, 0.95))
    if high > REPORTED * low:
        notes.append(
            f"The noise of single spectra is {low:.2g} to {high:.2g} times the usual one (nine tenths of them): what "
            "differs is compared with the noise of its own spectrum."
        )
    return tuple(notes)
