"""Alignment of the energies: every spectrum is shifted onto the median spectrum."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.preparation.alignment import (
    DEFAULTS,
    AlignmentSettings,
    aligned_to_each_other,
    shifted_back,
    shifts_from,
)
from didymos.preparing.corrupted import mark_artefacts
from didymos.preparing.labelled import (
    answers,
    as_map,
    counted,
    energy_units,
    even_step,
    noted,
    over_spectra,
    sample_of,
    with_units,
)
from didymos.preparing.units import CURRENT
from didymos.schema import InputError, is_image, space_dims

SHIFT = "energy_shift"


def align_energies(data: xr.DataArray | xr.Dataset, settings: AlignmentSettings = DEFAULTS) -> xr.DataArray:
    """Shift every spectrum in energy onto the median spectrum.

    Not to be used blindly: a shift of the spectra may be the physics (band bending, a charged defect, doping), and is
    gone from the spectra afterwards. The shifts are kept beside them.

    Parameters
    ----------
    data : spectral map
    settings : AlignmentSettings

    Returns
    -------
    xarray.DataArray
        With the coordinate ``energy_shift``: by how much every spectrum lay above the median spectrum, in units of the
        energies, NaN where no shift was found and the spectrum is as it was. Values beyond the ends are missing. A
        current that the map carries is shifted with it.

    Raises
    ------
    InputError
        Where the energies are not evenly spaced, or no shift can be found.

    See Also
    --------
    didymos.core.preparation.alignment.shifts_from
    """
    spectra = as_map(data)
    step = even_step(spectra, "align")
    spectra = mark_artefacts(spectra)
    reference = aligned_to_each_other(sample_of(spectra, settings.sample), settings)
    shape = tuple(spectra.sizes[dim] for dim in space_dims(spectra))
    shift = np.concatenate(answers(spectra, partial(_shifts, reference=reference, settings=settings)))
    if spectra.chunks is not None and is_image(spectra):
        shift = _in_order(spectra, shift)
    shift = shift.reshape(shape)
    found = np.isfinite(shift)
    if not found.any():
        raise InputError("align finds no spectrum that is like the median spectrum: leave align out")
    shift -= np.median(shift[found])
    steps = xr.DataArray(shift, dims=space_dims(spectra))
    result = over_spectra(spectra, _shifted, steps)
    if CURRENT in spectra.coords and spectra[CURRENT].dims == spectra.dims:
        # at the bias that is its own: the one that the conductance now has
        flow = over_spectra(spectra[CURRENT].drop_vars(CURRENT), _shifted, steps)
        result = result.assign_coords({CURRENT: (spectra.dims, flow.data, dict(spectra[CURRENT].attrs))})
    units = energy_units(spectra)
    result = result.assign_coords({SHIFT: (space_dims(spectra), shift * step, {"units": units, "long_name": "Shift"})})
    spread = float(np.std(shift[found])) * step
    furthest = float(np.abs(shift[found]).max()) * step
    lost = int((~found).sum())
    without = f"; {counted(lost, 'spectrum', 'spectra')} without a shift" if lost else ""
    return noted(
        result,
        f"Aligned in energy: shifts with a standard deviation of {with_units(spread, units)}, at most "
        f"{with_units(furthest, units)}{without}.",
    )


def _shifts(
    values: NDArray[np.float64], reference: NDArray[np.float64], settings: AlignmentSettings
) -> NDArray[np.float64]:
    return shifts_from(values, reference, settings)


def _shifted(values: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return shifted_back(values, steps)


def _in_order(spectra: xr.DataArray, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values that come block by block as an image, shape (y, x)."""
    from didymos.io.blocks import image_blocks

    image = np.full(spectra.shape[:2], np.nan)
    first = 0
    for block in image_blocks(spectra):
        part = image[block]
        part[:] = values[first : first + part.size].reshape(part.shape)
        first += part.size
    return image
