"""Correlation of a map between every two energies, the energy windows in it, and the weight moved between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from didymos.core.energies.settings import EnergySettings
from didymos.core.numeric.rows import Spectra, over_rows

DEFAULTS = EnergySettings()
BLOCK = 2048
FEW_ENERGIES = 512
"""Energies beyond which the two ends of a spectrum of eigenvalues are found by Lanczos iteration."""


@dataclass(frozen=True)
class EnergyWindow:
    """Neighbouring energies that vary together.

    Attributes
    ----------
    start, stop : float
        First and last energy in the window, in the units of the energies.
    sign : int
        +1 for the window that holds most of the leading mode and those that vary with it, -1 for those that vary
        against it.
    strength : float
        Mean correlation of the window's energies with those of all windows of opposite sign (-1 is complete
        anticorrelation); NaN where there is none.
    """

    start: float
    stop: float
    sign: int
    strength: float


def energy_correlation(covariance: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Pearson correlation of every two energies, R_ij = C_ij / sqrt(C_ii C_jj).

    Parameters
    ----------
    covariance : array, shape (n_energies, n_energies)
        C, in squared units of the spectra.

    Returns
    -------
    array, shape (n_energies, n_energies)
        Without unit, between -1 and 1; NaN in the rows and columns of energies where nothing varies.
    """
    sd = np.sqrt(np.maximum(np.diagonal(covariance).astype(np.float64), 0.0))
    sd[~(sd > 0)] = np.nan
    correlation = np.clip(covariance / np.outer(sd, sd), -1.0, 1.0)
    np.fill_diagonal(correlation, np.where(np.isnan(sd), np.nan, 1.0))
    return np.asarray(correlation)


def energy_windows(
    correlation: NDArray[np.floating],
    energy: NDArray[np.floating],
    *,
    spectra: int | None = None,
    settings: EnergySettings = DEFAULTS,
) -> list[EnergyWindow]:
    """Find the energy windows of a correlation map: runs of energies that vary together, or against each other.

    The leading mode u of the correlation, sum_j R_ij w_j u_j = lambda u_i with the width w_j of each energy and
    without the pairs of neighbouring energies, is what most energies have in common; r_i, the correlation of energy i
    with it, carries the sign pattern. Averaged over the least width, a window is a run of energies of one sign with
    |r| at least a share of its largest value (`EnergySettings.level`).

    Parameters
    ----------
    correlation : array, shape (n_energies, n_energies)
        R, as from :func:`energy_correlation`; NaN where unknown.
    energy : array, shape (n_energies,)
        Strictly ascending or descending, any spacing.
    spectra : int, optional
        Number of spectra that R comes from. Give it where known: without it, noise of few energies or of fewer spectra
        than energies can pass for a mode.
    settings : EnergySettings

    Returns
    -------
    list of EnergyWindow
        In the order of the energies. Empty where no mode stands over the noise or fewer than three energies vary;
        windows of sign +1 only, one where all energies vary together (a common gain), where none are anticorrelated.

    Notes
    -----
    Without the neighbouring pairs, noise has eigenvalues of nearly equal size on both sides of zero while a mode only
    has a large positive one, so the most negative one shows how far noise reaches: -2 sqrt(c) + c against
    2 sqrt(c) + c for c energies to a spectrum (Marchenko and Pastur 1967), at most three times as far. Noise that
    is correlated over more than `EnergySettings.local_width` of the range passes for a mode.
    """
    width = _cell_widths(energy)
    loading = _leading_loading(correlation, energy, width, spectra, settings)
    if loading is None:
        return []
    narrowest = settings.minimum_width * width.sum()
    smooth = _running_mean(loading, width, narrowest)
    label = np.where(np.abs(smooth) >= settings.level * np.abs(smooth).max(), np.sign(smooth), 0).astype(int)
    runs = _runs(label, width, narrowest)
    if not runs:
        return []
    weights = [float((width * loading**2)[run].sum()) for run, _ in runs]
    first = runs[int(np.argmax(weights))][1]
    return [
        EnergyWindow(
            start=float(min(energy[run.start], energy[run.stop - 1])),
            stop=float(max(energy[run.start], energy[run.stop - 1])),
            sign=sign * first,
            strength=_strength(correlation, width, run, [other for other, opposite in runs if opposite == -sign]),
        )
        for run, sign in runs
    ]


