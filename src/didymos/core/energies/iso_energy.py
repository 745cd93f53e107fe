"""The simple reference labelling: a slice of the map at one energy, cut in two at Otsu's level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.energies.settings import EnergySettings

DEFAULTS = EnergySettings()


@dataclass(frozen=True)
class TwoLevels:
    """Values cut in two at Otsu's level.

    Attributes
    ----------
    level : float
        In the middle between the two values at the cut; the value itself where all are the same, NaN where there is
        none.
    explained : float
        Share of the variance of the values that the means of the two classes explain, 0 to 1; NaN where nothing varies.
    low, high : float
        Mean of the values at or below and above the level, NaN for a class without values.
    share_above : float
        Share of the values above the level, NaN without values.
    """

    level: float
    explained: float
    low: float
    high: float
    share_above: float


def otsu_level(values: NDArray[np.floating]) -> float:
    """Find the level that cuts values into the two classes that differ most (Otsu 1979).

    The level maximises the variance between the classes, w_0 w_1 (m_1 - m_0)^2, with the shares w and means m of the
    values below and above it, over every possible cut of the sorted values.

    Parameters
    ----------
    values : array, any shape
        Any unit; non-finite values are left out.

    Returns
    -------
    float
        In the middle between the two values at the cut; the value itself where all are the same, NaN where there is
        none.
    """
    return two_levels(values).level


def two_levels(values: NDArray[np.floating]) -> TwoLevels:
    """Cut values in two at Otsu's level and return the share of variance it explains, w_0 w_1 (m_1 - m_0)^2 / s^2.

    Parameters
    ----------
    values : array, any shape
        Any unit; non-finite values are left out.

    Returns
    -------
    TwoLevels
        With w the share and m the mean of the values of each class, and s^2 the variance of all. A normal distribution
        reaches 2/pi, a uniform one 3/4, two values 1.
    """
    finite = np.sort(values[np.isfinite(values)].astype(np.float64), axis=None)
    missing = float("nan")
    if finite.size == 0:
        return TwoLevels(missing, missing, missing, missing, missing)
    if finite[0] == finite[-1]:
        return TwoLevels(float(finite[0]), missing, float(finite[0]), missing, 0.0)
    # centred and of size 1: neither an offset nor tiny units cost digits
    centred = finite - finite.mean()
    centred /= np.abs(centred).max()
    below = np.arange(1, finite.size) / finite.size
    # with a mean of zero w_0 w_1 (m_1 - m_0)^2 = (w_0 m_0)^2 / (w_0 w_1)
    between = (np.cumsum(centred)[:-1] / finite.size) ** 2 / (below * (1 - below))
    between[np.diff(finite) == 0] = -1.0
    best = int(between.argmax())
    under, over = finite[best], finite[best + 1]
    # between neighbouring floats the middle may round up to the upper one, which would then count as below
    level = min(under + (over - under) / 2, np.nextafter(over, under))
    return TwoLevels(
        level=float(level),
        explained=min(float(between[best] / np.mean(centred**2)), 1.0),
        low=float(finite[: best + 1].mean()),
        high=float(finite[best + 1 :].mean()),
        share_above=(finite.size - best - 1) / finite.size,
    )


def segment(values: NDArray[np.floating], level: float) -> NDArray[np.int8]:
    """Label values by a level.

    Parameters
    ----------
    values : array, any shape
    level : float
        In the units of the values.

    Returns
    -------
    array of int8, same shape
        1 above the level, 0 at or below it, -1 where missing (NaN).
    """
    return np.where(np.isnan(values), -1, values > level).astype(np.int8)


def choose_energy(values: NDArray[np.floating], *, settings: EnergySettings = DEFAULTS) -> int:
    """Choose the energy whose slice falls apart most clearly into a majority and a minority.

    At up to 128 evenly spaced energies, Otsu's split is rated by the share of the variance that it explains times the
    share of the spectra in its larger class, eta max(w_0, w_1) with eta = w_0 w_1 (m_1 - m_0)^2 / s^2. A broad
    variation of the whole surface cut in its middle reaches 1/3 (normal) to 1/2 (two levels), a few spectra well apart
    from all others nearly 1.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Any unit; non-finite values are left out. Leave out corrupted spectra first: one spike would win.
    settings : EnergySettings

    Returns
    -------
    int
        Index of the energy; that in the middle where nothing varies.
    """
    energies = values.shape[1]
    count = min(energies, settings.most_energies)
    candidates = np.unique(np.linspace(0, energies - 1, count).round().astype(int))
    ratings = np.zeros(len(candidates))
    for position, index in enumerate(candidates):
        cut = two_levels(values[:, index])
        # NaN where nothing varies
        if cut.explained > 0:
            ratings[position] = cut.explained * max(cut.share_above, 1 - cut.share_above)
    return int(candidates[ratings.argmax()]) if ratings.max() > 0 else energies // 2
