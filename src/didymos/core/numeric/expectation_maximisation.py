"""Expectation maximisation of two Gaussians on a histogram, accelerated and compiled.

The steps are extrapolated (SQUAREM: Varadhan and Roland, Scand. J. Stat. 35, 335 (2008)), and an extrapolation that
lowers the likelihood is undone. Parameters are rows of an array: the log odds of the far component, both means, the
logarithms of both standard deviations.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.compiled import compiled

Floats = NDArray[np.float64]
SMALLEST_WEIGHT = 1e-12
LOG_ROOT_TWO_PI = math.log(2 * math.pi) / 2


def start(u: Floats, share: Floats, split: float, floor: float) -> Floats:
    """Return the parameters of the bins up to a split and of those beyond it, shape (5,)."""
    far = u > split
    weight = float(np.clip(share[far].sum(), SMALLEST_WEIGHT, 1 - SMALLEST_WEIGHT))
    theta = np.full(5, np.log(weight / (1 - weight)))
    for c, side in enumerate((~far, far)):
        total = share[side].sum()
        mean = share[side] @ u[side] / total if total > 0 else split
        variance = share[side] @ (u[side] - mean) ** 2 / total if total > 0 else 0.0
        theta[1 + c], theta[3 + c] = mean, np.log(max(np.sqrt(variance), floor))
    return theta


@compiled()
def climb(u: Floats, share: Floats, theta: Floats, floor: float, tolerance: float, cycles: int, basin: float) -> float:
    """Raise the likelihood of theta[0] to its local maximum; return the mean log-likelihood there.

    The climb takes at most so many cycles of three steps. The climb ends early where all parameters are nearer than
    `basin` to theta[4], a maximum found before. theta has shape (5, 5).
    """
    likelihood, middle, longest = -np.inf, -np.inf, 1.0
    for count in range(3 * cycles):
        # one call in a loop: written out thrice it takes thrice as long to compile
        stage = count % 3
        reached = _step(u, share, theta, stage + stage // 2, (stage + 1) % 3, floor)
        if stage == 0:
            away, gained, likelihood = 0.0, reached - likelihood, reached
            for k in range(5):
                away = max(away, abs(theta[0, k] - theta[4, k]))
            if gained < tolerance or away < basin:
                break
        elif stage == 1:
            middle = reached
            # steps grow only while they succeed, so that a fit stays in its basin
            longest *= 4 if _extrapolate(theta, longest) else 1
        elif reached < middle:
            longest = max(longest / 16, 1.0)
            for k in range(5):
                theta[0, k] = theta[2, k]
    return likelihood


@compiled()
def _extrapolate(theta: Floats, longest: float) -> bool:
    """Set theta[3] to the squared extrapolation of theta[0], theta[1], theta[2]; return whether it went all the way."""
    moved = bent = 0.0
    for k in range(5):
        moved += (theta[1, k] - theta[0, k]) ** 2
        bent += (theta[2, k] - 2 * theta[1, k] + theta[0, k]) ** 2
    length = min(max(math.sqrt(moved / bent), 1.0), longest) if bent > 0 else 1.0
    for k in range(5):
        bend = theta[2, k] - 2 * theta[1, k] + theta[0, k]
        theta[3, k] = theta[0, k] + 2 * length * (theta[1, k] - theta[0, k]) + length**2 * bend
    return length >= longest


@compiled()
def _step(u: Floats, share: Floats, theta: Floats, source: int, target: int, floor: float) -> float:
    """Make one step of expectation maximisation between rows of theta; return the mean log-likelihood before it."""
    near_mean, far_mean = theta[source, 1], theta[source, 2]
    near_sd, far_sd = max(math.exp(theta[source, 3]), floor), max(math.exp(theta[source, 4]), floor)
    weight = 1 / (1 + math.exp(-theta[source, 0]))
    near_height, far_height = (1 - weight) / near_sd, weight / far_sd
    near_width, far_width = -0.5 / near_sd**2, -0.5 / far_sd**2
    n0 = n1 = n2 = f0 = f1 = f2 = likelihood = 0.0
    for k in range(len(u)):
        near = near_height * math.exp(near_width * (u[k] - near_mean) ** 2) + 1e-300
        far = far_height * math.exp(far_width * (u[k] - far_mean) ** 2) + 1e-300
        total = near + far
        likelihood += share[k] * math.log(total)
        part = share[k] * near / total
        n0, n1, n2 = n0 + part, n1 + part * u[k], n2 + part * u[k] ** 2
        part = share[k] * far / total
        f0, f1, f2 = f0 + part, f1 + part * u[k], f2 + part * u[k] ** 2
    for k in range(5):
        theta[target, k] = theta[source, k]
    # a component without pairs stays as it is
    if n0 > SMALLEST_WEIGHT:
        theta[target, 1] = n1 / n0
        theta[target, 3] = math.log(max(math.sqrt(max(n2 / n0 - (n1 / n0) ** 2, 0.0)), floor))
    if f0 > SMALLEST_WEIGHT:
        theta[target, 2] = f1 / f0
        theta[target, 4] = math.log(max(math.sqrt(max(f2 / f0 - (f1 / f0) ** 2, 0.0)), floor))
    theta[target, 0] = math.log(max(f0, SMALLEST_WEIGHT) / max(n0, SMALLEST_WEIGHT))
    return likelihood - LOG_ROOT_TWO_PI