def window_weights(
    values: Spectra, energy: NDArray[np.floating], windows: Sequence[EnergyWindow]
) -> NDArray[np.float64]:
    """Integrate every spectrum over windows, W_i = integral of x_i(E) dE (trapezoids between the true energies).

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        In memory or not.
    energy : array, shape (n_energies,)
        Strictly ascending or descending.
    windows : sequence of EnergyWindow
        Energies outside a window count nothing; a window of one energy has no width and integrates to 0.

    Returns
    -------
    array, shape (n_points, n_windows)
        In units of the spectra times those of the energies; NaN for spectra with a NaN in the window.
    """
    parts = []
    for window in windows:
        inside = np.flatnonzero((energy >= window.start) & (energy <= window.stop))
        columns = slice(int(inside[0]), int(inside[-1]) + 1) if inside.size else slice(0, 0)
        parts.append((columns, _cell_widths(energy[columns])))

    def weights(block: NDArray[np.floating]) -> NDArray[np.float64]:
        each = [block[:, columns].astype(np.float64) @ trapezoid for columns, trapezoid in parts]
        return np.reshape(each, (len(parts), len(block))).T

    found = np.empty((len(values), len(parts)))
    for rows, part in over_rows(weights, values, BLOCK):
        found[rows] = part
    return found


def weight_transfer(majority: NDArray[np.floating], minority: NDArray[np.floating]) -> tuple[float, float]:
    """Return the spectral weight that the minority has more than the majority in a window, and its standard error.

    With the integrals W of :func:`window_weights`, the transfer is mean(W_minority) - mean(W_majority) and its error
    sqrt(var(W_minority) / n_minority + var(W_majority) / n_majority).

    Parameters
    ----------
    majority, minority : array, shape (n,)
        The integrals of the spectra of both regions; NaN are left out.

    Returns
    -------
    transfer, error : float
        In units of the spectra times those of the energies; the transfer is NaN without spectra in one region, the
        error where one has fewer than two.

    Notes
    -----
    The error counts the spectra as independent. Neighbours on a surface are not: where a structure covers k pixels
    the true error is up to sqrt(k) larger.
    """
    averages, variances = [], []
    for every in (minority, majority):
        weights = every[np.isfinite(every)]
        averages.append(float(weights.mean()) if weights.size else np.nan)
        variances.append(float(weights.var(ddof=1)) / weights.size if weights.size > 1 else np.nan)
    return averages[0] - averages[1], float(np.sqrt(sum(variances)))


