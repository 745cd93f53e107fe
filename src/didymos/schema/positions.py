"""Positions that can be drawn and measured; pixels where those of a map cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.schema.names import IMAGE_DIMS

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

NOTE = "position_note"
"""The attribute that says why positions were left out."""
STEP = np.uint64(0x9E3779B97F4A7C15)
SMALLEST, LARGEST = 1e-100, 1e100
"""Extent of positions whose squares are numbers."""


def with_sound_positions(array: xr.DataArray) -> xr.DataArray:
    """Replace positions that are none by the numbers of rows and columns, or of the points, and say so.

    Parameters
    ----------
    array : xarray.DataArray, dims (y, x, energy) or (point, energy)
        A map.

    Returns
    -------
    xarray.DataArray
        The same map where its positions are numbers that tell points apart; else with positions in pixels and the
        attribute ``position_note``. Positions that only some points lack stay as they are.
    """
    image = "point" not in array.dims
    present = {name: array[name].values for name in IMAGE_DIMS if name in array.coords}
    reason = _reason(present, image)
    if reason is None:
        return array
    note = f"The positions are left out, since {reason}: rows and columns are counted instead."
    if image:
        coords = {dim: (dim, np.arange(array.sizes[dim], dtype=float), {"units": "pixel"}) for dim in IMAGE_DIMS}
    else:
        note = f"The positions are left out, since {reason}: the order of the points is their position."
        order = np.arange(array.sizes["point"], dtype=float)
        coords = {
            "x": ("point", order, {"units": "pixel"}),
            "y": ("point", np.zeros_like(order), {"units": "pixel"}),
        }
    return array.assign_coords(coords).assign_attrs({NOTE: note})


def positions_of(spectra: xr.DataArray) -> NDArray[np.float64]:
    """Return row and column of an image, or y and x of scattered points, shape (n_points, 2).

    Scattered points are moved by a millionth of their distance, each by its own position: of points that are equally
    near those would be neighbours that come first, and another order of the points would change what is found.
    """
    if "point" not in spectra.dims:
        rows, columns = np.indices(spectra.shape[:2])
        return np.stack([rows.ravel(), columns.ravel()], axis=1).astype(np.float64)
    if "x" in spectra.coords and "y" in spectra.coords:
        return _without_ties(np.stack([spectra["y"].values, spectra["x"].values], axis=1).astype(np.float64))
    # without positions the order of measurement is the only neighbourhood there is
    return np.stack([np.zeros(spectra.shape[0]), np.arange(spectra.shape[0])], axis=1)


def _without_ties(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions of which no two have the same distance from a third but by chance."""
    known = np.isfinite(positions)
    extent = max(
        (float(np.ptp(one[fits])) if fits.any() else 0.0 for one, fits in zip(positions.T, known.T, strict=True))
    )
    # of both coordinates, scrambled (the finaliser of SplitMix64)
    bits = np.ascontiguousarray(positions + 0.0).view(np.uint64)
    mixed = np.stack([bits[:, 0] + STEP * bits[:, 1], bits[:, 1] + STEP * bits[:, 0] + STEP], axis=1)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    share = (mixed >> np.uint64(11)).astype(np.float64) / 2**53 - 0.5
    return np.asarray(positions + 1e-6 * extent / max(np.sqrt(len(positions)), 1.0) * share)


def _reason(positions: dict[str, Any], image: bool) -> str | None:
    """Return why positions are none, None where they are."""
    for name, values in positions.items():
        if values.dtype.kind not in "fiu":
            return f"{name} is of type {values.dtype}"
        finite = np.isfinite(values.astype(float))
        if not finite.all() and (image or not finite.any()):
            return f"{name} has values that are no numbers"
    extents = {name: _extent(values) for name, values in positions.items()}
    for name, extent in extents.items():
        if extent > LARGEST or 0 < extent < SMALLEST:
            return f"{name} extends over {extent:.2g}"
    if not image:
        return (
            "all points are in one place" if positions and not any(extents.values()) and _several(positions) else None
        )
    for name, values in positions.items():
        steps = np.diff(values.astype(float))
        if not ((steps > 0).all() or (steps < 0).all()):
            return f"{name} is neither ascending nor descending"
    return None


def _extent(values: Any) -> float:
    known = values[np.isfinite(values.astype(float))].astype(float)
    with np.errstate(over="ignore"):
        extent = float(np.ptp(known)) if known.size else 0.0
    return max(extent, float(np.abs(known).max(initial=0.0)) if extent > LARGEST else 0.0)


def _several(positions: dict[str, Any]) -> bool:
    return any(values.size > 1 for values in positions.values())
