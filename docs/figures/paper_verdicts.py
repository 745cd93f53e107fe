"""Whether a claim holds: the words of the last column, and numbers that several claims share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

YES, PARTLY, NO = "yes", "partly", "no"
ANGLES = 180


@dataclass(frozen=True)
class Here:
    """What was found: a number in words, and whether the claim holds."""

    words: str
    holds: str


def graded(value: float, yes: float, partly: float) -> str:
    """Return yes, partly or no for a value that must be large (with yes under partly: small)."""
    sign = 1 if yes >= partly else -1
    return YES if sign * value >= sign * yes else PARTLY if sign * value >= sign * partly else NO


def number(value: float, digits: int = 2) -> str:
    """Return a number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def precision(values: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """Return the average precision of finding the vacancies (1) against the surface (0), others not counted."""
    counted = truth >= 0
    return float(average_precision_score(truth[counted] == 1, values[counted]))


def best_direction(plane: NDArray[np.floating], truth: NDArray[np.integer]) -> tuple[float, NDArray[np.float64]]:
    """Return the average precision along the best direction of a plane, and the positions along it."""
    angle = np.linspace(0, 2 * np.pi, 2 * ANGLES, endpoint=False)
    every = plane @ np.stack([np.cos(angle), np.sin(angle)])
    found = [precision(places, truth) for places in every.T]
    return max(found), every[:, int(np.argmax(found))]


def skewness(centres: NDArray[np.floating], density: NDArray[np.floating]) -> float:
    """Return the skewness of a histogram."""
    share = density / density.sum()
    deviation = centres - share @ centres
    return float(share @ deviation**3 / (share @ deviation**2) ** 1.5)
