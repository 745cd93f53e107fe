"""Where the spectra of a map lie, in the units of the map."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.schema import is_image, space_dims


def locations(spectra: xr.DataArray) -> tuple[NDArray[np.float64], str]:
    """Return x and y of every spectrum and their unit.

    Parameters
    ----------
    spectra : spectral map

    Returns
    -------
    array, shape (n_points, 2)
        x and y; column and row where the map has no coordinates.
    str
        Unit of the positions, empty where they have none.
    """
    space = space_dims(spectra)
    if not {"x", "y"} <= set(spectra.coords):
        shape = spectra.shape[:2] if is_image(spectra) else (1, spectra.shape[0])
        row, column = np.indices(shape)
        return np.stack([column.ravel(), row.ravel()], axis=1).astype(np.float64), ""
    shape_of = spectra.isel(energy=0, drop=True)
    values = [
        spectra[name].broadcast_like(shape_of).transpose(*space) if is_image(spectra) else spectra[name]
        for name in ("x", "y")
    ]
    columns = [np.asarray(one.values, dtype=np.float64).ravel() for one in values]
    return np.stack(columns, axis=1), str(spectra["x"].attrs.get("units", ""))
