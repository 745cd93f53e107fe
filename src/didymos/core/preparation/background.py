"""Background: a power law before an edge (EELS), and a smooth line under the peaks (Raman, CL)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.preparation.gaps import straight


@dataclass(frozen=True)
class BackgroundSettings:
    """How a background is fitted.

    Attributes
    ----------
    fewest : int
        Positive values that a power law needs.
    rounds : int
        Fits of a smooth line at most.
    tolerance : float
        Relative change of the weights at which a smooth line is found.
    """

    fewest: int = 3
    rounds: int = 50
    tolerance: float = 1e-3


DEFAULTS = BackgroundSettings()


def power_law(
    spectra: ArrayLike, energy: ArrayLike, window: tuple[float, float], settings: BackgroundSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return the power law A E^-r through a window before an edge, at all energies.

    ln s = ln A - r ln E is fitted by least squares to the positive values in the window, with the weights s of
    counting statistics, where the variance of ln s is 1/s.

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
        NaN where missing.
    energy : array_like, shape (n_energies,)
        Energy losses; the window is positive.
    window : (float, float)
        Lowest and highest energy of the fit.
    settings : BackgroundSettings

    Returns
    -------
    array, shape (n_points, n_energies)
        NaN at energies that are not positive, and for spectra with too few positive values in the window.

    References
    ----------
    R. F. Egerton, Electron Energy-Loss Spectroscopy in the Electron Microscope, 3rd ed., section 4.4 (Springer, 2011).
    """
    values, axis = np.asarray(spectra, dtype=np.float64), np.asarray(energy, dtype=np.float64)
    inside = (axis >= window[0]) & (axis <= window[1]) & (axis > 0)
    part = values[:, inside]
    counted = np.isfinite(part) & (part > 0)
    weight = np.where(counted, part, 0.0)
    # of one size, so that no unit of the signal matters
    weight /= np.maximum(weight.max(axis=1, initial=0.0), np.finfo(float).tiny)[:, None]
    x, y = np.log(axis[inside]), np.log(np.where(counted, part, 1.0))
    whole = weight.sum(axis=1)
    total = np.where(whole > 0, whole, 1.0)
    middle_x, middle_y = weight @ x / total, (weight * y).sum(axis=1) / total
    from_x = x - middle_x[:, None]
    spread = (weight * from_x**2).sum(axis=1)
    fitted = (counted.sum(axis=1) >= settings.fewest) & (spread > 0)
    rate = np.divide((weight * from_x * y).sum(axis=1), spread, out=np.full(len(values), np.nan), where=fitted)
    found = np.full(values.shape, np.nan)
    positive = axis > 0
    found[:, positive] = np.exp(middle_y[:, None] + rate[:, None] * (np.log(axis[positive]) - middle_x[:, None]))
    return found


def stiffness(width: float) -> float:
    """Return the penalty of the second differences, lambda = (width / 2 pi)^4.

    The smoother 1 / (1 + lambda (2 sin(w/2))^4) passes half of a wave with a period of `width` energies.
    """
    return float((width / (2 * np.pi)) ** 4)


def smooth_line(spectra: ArrayLike, width: float, settings: BackgroundSettings = DEFAULTS) -> NDArray[np.float64]:
    """Return the smooth line under the peaks of every spectrum: asymmetric least squares.

    The line z minimises sum_i w_i (s_i - z_i)^2 + lambda sum_i (z_{i-1} - 2 z_i + z_{i+1})^2. The weights w are 1 where
    the spectrum lies under the line or within the noise above it, and fall to 0 at peaks
    (:func:`pybaselines.whittaker.arpls`, which reads the noise from what lies below the line, so that the line runs
    through the noise and not under it).

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
        Evenly spaced in energy; gaps are bridged by straight lines, for the fit only.
    width : float
        Number of energies: structures that are broader belong to the background.
    settings : BackgroundSettings

    Returns
    -------
    array, shape (n_points, n_energies)
        NaN for spectra without a value.

    References
    ----------
    S.-J. Baek, A. Park, Y.-J. Ahn, J. Choo, Analyst 140, 250 (2015).
    """
    from pybaselines import Baseline

    values = np.asarray(spectra, dtype=np.float64)
    measured = np.isfinite(values)
    rows = np.flatnonzero(measured.any(axis=1))
    found = np.full(values.shape, np.nan)
    fitter = Baseline(np.arange(values.shape[1]), check_finite=False)
    for row in rows:
        gaps = not measured[row].all()
        scale = float(np.abs(values[row, measured[row]]).max()) or 1.0
        spectrum = values[row] / scale
        if gaps:
            spectrum = straight(spectrum[None], measured[row][None])[0].astype(np.float64)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a line that still changes a little after the last round is one, too
            line, _ = fitter.arpls(spectrum, lam=stiffness(width), max_iter=settings.rounds, tol=settings.tolerance)
        found[row] = line * scale
    return found
