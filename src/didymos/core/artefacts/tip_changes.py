"""Spectra with a tip change, found by comparison with their neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.noise.noise import noise_of_energies
from didymos.core.numeric.labels import largest_by_label
from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.rows import Spectra, blocks, in_memory
from didymos.core.surface.contrast_evidence import contrast_evidence
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = ArtefactSettings()
BLOCK = 16_384
"""Spectra whose neighbours on a scan line are compared together."""
COMPARED = 1024
"""Spectra that are compared with all values of their neighbours together."""


def find_tip_changes(
    values: Spectra,
    positions: NDArray[np.floating],
    neighbours: NDArray[np.intp],
    neighbourhood: Neighbourhood,
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Find spectra that are those of their neighbours, but for a tip change.

    A tip that moves or changes its apex in the middle of a spectrum multiplies the rest of the spectrum. Where the
    signal is small at that moment, in a gap, no step is seen. Spectra that differ alone from their neighbourhood, or
    from their scan line, are compared with the median m of their neighbours: two factors, s = a m before and s = b m
    after the tip change, must describe what one factor for all does not, and what a factor that is a quadratic function
    of the energy does not either. A defect changes the shape of a spectrum in other ways, and most defects change the
    spectra beside it.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    positions : array, shape (n_points, 2)
        Row and column, or y and x.
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
        A neighbour of every point, or pairs of neighbours.
    neighbourhood : Neighbourhood
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    if len(values) < settings.fewest_spectra or values.shape[1] < settings.fewest_energies:
        return found
    noise = noise_of_energies(values, neighbours, settings=settings.noise)
    scores = principal_components(in_memory(values), settings.modes, noise).scores(values)
    around, along = (1.0, settings.around), (settings.line_distance, settings.along)
    # scan lines after a tip change differ from their neighbourhood as a whole, and hide what is unusual in them
    residuals: tuple[Callable[[], NDArray[np.float64]], ...] = (
        lambda: neighbourhood.residual(scores),
        lambda: scores - _median_along(scores, positions, settings),
    )
    for residual, references in zip(residuals, ((around, along), (along,)), strict=True):
        alone, unusual = _alone(residual(), neighbourhood, settings)
        good = np.flatnonzero(~unusual)
        if len(alone) == 0 or len(good) < settings.around:
            continue
        for stretch, count in references:
            stretched = positions * np.array([stretch, 1.0])
            tree = cKDTree(stretched[good])
            for rows in blocks(len(alone), COMPARED):
                own = alone[rows]
                others = values[good[tree.query(stretched[own], k=count)[1]]].astype(np.float64)
                reference = np.median(others, axis=1)
                spectra = values[own].astype(np.float64)
                found[own] |= has_tip_change(spectra, reference, noise, others, settings=settings)
    return found


def has_tip_change(
    spectra: NDArray[np.float64],
    reference: NDArray[np.float64],
    noise: NDArray[np.float64],
    others: NDArray[np.float64],
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Find the spectra that are their reference times one factor before an energy and another after it.

    Parameters
    ----------
    spectra, reference : array, shape (n_points, n_energies)
    noise : array, shape (n_energies,)
        Standard deviation of a spectrum at each energy.
    others : array, shape (n_points, n_others, n_energies)
        Spectra beside each, whose own factors differ less.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    spectra, reference, others = spectra / noise, reference / noise, others / noise
    before, after = (_running(spectra, reference, reverse) for reverse in (False, True))
    energies = spectra.shape[1]
    split = np.arange(settings.shortest_part, energies - settings.shortest_part + 1)
    misfit = before[1][:, split] + after[1][:, split]
    best = split[misfit.argmin(axis=1)]
    rows = np.arange(len(spectra))
    first, second = before[0][rows, best], after[0][rows, best]
    single, double, smooth = (
        total / settings.reference_variance - energies
        for total in (before[1][:, -1], misfit.min(axis=1), _smooth_misfit(spectra, reference))
    )
    # a defect may part the energies as well, but not from one energy to the next
    chosen = np.where(np.arange(energies) < best[:, np.newaxis], first[:, np.newaxis], second[:, np.newaxis])
    # the noise grows with the factor
    left = ((spectra - chosen * reference) / np.maximum(chosen, 1.0)) ** 2
    near = np.abs(np.arange(energies) + 0.5 - best[:, np.newaxis]) < settings.near
    beside, elsewhere = (np.where(part, left, 0.0).sum(axis=1) / part.sum(axis=1) for part in (near, ~near))
    sharp = beside < settings.sharp * np.maximum(elsewhere, settings.reference_variance)
    ratio = _log_ratio(first, second)
    of_others = [_own_ratio(others[:, one], reference, best) for one in range(others.shape[1])]
    usual = settings.larger * np.max(of_others, axis=0)
    clear = (
        (single > settings.clear * np.sqrt(2 * energies))
        & (first > 0)
        & (second > 0)
        & (ratio > np.maximum(np.log(settings.smallest_factor), usual))
    )
    described = (double < settings.left_share * single) & (double < settings.smooth_share * smooth)
    return np.asarray(clear & sharp & described)


def _median_along(
    scores: NDArray[np.float64], positions: NDArray[np.floating], settings: ArtefactSettings
) -> NDArray[np.float64]:
    """Return the median of the nearest spectra on the same scan line, shape (n_points, n_modes)."""
    stretched = positions * np.array([settings.line_distance, 1.0])
    tree = cKDTree(stretched)
    result = np.empty_like(scores)
    for rows in blocks(len(scores), BLOCK):
        nearest = np.reshape(tree.query(stretched[rows], k=settings.along + 1)[1], (rows.stop - rows.start, -1))[:, 1:]
        result[rows] = np.median(scores[nearest], axis=1)
    return result


def _alone(
    residual: NDArray[np.float64], neighbourhood: Neighbourhood, settings: ArtefactSettings
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the spectra that differ from their neighbourhood and touch hardly another such, and all that differ."""
    known = np.asarray(np.isfinite(residual).all(axis=1))
    unusual = np.zeros(len(residual), dtype=bool)
    if known.sum() < 2 * residual.shape[1]:
        return np.flatnonzero(unusual), unusual
    evidence = contrast_evidence(np.where(known[:, np.newaxis], residual, 0.0), known, settings=settings.contrast)
    unusual = known & (evidence.length > evidence.limit(settings.candidate_probability))
    label = neighbourhood.objects(unusual)
    # what stands out only because of a far more unusual neighbour does not count as part of the group
    least = settings.group_share * largest_by_label(evidence.length, label)[label]
    members = unusual & (evidence.length >= least)
    size = np.bincount(label[members], minlength=int(label.max(initial=0)) + 1)
    return np.flatnonzero(members & (size[label] <= settings.largest_group)), unusual


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
