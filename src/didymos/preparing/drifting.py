"""Drift correction: a map gets the positions of a reference image of the same surface."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.preparation.drift import image_shift
from didymos.core.preparation.drift_evidence import DEFAULTS, DriftEvidenceSettings, chance_of
from didymos.core.preparation.levelling import levelled
from didymos.preparing.heights import TOPOGRAPHY, topography_of
from didymos.preparing.labelled import as_map, noted
from didymos.preparing.selecting import whole_image
from didymos.schema import InputError

FRAME = ("frame_center", "frame_size", "frame_angle")
"""Attributes of a map that say where its frame lies: in m, and in degrees clockwise."""
SAME_ANGLE = 0.1
"""Frames whose angles differ by fewer degrees have the same."""


def correct_drift(
    data: xr.DataArray | xr.Dataset,
    reference: xr.DataArray | xr.Dataset | str | os.PathLike[str],
    settings: DriftEvidenceSettings = DEFAULTS,
) -> xr.DataArray:
    """Give a map the positions of a reference image of the same surface.

    One shift is found for the whole map: what drifted while it was measured stays in it.

    Parameters
    ----------
    data : spectral map
        An image with the coordinate ``topography``.
    reference : xarray.DataArray, xarray.Dataset or path
        A topography, dims (y, x), or a map that carries one; or a file of it, also a Nanonis scan image (``.sxm``). It
        is taken at the positions of the map, in the same unit, and has to cover a good part of them. Where both carry
        the frames of their scans (centre, size and angle), these are taken into account.
    settings : DriftEvidenceSettings
        How a shift is told from chance.

    Returns
    -------
    xarray.DataArray
        With x and y shifted: a structure of the surface has the position that it has in the reference.

    Raises
    ------
    InputError
        Where one of them has no topography, units of the positions or angles of the frames differ, or no shift stands
        out from chance.

    See Also
    --------
    didymos.core.preparation.drift.image_shift, didymos.core.preparation.drift_evidence.chance_of
    """
    spectra = as_map(data)
    whole_image(spectra, "drift_reference")
    heights, x, y = topography_of(spectra, "drift_reference")
    other = _reference(reference, spectra)
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
    there = levelled(there, wide_x, wide_y[:, None])
    shift = image_shift(here, there)
    chance = chance_of(here, there, settings)
    if chance > settings.chance:
        raise InputError(
            f"no shift of the topography onto the reference stands out (correlation {shift.correlation:.2f}; of random "
            f"surfaces with structures of the same size {100 * chance:.0f} % fit as well, at most "
            f"{100 * settings.chance:g} % may): take a reference of the same place, with more structure than a lattice"
        )
    # a shift of less than a thousandth of a pixel is rounding
    by = {name: -float(round(pixels, 3) * np.diff(spectra[name].values).mean()) + 0.0 for name, pixels in
          (("x", shift.columns), ("y", shift.rows))}  # fmt: skip
    moved = {name: (name, spectra[name].values + by[name], dict(spectra[name].attrs)) for name in by}
    units = str(spectra["x"].attrs.get("units", ""))
    return noted(
        spectra.assign_coords(moved),
        f"Drift corrected: positions shifted by {by['x']:.3g} {units} along x and {by['y']:.3g} {units} along y onto "
        f"the reference (correlation {shift.correlation:.2f}, p = {chance:.2g} that another surface fits as well).",
    )


def _wider(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions with the same step that reach half of their number further on both sides."""
    step = float(np.diff(position).mean())
    count = position.size
    return np.asarray(position[0] + step * (np.arange(2 * (count // 2) + count) - count // 2))


def _reference(given: Any, spectra: xr.DataArray) -> xr.DataArray:
    """Return the topography of a reference as floats, dims y and x, at positions in the frame of a map."""
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
    beside = _beside(spectra.attrs, (given["spectra"] if isinstance(given, xr.Dataset) else given).attrs)
    moved = {name: (name, topography[name].values + by, topography[name].attrs) for name, by in beside.items()}
    return topography.assign_coords(moved)


def _beside(own: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[str, float]:
    """Return what is added to positions in the frame of a reference to be positions in the frame of a map.

    Positions are counted from the lower left corner of a frame along its sides, and its angle clockwise:
    u = dx cos a - dy sin a, v = dx sin a + dy cos a. Without two frames nothing is added.
    """
    if not all(name in attrs for name in FRAME for attrs in (own, other)):
        return {}
    (centre, size, angle), (its_centre, its_size, its_angle) = (
        [np.asarray(attrs[name], dtype=float) for name in FRAME] for attrs in (own, other)
    )
    apart = float((its_angle - angle + 180) % 360 - 180)
    if abs(apart) > SAME_ANGLE:
        raise InputError(
            f"the frame of the reference is turned by {apart:.3g} degrees against that of the map: take a reference "
            "with the same scan angle"
        )
    (dx, dy), turned = its_centre - centre, np.deg2rad(float(angle))
    u, v = dx * np.cos(turned) - dy * np.sin(turned), dx * np.sin(turned) + dy * np.cos(turned)
    x, y = np.array([u, v]) + (size - its_size) / 2
    return {"x": float(x), "y": float(y)}


def _opened(path: Path) -> Any:
    if path.suffix.lower() == ".sxm":
        return _scan_image(path)
    if path.suffix.lower() == ".nc" and path.is_file():
        from didymos.io.labelled import open_labelled

        return open_labelled(path)
    from didymos.io import open_map

    return open_map(path)


def _scan_image(path: Path) -> xr.DataArray:
    """Return the height of a Nanonis scan image, dims (y, x), from the lower left corner of its frame."""
    from didymos.io.readers.nanonis_image import read_height

    image = read_height(path)
    sides = zip(("y", "x"), image.height.shape, image.frame.size[::-1], strict=True)
    coords = {dim: (dim, (np.arange(count) + 0.5) * side / count, {"units": "m"}) for dim, count, side in sides}
    frame = (image.frame.center, image.frame.size, image.frame.angle)
    return xr.DataArray(image.height, coords, ("y", "x"), attrs=dict(zip(FRAME, frame, strict=True)))
