"""A spectral map as plain arrays, for who only describes a file: the labelled arrays take half a second to import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from didymos.schema import ENERGY, space_dims

if TYPE_CHECKING:
    import xarray as xr


class Values(Protocol):
    """An axis: values, and what they are in ``attrs["units"]``; an xarray.DataArray is one too."""

    @property
    def values(self) -> NDArray[Any]:
        """The values along the axis."""

    @property
    def attrs(self) -> Mapping[Any, Any]:
        """Attributes, among them the units."""


@dataclass(frozen=True)
class Axis:
    """An axis of a map."""

    values: NDArray[Any]
    attrs: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PlainMap:
    """A spectral map without labels.

    Attributes
    ----------
    values : array, shape (y, x, energy) or (point, energy)
        The spectra, energy ascending.
    axes : mapping of str to Axis
        Energy first, then the positions.
    attrs : mapping
        The attributes of the map.
    """

    values: NDArray[np.floating]
    axes: Mapping[str, Axis]
    attrs: Mapping[str, Any]

    @classmethod
    def of(cls, array: xr.DataArray) -> PlainMap:
        """Return a spectral map without its labels."""
        names = (ENERGY, *(("x", "y") if "y" in array.coords else space_dims(array)))
        axes = {
            name: Axis(array[name].values, array[name].attrs)
            if name in array.coords
            else Axis(np.arange(array.sizes[name]))
            for name in names
        }
        return cls(array.values, axes, {str(key): value for key, value in array.attrs.items()})
