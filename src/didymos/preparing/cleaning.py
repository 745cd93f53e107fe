"""Steps on the values of single spectra: despiking, background, smoothing."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.preparation import background as arrays
from didymos.core.preparation.despiking import (
    DEFAULTS,
    DespikingSettings,
    Noise,
    beside_image,
    beside_points,
    noise_of,
    on_both_sides,
    spikes,
    standardised,
)
from didymos.core.preparation.smoothing import smoothed
from didymos.io.blocks import is_lazy
from didymos.preparing.corrupted import mark_artefacts
from didymos.preparing.labelled import (
    AT_ONCE,
    answers,
    as_map,
    counted,
    energies_of,
    energy_units,
    even_step,
    noted,
    over_spectra,
    sample_of,
    with_units,
)
from didymos.preparing.settings import BACKGROUNDS, check_smoothing, check_window
from didymos.schema import ENERGY, InputError, is_image

NEIGHBOURS = 8


def despike(data: xr.DataArray | xr.Dataset, settings: DespikingSettings = DEFAULTS) -> xr.DataArray:
    """Remove values at single energies that neither the noise nor the neighbours explain: cosmic rays, glitches.

    A line of the surface stays, however narrow: its neighbours share it. So does one that is broader than three
    energies.

    Parameters
    ----------
    data : spectral map
    settings : DespikingSettings

    Returns
    -------
    xarray.DataArray
        NaN where a spike was; an analysis fills it from the neighbours in energy and on the surface.

    See Also
    --------
    didymos.core.preparation.despiking.spikes : The rule.
    """
    spectra = as_map(data)
    noise = noise_of(sample_of(spectra, settings.sample), settings)
    if is_lazy(spectra):
        found = _without_spikes_lazily(spectra, noise, settings)
    else:
        found = spectra.copy(data=_without_spikes(spectra.values, _neighbours(spectra), noise, settings))
    gone = answers(spectra, _lost, found)
    values, touched = (sum(part[index] for part in gone) for index in (0, 1))
    return noted(found, f"Despiked: {counted(values, 'value')} in {counted(touched, 'spectrum', 'spectra')}.")


def _lost(before: NDArray[np.float64], after: NDArray[np.float32]) -> tuple[int, int]:
    """Return how many values are missing afterwards only, and in how many spectra."""
    gone = np.isfinite(before) & ~np.isfinite(after)
    return int(gone.sum()), int(gone.any(axis=1).sum())


def _neighbours(spectra: xr.DataArray) -> NDArray[np.intp] | None:
    """Return the nearest points of scattered ones, shape (n_points, n_neighbours); None for an image."""
    if is_image(spectra):
        return None
    from scipy.spatial import cKDTree

    number = spectra.shape[0]
    place = np.stack([spectra[name].values if name in spectra.coords else np.arange(number) for name in ("y", "x")], 1)
    place = np.where(np.isfinite(place), place, 0.0)
    nearest = min(NEIGHBOURS + 1, number)
    return np.asarray(cKDTree(place).query(place, k=nearest)[1]).reshape(number, nearest)[:, 1:]


def _without_spikes(
    values: NDArray[np.floating], neighbours: NDArray[np.intp] | None, noise: Noise, settings: DespikingSettings
) -> NDArray[np.float32]:
    """Return an image or scattered spectra with NaN in the place of spikes."""
    found = values.astype(np.float32)
    if neighbours is not None:
        z = _standardised(values, noise, settings)
        gone = spikes(z, beside_points(z, neighbours), settings)
        found[on_both_sides(values, gone, settings)] = np.nan
        return found
    lines = max(1, AT_ONCE // max(values[0].size, 1))
    for first in range(0, len(values), lines):
        # some lines at a time, with a line more on both sides
        above, below = max(first - 1, 0), min(first + lines + 1, len(values))
        part = values[above:below]
        z = _standardised(part.reshape(-1, part.shape[-1]), noise, settings).reshape(part.shape)
        beside = beside_image(z)
        rows = (-1, part.shape[-1])
        gone = spikes(z.reshape(rows), beside.reshape(2, *z.reshape(rows).shape), settings)
        gone = on_both_sides(part.reshape(rows), gone, settings).reshape(part.shape)
        own = slice(first - above, first - above + min(lines, len(values) - first))
        found[first : first + lines][gone[own]] = np.nan
    return found


def _standardised(rows: NDArray[np.floating], noise: Noise, settings: DespikingSettings) -> NDArray[np.float32]:
    parts = (standardised(rows[first : first + 4096], noise, settings) for first in range(0, len(rows), 4096))
    return np.concatenate([part.astype(np.float32) for part in parts])


def _without_spikes_lazily(spectra: xr.DataArray, noise: Noise, settings: DespikingSettings) -> xr.DataArray:
    whole = spectra.chunk({ENERGY: -1})
    if not is_image(spectra):
        whole = whole.chunk({"point": -1})
        neighbours = _neighbours(spectra)
        data = whole.data.map_blocks(
            _without_spikes, neighbours=neighbours, noise=noise, settings=settings, dtype=np.float32
        )
        return whole.copy(data=data)
    import dask.array

    data = dask.array.map_overlap(  # type: ignore[no-untyped-call]  # dask has no types
        _without_spikes, whole.data, depth={0: 1, 1: 1}, boundary="none", dtype=np.float32,
        neighbours=None, noise=noise, settings=settings,
    )  # fmt: skip
    return whole.copy(data=data)


def subtract_background(
    data: xr.DataArray | xr.Dataset,
    how: str,
    *,
    window: tuple[float, float] | None = None,
    width: float | None = None,
) -> xr.DataArray:
    """Subtract a background from every spectrum.

    Parameters
    ----------
    data : spectral map
    how : {"power-law", "als"}
        A power law A E^-r before an edge (EELS), or a smooth line under peaks by asymmetric least squares (Raman, CL).
    window : (float, float), optional
        Energies before the edge, that the power law is fitted to; it has to be given.
    width : float, optional
        In the unit of the energies: structures that are broader belong to the smooth line. A third of the range where
        it is not given.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where `how` is unknown, the window does not fit the energies, or they are not evenly spaced (als).

    See Also
    --------
    didymos.core.preparation.background.power_law, didymos.core.preparation.background.smooth_line
    """
    if how not in BACKGROUNDS[1:]:
        raise InputError(f"background is {how!r}; allowed are {', '.join(BACKGROUNDS[1:])}")
    if width is not None and not (isinstance(width, int | float) and width > 0):
        raise InputError(f"width is {width!r}; allowed are positive numbers")
    spectra = as_map(data)
    energy, units = energies_of(spectra), energy_units(spectra)
    if how == "power-law":
        check_window(window)
        assert window is not None
        inside = int(((energy >= window[0]) & (energy <= window[1])).sum())
        if inside < arrays.DEFAULTS.fewest:
            raise InputError(
                f"background_range {window[0]:g} to {with_units(window[1], units)} holds {inside} of the energies, "
                f"which run from {energy[0]:g} to {with_units(energy[-1], units)}: give at least "
                f"{arrays.DEFAULTS.fewest}"
            )
        work: Any = partial(_less_power_law, energy=energy, window=window)
        sentence = f"a power law fitted from {window[0]:g} to {with_units(window[1], units)}"
    else:
        step = even_step(spectra, "background als")
        broad = float(np.ptp(energy)) / 3 if width is None else width
        work = partial(_less_line, width=max(broad / step, 2.0))
        sentence = f"a smooth line by asymmetric least squares, structures broader than {with_units(broad, units)}"
    return noted(over_spectra(mark_artefacts(spectra), work), f"Background subtracted: {sentence}.")


def _less_power_law(
    values: NDArray[np.float64], energy: NDArray[np.float64], window: tuple[float, float]
) -> NDArray[np.float64]:
    return values - arrays.power_law(values, energy, window)


def _less_line(values: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    return values - arrays.smooth_line(values, width)


def smooth(data: xr.DataArray | xr.Dataset, window: int, order: int = 2) -> xr.DataArray:
    """Smooth every spectrum by local polynomials (Savitzky-Golay).

    Parameters
    ----------
    data : spectral map
    window : int
        Number of energies, odd.
    order : int
        Degree of the polynomial, less than `window`.

    Returns
    -------
    xarray.DataArray
        Missing values stay missing, and no other value is lost.

    Raises
    ------
    InputError
        Where window or order are not allowed, or the map has fewer energies.

    See Also
    --------
    didymos.core.preparation.smoothing.smoothed
    """
    check_smoothing(window, order)
    spectra = as_map(data)
    if window == 0:
        return spectra
    if window > spectra.sizes[ENERGY]:
        raise InputError(f"smooth is {window}, and the map has {spectra.sizes[ENERGY]} energies: take fewer")
    work = partial(_smoothed, energy=energies_of(spectra), window=window, order=order)
    found = over_spectra(mark_artefacts(spectra), work)
    return noted(found, f"Smoothed: Savitzky-Golay, {counted(window, 'energy', 'energies')}, order {order}.")


def _smoothed(values: NDArray[np.float64], energy: NDArray[np.float64], window: int, order: int) -> NDArray[np.float64]:
    return smoothed(values, energy, window, order)
