"""Steps on the axes of a map: energies of spectra onto each other, positions onto a reference, heights levelled."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

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
from didymos.core.preparation.drift import image_shift
from didymos.core.preparation.levelling import levelled, levelled_lines
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
from didymos.preparing.selecting import whole_image
from didymos.preparing.settings import LEVELLINGS
from didymos.preparing.units import CURRENT
from didymos.schema import InputError, is_image, space_dims

TOPOGRAPHY = "topography"
SHIFT = "energy_shift"
LEAST = 0.3
"""Least correlation of a topography with its reference, shifted onto it, that a drift is believed with."""


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
    heights, x, y = _topography(spectra, "level")
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


def _topography(spectra: xr.DataArray, what: str) -> tuple[xr.DataArray, NDArray[Any], NDArray[Any]]:
    """Return the heights of a map and its positions, which broadcast against them."""
    dims = space_dims(spectra)
    if TOPOGRAPHY not in spectra.coords or set(spectra[TOPOGRAPHY].dims) != set(dims):
        raise InputError(f"{what} needs a topography, and the map carries none: leave it out")
    heights = spectra[TOPOGRAPHY].transpose(*dims)
    if "x" not in spectra.coords or "y" not in spectra.coords:
        raise InputError(f"{what} needs positions, and the map has no x and y: leave it out")
    x, y = (np.asarray(spectra[name].values, dtype=float) for name in ("x", "y"))
    return heights.astype(float), x, y[:, None] if is_image(spectra) else y


def correct_drift(
    data: xr.DataArray | xr.Dataset, reference: xr.DataArray | xr.Dataset | str | os.PathLike[str]
) -> xr.DataArray:
    """Give a map the positions of a reference image of the same surface.

    One shift is found for the whole map: what drifted while it was measured stays in it.

    Parameters
    ----------
    data : spectral map
        An image with the coordinate ``topography``.
    reference : xarray.DataArray, xarray.Dataset or path
        A topography, dims (y, x), or a map that carries one; or a file of it. It is taken at the positions of the map,
        in the same unit, and has to cover a good part of them.

    Returns
    -------
    xarray.DataArray
        With x and y shifted: a structure of the surface has the position that it has in the reference.

    Raises
    ------
    InputError
        Where one of them has no topography, the units of the positions differ, or the two are not alike.

    See Also
    --------
    didymos.core.preparation.drift.image_shift
    """
    spectra = as_map(data)
    whole_image(spectra, "drift_reference")
    heights, x, y = _topography(spectra, "drift_reference")
    other = _reference(reference)
    for name in ("x", "y"):
        own, its = (str(one[name].attrs.get("units", "")) for one in (spectra, other))
        if own != its:
            raise InputError(f"the reference has {name} in {its or 'no unit'!r}, the map in {own or 'no unit'!r}: "
                             "convert one of them")  # fmt: skip
    if min(spectra.sizes["x"], spectra.sizes["y"]) < 4:
        raise InputError("drift_reference needs at least 4 rows and columns: leave it out")
    # what lies around the map is looked at as well
    wide_x, wide_y = _wider(x), _wider(y[:, 0])
    there = other.sortby(["x", "y"]).interp(x=wide_x, y=wide_y).transpose("y", "x").values
    here = np.full(there.shape, np.nan)
    first = (y.size // 2, x.size // 2)
    here[first[0] : first[0] + y.size, first[1] : first[1] + x.size] = levelled(heights.values, x, y)
    shift = image_shift(here, levelled(there, wide_x, wide_y[:, None]))
    if shift.correlation < LEAST:
        raise InputError(
            f"the topography and the reference are not alike (correlation {shift.correlation:.2f}, at least {LEAST} is "
            "needed): take a reference of the same place"
        )
    # a shift of less than a thousandth of a pixel is rounding
    by = {name: -float(round(pixels, 3) * np.diff(spectra[name].values).mean()) + 0.0 for name, pixels in
          (("x", shift.columns), ("y", shift.rows))}  # fmt: skip
    moved = {name: (name, spectra[name].values + by[name], dict(spectra[name].attrs)) for name in by}
    units = str(spectra["x"].attrs.get("units", ""))
    return noted(
        spectra.assign_coords(moved),
        f"Drift corrected: positions shifted by {by['x']:.3g} {units} along x and {by['y']:.3g} {units} along y onto "
        f"the reference (correlation {shift.correlation:.2f}).",
    )


def _wider(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions with the same step that reach half of their number further on both sides."""
    step = float(np.diff(position).mean())
    count = position.size
    return np.asarray(position[0] + step * (np.arange(2 * (count // 2) + count) - count // 2))


def _reference(given: Any) -> xr.DataArray:
    """Return the topography of a reference as floats, dims y and x."""
    if isinstance(given, (str, os.PathLike)):
        given = _opened(Path(given))
    found = given
    if not (isinstance(found, xr.DataArray) and set(found.dims) == {"y", "x"}):
        held = given.coords if isinstance(given, xr.DataArray) else getattr(given, "variables", {})
        if TOPOGRAPHY not in held or set(given[TOPOGRAPHY].dims) != {"y", "x"}:
            raise InputError(
                "the drift_reference has no topography (y, x): give a topography or a map that carries one"
            )
        found = given[TOPOGRAPHY]
    if not {"x", "y"} <= set(found.coords):
        raise InputError("the drift_reference has no positions x and y: give them in the unit of the map")
    topography: xr.DataArray = found.transpose("y", "x").astype(float).reset_coords(drop=True)
    return topography


def _opened(path: Path) -> Any:
    if path.suffix.lower() == ".nc" and path.is_file():
        from didymos.io.labelled import open_labelled

        return open_labelled(path)
    from didymos.io import open_map

    return open_map(path)
