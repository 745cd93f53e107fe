"""Spectra with a jump of the tip or a spike, told by their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.artefacts.artefacts import WIDEST_SPIKE, usual_steps
from didymos.core.noise.noise import noise_of_energies
from didymos.core.numeric.labels import largest_by_label
from didymos.core.numeric.principal_components import moments, principal_components
from didymos.core.surface.contrast_evidence import contrast_evidence
from didymos.core.surface.neighbourhood import Neighbourhood

FEWEST_SPECTRA, FEWEST_ENERGIES = 50, 12
"""Fewer spectra or energies tell too little."""

MODES = 20
ODD = 1e-4
"""Probability under which the contrast of a good spectrum makes it worth a look."""

LARGEST_GROUP = 2
"""Spoiled spectra come one at a time; so many may touch by chance."""

COMPANY = 1 / 3
"""Share of the largest contrast of a group from which a spectrum is part of it."""

AROUND, ALONG = 8, 4
"""Neighbours that a spectrum is compared with: in all directions, and along the scan line."""

ROW = 1e3
"""Distance between scan lines, over that within, when the neighbours along a line are sought."""

SHORTEST_PART = 3
"""Energies before and after a jump at least."""

CLEAR = 10.0
"""Standard deviations of chi squared by which one factor fails to describe a spectrum with a jump."""

LEFT_SHARE, SMOOTH_SHARE = 0.1, 0.5
"""What two factors leave of that misfit at most, and of the misfit of a factor that changes smoothly."""

NEAR, SHARP = 5, 4.0
"""Within so many energies of a jump the mean square misfit is at most so many times that elsewhere."""

SMALLEST_FACTOR, LARGER = 1.4, 1.5
"""Ratio of the two factors, or its inverse, at least; its logarithm over that of any spectrum beside."""

SHARED = 1 / 7
"""Share of a sharp step that the neighbours of a defect have on average."""

BLOCK = 65_536
"""Spectra whose neighbours on a scan line are looked at together."""

LARGEST_SAMPLE = 5000
"""Spectra whose usual steps are measured."""

REFERENCE_VARIANCE = 1.2
"""Variance of a spectrum less the median of eight others, over its own: 1 + pi / 2 / 8."""


def find_tip_jumps(
    values: NDArray[np.floating],
    positions: NDArray[np.floating],
    neighbours: NDArray[np.intp],
    neighbourhood: Neighbourhood,
) -> NDArray[np.bool_]:
    """Find spectra that are those of their neighbours, but for a jump of the tip or a spike.

    A tip that moves or changes its apex in the middle of a spectrum multiplies the rest of it. Where the signal is
    small at that moment, in a gap, no step is seen. Spectra that differ alone from their surroundings, or from their
    scan line, are compared with the median m of their neighbours: two factors, s = a m before and s = b m after the
    jump, must describe what one factor for all does not, and what a factor that is a quadratic function of the energy
    does not either; or one factor describes all but up to three neighbouring energies. A defect changes the shape of a
    spectrum in other ways, and most defects change the spectra beside it.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    positions : array, shape (n_points, 2)
        Row and column, or y and x.
    neighbours : array of int, shape (n_points,)
        A neighbour of every point.
    neighbourhood : Neighbourhood

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    if len(values) < FEWEST_SPECTRA or values.shape[1] < FEWEST_ENERGIES:
        return found
    noise = noise_of_energies(values, neighbours)
    scores = principal_components(moments(values), MODES, noise).scores(values)
    around, along = (1.0, AROUND), (ROW, ALONG)
    # lines that another tip has measured differ from their surroundings as a whole, and hide what is odd in them
    of_line = scores - _median_along(scores, positions)
    for residual, references in ((neighbourhood.residual(scores), (around, along)), (of_line, (along,))):
        alone, odd = _alone(residual, neighbourhood)
        good = np.flatnonzero(~odd)
        if len(alone) == 0 or len(good) < AROUND:
            continue
        spectra = values[alone].astype(np.float64)
        for stretch, count in references:
            places = positions * np.array([stretch, 1.0])
            nearest = good[cKDTree(places[good]).query(places[alone], k=count)[1]]
            others = values[nearest].astype(np.float64)
            reference = np.median(others, axis=1)
            found[alone] |= has_jump(spectra, reference, noise, others) | has_spike(spectra, reference, noise)
    return found


