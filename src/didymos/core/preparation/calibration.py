"""Calibration of a lock-in amplifier: its signal against the derivative of the recorded current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.numeric.robust import MAD_TO_SD


@dataclass(frozen=True)
class CalibrationSettings:
    """How the line is fitted.

    Attributes
    ----------
    outlying : float
        A spectrum whose slope deviates by so many robust standard deviations is set aside.
    rounds : int
        Fits at most.
    least : float
        A slope of fewer standard errors is none.
    fewest : int
        Spectra that are needed for a standard error.
    """

    outlying: float = 5.0
    rounds: int = 20
    least: float = 3.0
    fewest: int = 3


DEFAULTS = CalibrationSettings()


@dataclass(frozen=True)
class Sums:
    """What a regression needs of every spectrum, each array of shape (n_points,).

    Attributes
    ----------
    count
        Pairs of values.
    x, y
        Averages of the lock-in signal and of the conductance.
    xx, xy
        Sums of (x - average)^2 and of (x - average of x)(y - average of y).
    """

    count: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    xx: NDArray[np.float64]
    xy: NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """The line y = offset + slope x.

    Attributes
    ----------
    slope, error : float
        Conductance per unit of the lock-in signal, and its standard error.
    offset : float
        Conductance where the lock-in shows zero.
    spectra, outlying : int
        Spectra that the line is fitted to, and those set aside.
    """

    slope: float
    error: float
    offset: float
    spectra: int
    outlying: int

    def significant(self, settings: CalibrationSettings = DEFAULTS) -> bool:
        """Tell whether there is a slope at all."""
        return bool(np.isfinite(self.slope) and abs(self.slope) > settings.least * self.error)


def sums_of(lockin: ArrayLike, current: ArrayLike, bias: ArrayLike) -> Sums:
    """Return the sums of the regression of the derivative of the current on the lock-in signal.

    At every inner bias V_k the conductance is the central difference of the current,
    y_k = (I_{k+1} - I_{k-1}) / (V_{k+1} - V_{k-1}), an average of dI/dV from V_{k-1} to V_{k+1}. The lock-in signal is
    averaged over the same biases by the trapezoidal rule, so that curvature of the spectra does not bias the slope.

    Parameters
    ----------
    lockin, current : array_like, shape (n_points, n_energies)
        NaN where missing; such values and those beside them do not count.
    bias : array_like, shape (n_energies,)
        Strictly monotonic.

    Returns
    -------
    Sums
    """
    signal, flow = np.asarray(lockin, dtype=np.float64), np.asarray(current, dtype=np.float64)
    step = np.diff(np.asarray(bias, dtype=np.float64))
    wide = step[1:] + step[:-1]
    y = (flow[:, 2:] - flow[:, :-2]) / wide
    areas = step * (signal[:, 1:] + signal[:, :-1]) / 2
    x = (areas[:, 1:] + areas[:, :-1]) / wide
    known = np.isfinite(x) & np.isfinite(y)
    count = known.sum(axis=1).astype(np.float64)
    x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    middle_x, middle_y = (total / np.maximum(count, 1) for total in (x.sum(axis=1), y.sum(axis=1)))
    from_x, from_y = (np.where(known, a - b[:, None], 0.0) for a, b in ((x, middle_x), (y, middle_y)))
    return Sums(count, middle_x, middle_y, (from_x**2).sum(axis=1), (from_x * from_y).sum(axis=1))


def joined(parts: list[Sums]) -> Sums:
    """Return the sums of all parts of a map as those of the whole map."""
    return Sums(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("count", "x", "y", "xx", "xy")))


def calibration_of(sums: Sums, settings: CalibrationSettings = DEFAULTS) -> Calibration:
    """Fit the line through all spectra.

    slope = sum_i S_xy,i / sum_i S_xx,i with the sums of every spectrum i about the common average. The standard error
    treats a spectrum as one observation, since the noise of a derivative is correlated along it:
    error^2 = n/(n-1) sum_i (S_xy,i - slope S_xx,i)^2 / (sum_i S_xx,i)^2 (cluster-robust). Spectra with
    |S_xy,i - slope S_xx,i| / sqrt(S_xx,i) beyond `outlying` robust standard deviations are set aside, and the line is
    fitted anew until the same spectra remain. The derivative is taken as the noisy one of the two: noise of the
    lock-in of variance v lowers the slope by the share v / variance of the signal.

    Parameters
    ----------
    sums : Sums
    settings : CalibrationSettings

    Returns
    -------
    Calibration
        NaN where there are fewer than `fewest` spectra.

    References
    ----------
    K.-Y. Liang, S. L. Zeger, Biometrika 73, 13 (1986).
    """
    kept = sums.count > 1
    counted = int(kept.sum())
    slope, offset, residual, total = np.nan, np.nan, np.zeros(len(kept)), 0.0
    for _ in range(settings.rounds):
        if kept.sum() < settings.fewest:
            return Calibration(np.nan, np.nan, np.nan, int(kept.sum()), counted - int(kept.sum()))
        weight = np.where(kept, sums.count, 0.0)
        x, y = (float(np.average(middle, weights=weight)) for middle in (sums.x, sums.y))
        xx = sums.xx + sums.count * (sums.x - x) ** 2
        xy = sums.xy + sums.count * (sums.x - x) * (sums.y - y)
        total = float(xx[kept].sum())
        if total <= 0:
            return Calibration(np.nan, np.nan, np.nan, int(kept.sum()), counted - int(kept.sum()))
        slope = float(xy[kept].sum()) / total
        offset, residual = y - slope * x, xy - slope * xx
        size = np.abs(np.divide(residual, np.sqrt(xx), out=np.zeros_like(xx), where=xx > 0))
        limit = settings.outlying * MAD_TO_SD * float(np.median(size[kept]))
        fresh = (sums.count > 1) & (size <= limit)
        if limit == 0 or np.array_equal(fresh, kept):
            break
        kept = fresh
    number = int(kept.sum())
    error = float(np.sqrt(number / (number - 1) * (residual[kept] ** 2).sum()) / total)
    return Calibration(slope, error, offset, number, counted - number)