def _cell_widths(energy: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the trapezoid weight of every energy, shape (n_energies,), positive."""
    if len(energy) == 0:
        return np.zeros(0)
    half_steps = np.abs(np.diff(energy)) / 2
    return np.asarray(np.append(half_steps, 0.0) + np.append(0.0, half_steps), dtype=np.float64)


def _leading_loading(
    correlation: NDArray[np.floating],
    energy: NDArray[np.floating],
    width: NDArray[np.float64],
    spectra: int | None,
    settings: EnergySettings,
) -> NDArray[np.float64] | None:
    """Return the correlation of every energy with the leading mode, or None where it does not stand over the noise."""
    known = np.isfinite(np.diagonal(correlation)) & (width > 0)
    count = int(known.sum())
    if count < 3:
        return None
    root = np.where(known, np.sqrt(width / width[known].mean()), 0.0)
    symmetric = np.where(np.outer(known, known), correlation, 0.0).astype(np.float64) * np.outer(root, root)
    # a rounding error must not decide over energies exactly as far apart as that
    local = np.abs(np.subtract.outer(energy, energy)) <= (1 + 1e-6) * settings.local_width * width.sum()
    np.fill_diagonal(local, True)
    distant = np.where(local, 0.0, symmetric)
    lowest, highest, vector = _ends(distant)
    ratio = 1 - np.sqrt(1 - min(max(-lowest, 0.0), 1.0))  # sqrt(c) from -lowest = 2 sqrt(c) - c
    edge = max(-lowest * (2 + ratio) / (2 - ratio), 0.0)
    if spectra is not None:
        drawn = np.sqrt(count / max(spectra - 1, 1))
        edge = max(edge, 2 * drawn + drawn**2)
    if highest <= settings.noise_margin * edge or highest <= 1e-6:
        return None
    variance = float(vector @ symmetric @ vector)
    return np.asarray(highest * np.divide(vector, root, out=np.zeros_like(root), where=root > 0) / np.sqrt(variance))


def _ends(symmetric: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64]]:
    """Return the smallest and the largest eigenvalue, and the eigenvector of the largest."""
    last = len(symmetric) - 1
    if last < FEW_ENERGIES:
        values, vectors = scipy.linalg.eigh(symmetric, subset_by_index=(last, last))
        lowest = scipy.linalg.eigh(symmetric, subset_by_index=(0, 0), eigvals_only=True)
    else:
        # from a fixed start, so that the same map has the same windows
        start = np.ones(len(symmetric))
        values, vectors = eigsh(symmetric, k=1, which="LA", v0=start)
        lowest = eigsh(symmetric, k=1, which="SA", v0=start, return_eigenvectors=False)
    return float(lowest[0]), float(values[0]), np.asarray(vectors[:, 0])


def _running_mean(values: NDArray[np.float64], width: NDArray[np.float64], span: float) -> NDArray[np.float64]:
    """Average over a span of energies centred on each, shorter at the ends, shape (n_energies,)."""
    edges = np.concatenate([[0.0], np.cumsum(width)])
    total = np.concatenate([[0.0], np.cumsum(width * values)])
    centre = (edges[1:] + edges[:-1]) / 2
    low = np.maximum(centre - span / 2, 0.0)
    high = np.minimum(centre + span / 2, edges[-1])
    return np.asarray((np.interp(high, edges, total) - np.interp(low, edges, total)) / (high - low))


def _runs(label: NDArray[np.int_], width: NDArray[np.float64], narrowest: float) -> list[tuple[slice, int]]:
    """Return the runs of +1 and of -1, gaps narrower than `narrowest` within one sign closed, narrower runs dropped."""
    cuts = np.flatnonzero(np.diff(label)) + 1
    pieces = [
        (slice(int(start), int(stop)), int(label[start]))
        for start, stop in zip([0, *cuts], [*cuts, len(label)], strict=True)
    ]
    wide = [(piece, sign) for piece, sign in pieces if sign != 0]
    runs: list[tuple[slice, int]] = []
    for piece, sign in wide:
        if runs and runs[-1][1] == sign and width[runs[-1][0].stop : piece.start].sum() < narrowest:
            runs[-1] = (slice(runs[-1][0].start, piece.stop), sign)
        else:
            runs.append((piece, sign))
    # a rounding error must not decide over a window of exactly the least width
    return [(run, sign) for run, sign in runs if width[run].sum() > (1 - 1e-6) * narrowest]


def _strength(
    correlation: NDArray[np.floating], width: NDArray[np.float64], run: slice, opposite: list[slice]
) -> float:
    """Return the mean correlation of a run with those of opposite sign, every energy by its width."""
    if not opposite:
        return float("nan")
    total, share = 0.0, 0.0
    for other in opposite:
        block = correlation[run, other]
        weight = np.outer(width[run], width[other]) * np.isfinite(block)
        total += float((weight * np.nan_to_num(block)).sum())
        share += float(weight.sum())
    return total / share if share > 0 else float("nan")
