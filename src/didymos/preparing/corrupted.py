"""Corrupted spectra, marked before a step changes what shows them."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.artefacts.artefacts import Artefact, find_artefacts
from didymos.core.artefacts.tip_changes import find_tip_changes
from didymos.core.numeric.rows import selected
from didymos.core.surface.nearest import adjacent_pairs
from didymos.core.surface.neighbourhood import ImageNeighbourhood, Neighbourhood, ScatteredNeighbourhood
from didymos.io.saturation import SATURATED
from didymos.preparing.completion import Completed, completed
from didymos.preparing.labelled import MARK, as_map
from didymos.schema import is_image, space_dims
from didymos.schema.positions import positions_of
from didymos.stored.passes import Passes

FEWEST_ENERGIES = 3
FLAGS = {
    "long_name": "what is wrong with each spectrum",
    "flag_masks": np.array([flag for flag in Artefact if flag], dtype=np.int8),
    "flag_meanings": " ".join(flag.name.lower() for flag in Artefact if flag and flag.name),
}


def mark_artefacts(
    data: xr.DataArray | xr.Dataset, *, spatial: bool = True, passes: Passes | None = None
) -> xr.DataArray:
    """Find corrupted spectra and keep with the map what is wrong with each.

    Steps that average, shift or divide the values can hide a glitch from a later search and leave enough of it to pass
    for a rare population. They mark a map first, unless it is marked; an analysis takes the marks for its artefacts.

    Parameters
    ----------
    data : spectral map
    spatial : bool
        Whether spectra are compared with their neighbours.
    passes : Passes, optional
        Who works on a map that is not in memory.

    Returns
    -------
    xarray.DataArray
        With the coordinate ``artefact``, the sum of the flags of
        :class:`didymos.core.artefacts.artefacts.Artefact` of every spectrum, 0 where nothing is wrong or all is
        missing. A map that has it is returned as it is.
    """
    spectra = as_map(data)
    if MARK in spectra.coords:
        return spectra
    shape = tuple(spectra.sizes[dim] for dim in space_dims(spectra))
    artefacts = _artefacts(spectra, spatial, passes).reshape(shape)
    return spectra.assign_coords({MARK: (space_dims(spectra), artefacts, FLAGS)})


def _artefacts(spectra: xr.DataArray, spatial: bool, passes: Passes | None) -> NDArray[np.int8]:
    positions = positions_of(spectra)
    found = completed(spectra, positions, spatial=spatial, passes=passes)
    if found.values.shape[1] < FEWEST_ENERGIES:
        return np.zeros(len(found.values), dtype=np.int8)
    artefacts = faults_of(found, positions, spatial=spatial)
    usable = found.whole & (artefacts == 0)
    places = positions[usable]
    if spatial and usable.any() and np.isfinite(places).all():
        beside = neighbourhood_of(spectra, positions, usable)
        changed = find_tip_changes(selected(found.values, usable), places, adjacent_pairs(places), beside)
        artefacts[np.flatnonzero(usable)[changed]] |= Artefact.JUMP
    return artefacts


def faults_of(found: Completed, positions: NDArray[np.float64], *, spatial: bool) -> NDArray[np.int8]:
    """Return what is wrong with every spectrum of a completed map, but for tip changes, shape (n_points,)."""
    known = spatial and bool(np.isfinite(positions[found.whole]).all())
    artefacts = find_artefacts(found.values, positions if known else None, known=found.known)
    return artefacts | np.where(found.missing, np.int8(0), clipped_before(found.map))


def neighbourhood_of(spectra: xr.DataArray, positions: NDArray[np.float64], usable: NDArray[np.bool_]) -> Neighbourhood:
    """Return which of the usable spectra of a map lie beside which."""
    if is_image(spectra):
        return ImageNeighbourhood(usable.reshape(spectra.shape[:2]))
    return ScatteredNeighbourhood(positions[usable])


def clipped_before(spectra: xr.DataArray) -> NDArray[np.int8]:
    """Return the flag of clipped spectra where a channel was clipped that a spectrum is computed from, (n_points,)."""
    if SATURATED not in spectra.coords:
        return np.zeros(int(np.prod(spectra.shape[:-1])), dtype=np.int8)
    marked = spectra[SATURATED].transpose(*space_dims(spectra)).values.ravel() != 0
    return np.where(marked, np.int8(Artefact.CLIPPED), np.int8(0))
