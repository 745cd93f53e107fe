"""A result under construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.core.numeric.moments import Moments
from didymos.core.numeric.principal_components import PrincipalComponents, covariance_serves, principal_components
from didymos.io.blocks import is_lazy
from didymos.schema import ENERGY, RESULT_VARIABLES, space_dims
from didymos.workflow.points import Points


class Assembly:
    """A Dataset under construction: every variable gets its dims and meaning from the schema."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.space = space_dims(points.map)
        self._result = xr.Dataset(coords={name: points.map.coords[name] for name in (*self._positions(), ENERGY)})
        self._added: dict[str, xr.Variable] = {}

    @property
    def result(self) -> xr.Dataset:
        """The Dataset with all that has been added; xarray aligns all of it at once, which it does slowly."""
        if self._added:
            self._result, self._added = self._result.assign(self._added), {}
        return self._result

    @property
    def moments(self) -> Moments:
        """Average and covariance of the usable spectra."""
        return self.points.moments

    def components(self, modes: int) -> PrincipalComponents:
        """Return principal components of the usable spectra."""
        spectra = self.points.spectra
        return principal_components(self.moments if covariance_serves(*spectra.shape) else spectra, modes)

    def _positions(self) -> list[str]:
        return [name for name in ("y", "x") if name in self.points.map.coords]

    def add(self, name: str, values: ArrayLike, **attrs: Any) -> None:
        """Add a variable of the schema."""
        variable = RESULT_VARIABLES[name]
        dims = [dim for declared in variable.dims for dim in (self.space if declared == "space" else (declared,))]
        # what is in chunks on a disk stays there
        known = values if is_lazy(values) else np.asarray(values)
        self._added[name] = xr.Variable(dims, known, {"long_name": variable.meaning, **attrs})

    def coordinate(self, name: str, values: ArrayLike, **attrs: Any) -> None:
        """Add the coordinate of a dim."""
        self._added[name] = xr.Variable((name,), np.asarray(values), attrs)

    def usable(self, name: str) -> NDArray[Any]:
        """Return a variable over the surface at the usable points, shape (n_usable, ...)."""
        variable = self._added[name] if name in self._added else self._result[name].variable
        values: NDArray[Any] = variable.values.reshape(-1, *variable.shape[len(self.space) :])
        return values[self.points.usable]