def shared_by_neighbours(
    values: NDArray[np.floating], positions: NDArray[np.floating], chosen: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell which of some spectra with a sharp step or spike have neighbours with a part of it: a defect, no artefact.

    A spoiled spectrum is so by itself. Where energies are few, a resonance or the edge of a gap is as sharp as a spike,
    but the tip that sees it from beside sees some of it: the mean step of the eight nearest spectra, at the energy of
    the largest step, is at least a seventh of it and beyond the noise.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    positions : array, shape (n_points, 2)
    chosen : array of int, shape (n_chosen,)
        The spectra in question.

    Returns
    -------
    array of bool, shape (n_chosen,)
    """
    if len(chosen) == 0 or len(values) <= AROUND:
        return np.zeros(len(chosen), dtype=bool)
    some = values[np.linspace(0, len(values) - 1, min(len(values), LARGEST_SAMPLE)).astype(np.intp)]
    middle, usual = usual_steps(np.diff(some.astype(np.float64), axis=1))
    nearest = np.reshape(cKDTree(positions).query(positions[chosen], k=AROUND + 1)[1], (len(chosen), -1))[:, 1:]
    own = np.diff(values[chosen].astype(np.float64), axis=1) - middle
    peak = np.abs(own / usual).argmax(axis=1)
    rows = np.arange(len(chosen))
    height = own[rows, peak]
    beside = values[nearest, peak[:, np.newaxis] + 1].astype(np.float64) - values[nearest, peak[:, np.newaxis]]
    mean = (beside.mean(axis=1) - middle[peak]) * np.sign(height)
    return np.asarray((mean > SHARED * np.abs(height)) & (mean > 4 * usual[peak] / np.sqrt(AROUND)))


def has_jump(
    spectra: NDArray[np.float64],
    reference: NDArray[np.float64],
    noise: NDArray[np.float64],
    others: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which spectra are their reference times one factor before an energy and another after it.

    Parameters
    ----------
    spectra, reference : array, shape (n_points, n_energies)
    noise : array, shape (n_energies,)
        Standard deviation of a spectrum at each energy.
    others : array, shape (n_points, n_others, n_energies)
        Spectra beside each, whose own factors differ less.

    Returns
    -------
    array of bool, shape (n_points,)
    """
    spectra, reference, others = spectra / noise, reference / noise, others / noise
    before, after = (_running(spectra, reference, reverse) for reverse in (False, True))
    energies = spectra.shape[1]
    split = np.arange(SHORTEST_PART, energies - SHORTEST_PART + 1)
    misfit = before[1][:, split] + after[1][:, split]
    best = split[misfit.argmin(axis=1)]
    rows = np.arange(len(spectra))
    first, second = before[0][rows, best], after[0][rows, best]
    single, double, smooth = (
        total / REFERENCE_VARIANCE - energies
        for total in (before[1][:, -1], misfit.min(axis=1), _smooth_misfit(spectra, reference))
    )
    # a defect may part the energies as well, but not from one to the next
    chosen = np.where(np.arange(energies) < best[:, np.newaxis], first[:, np.newaxis], second[:, np.newaxis])
    # the noise grows with the factor
    left = ((spectra - chosen * reference) / np.maximum(chosen, 1.0)) ** 2
    near = np.abs(np.arange(energies) + 0.5 - best[:, np.newaxis]) < NEAR
    beside, elsewhere = (np.where(part, left, 0.0).sum(axis=1) / part.sum(axis=1) for part in (near, ~near))
    sharp = beside < SHARP * np.maximum(elsewhere, REFERENCE_VARIANCE)
    ratio = _log_ratio(first, second)
    usual = LARGER * np.max([_own_ratio(others[:, one], reference, best) for one in range(others.shape[1])], axis=0)
    clear = (
        (single > CLEAR * np.sqrt(2 * energies))
        & (first > 0)
        & (second > 0)
        & (ratio > np.maximum(np.log(SMALLEST_FACTOR), usual))
    )
    return np.asarray(clear & sharp & (double < LEFT_SHARE * single) & (double < SMOOTH_SHARE * smooth))


def has_spike(
    spectra: NDArray[np.float64], reference: NDArray[np.float64], noise: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which spectra are their reference times one factor, but for up to three neighbouring energies.

    Parameters
    ----------
    spectra, reference : array, shape (n_points, n_energies)
    noise : array, shape (n_energies,)

    Returns
    -------
    array of bool, shape (n_points,)
    """
    spectra, reference = spectra / noise, reference / noise
    energies = spectra.shape[1]
    # the median of the ratios where there is signal does not follow a spike
    weight = np.abs(reference) >= np.median(np.abs(reference), axis=1, keepdims=True)
    ratio = np.where(weight, spectra / np.where(weight, reference, 1.0), np.nan)
    left = (spectra - np.nanmedian(ratio, axis=1, keepdims=True) * reference) ** 2 / REFERENCE_VARIANCE
    window = np.lib.stride_tricks.sliding_window_view(left, WIDEST_SPIKE, axis=1).sum(axis=2).max(axis=1)
    whole = left.sum(axis=1) - energies
    clear = whole > CLEAR * np.sqrt(2 * energies)
    return np.asarray(clear & (whole - window < LEFT_SHARE * whole))


def _median_along(scores: NDArray[np.float64], positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the median of the nearest spectra on the same scan line, shape (n_points, n_modes)."""
    places = positions * np.array([ROW, 1.0])
    nearest = np.reshape(cKDTree(places).query(places, k=ALONG + 1)[1], (len(scores), -1))[:, 1:]
    result = np.empty_like(scores)
    for start in range(0, len(scores), BLOCK):
        result[start : start + BLOCK] = np.median(scores[nearest[start : start + BLOCK]], axis=1)
    return result


def _alone(residual: NDArray[np.float64], neighbourhood: Neighbourhood) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the spectra that differ from what surrounds them and touch hardly another such, and all that differ."""
    known = np.asarray(np.isfinite(residual).all(axis=1))
    odd = np.zeros(len(residual), dtype=bool)
    if known.sum() < 2 * residual.shape[1]:
        return np.flatnonzero(odd), odd
    evidence = contrast_evidence(np.where(known[:, np.newaxis], residual, 0.0), known)
    odd = known & (evidence.length > evidence.limit(ODD))
    label = neighbourhood.objects(odd)
    # what stands out only because of a far odder neighbour does not count as company
    odder = odd & (evidence.length >= COMPANY * largest_by_label(evidence.length, label)[label])
    company = np.bincount(label[odder], minlength=int(label.max(initial=0)) + 1)
    return np.flatnonzero(odder & (company[label] <= LARGEST_GROUP)), odd


def _own_ratio(
    spectra: NDArray[np.float64], reference: NDArray[np.float64], split: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return |log(a / b)| of the best factors a before and b after the split of each spectrum, shape (n_points,)."""
    rows = np.arange(len(spectra))
    first, second = (_running(spectra, reference, reverse)[0][rows, split] for reverse in (False, True))
    return _log_ratio(first, second)


def _log_ratio(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.log(np.maximum(first, 1e-12) / np.maximum(second, 1e-12))))


def _running(
    spectra: NDArray[np.float64], reference: NDArray[np.float64], reverse: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return, for the first n energies (the last, where `reverse`), the best factor and its sum of squared misfits.

    Both have the shape (n_points, n_energies + 1): entry n is of the energies before n (from n on, where `reverse`).
    """
    sums = []
    for product in (spectra * reference, reference**2, spectra**2):
        total = np.cumsum(product[:, ::-1] if reverse else product, axis=1)
        total = np.concatenate([np.zeros((len(spectra), 1)), total], axis=1)
        sums.append(total[:, ::-1] if reverse else total)
    mixed, squared, own = sums
    factor = mixed / np.where(squared > 0, squared, 1.0)
    return factor, np.maximum(own - factor * mixed, 0.0)


def _smooth_misfit(spectra: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of squared misfits of the reference times a quadratic function of the energy."""
    energy = np.linspace(-1, 1, spectra.shape[1])
    result = np.empty(len(spectra))
    for index, (spectrum, usual) in enumerate(zip(spectra, reference, strict=True)):
        terms = np.stack([usual, usual * energy, usual * energy**2], axis=1)
        left = spectrum - terms @ np.linalg.lstsq(terms, spectrum, rcond=None)[0]
        result[index] = left @ left
    return result
