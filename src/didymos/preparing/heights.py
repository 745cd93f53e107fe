"""Heights: the topography of a map, and its levelling."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.preparation.levelling import levelled, levelled_lines
from didymos.preparing.labelled import as_map, noted, with_units
from didymos.preparing.selecting import whole_image
from didymos.preparing.settings import LEVELLINGS
from didymos.schema import InputError, is_image, space_dims

TOPOGRAPHY = "topography"


def level(data: xr.DataArray | xr.Dataset, how: str = "plane") -> xr.DataArray:
    """Level the topography of a map; the spectra stay as they are.

    Parameters
    ----------
    data : spectral map
        With the coordinate ``topography``.
    how : {"plane", "lines"}
        Subtract the plane of the tilt, or the plane and then what sets scan lines apart.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where there is no topography, or lines of scattered spectra are to be levelled.

    See Also
    --------
    didymos.core.preparation.levelling.levelled, didymos.core.preparation.levelling.levelled_lines
    """
    if how not in LEVELLINGS[1:]:
        raise InputError(f"level is {how!r}; allowed are {', '.join(LEVELLINGS[1:])}")
    spectra = as_map(data)
    heights, x, y = topography_of(spectra, "level")
    found = levelled(heights.values, x, y)
    sentence = "the plane of the tilt subtracted"
    if how == "lines":
        whole_image(spectra, "level lines")
        found = levelled_lines(found)
        sentence += ", then the steps between scan lines"
    spread = [float(np.nanstd(values)) for values in (heights.values, found)]
    units = str(heights.attrs.get("units", ""))
    result = spectra.assign_coords({TOPOGRAPHY: (heights.dims, found, dict(heights.attrs))})
    return noted(
        result,
        f"Topography levelled: {sentence}; its standard deviation went from {spread[0]:.3g} to "
        f"{with_units(spread[1], units)}.",
    )


def topography_of(spectra: xr.DataArray, what: str) -> tuple[xr.DataArray, NDArray[Any], NDArray[Any]]:
    """Return the heights of a map and its positions, which broadcast against them."""
    dims = space_dims(spectra)
    if TOPOGRAPHY not in spectra.coords or set(spectra[TOPOGRAPHY].dims) != set(dims):
        raise InputError(f"{what} needs a topography, and the map carries none: leave it out")
    heights = spectra[TOPOGRAPHY].transpose(*dims)
    if "x" not in spectra.coords or "y" not in spectra.coords:
        raise InputError(f"{what} needs positions, and the map has no x and y: leave it out")
    x, y = (np.asarray(spectra[name].values, dtype=float) for name in ("x", "y"))
    return heights.astype(float), x, y[:, None] if is_image(spectra) else y
