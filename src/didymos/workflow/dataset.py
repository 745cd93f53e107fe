"""A result under construction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.core.numeric.moments import Moments
from didymos.core.numeric.principal_components import PrincipalComponents, covariance_serves, principal_components
from didymos.io.blocks import is_lazy
from didymos.schema import COORDINATES, ENERGY, RESULT_VARIABLES, Variable, space_dims
from didymos.schema.results import DISTANCE, ENERGY_UNIT, HEIGHT, LENGTH, NUMBER, SIGNAL, TEXT, WEIGHT
from didymos.workflow.points import Points


class Assembly:
    """A Dataset under construction: every variable gets its dims, meaning and unit from the schema.

    Parameters
    ----------
    points : Points
    metric : str
        Its name, which says what unit the distances have: the robust metric counts standard deviations.
    """

    variables: Mapping[str, Variable] = RESULT_VARIABLES

    def __init__(self, points: Points, metric: str = "robust") -> None:
        self.points = points
        self.space = space_dims(points.map)
        coords = points.map.coords
        signal, energy = (str(data.attrs.get("units", "")).strip() for data in (points.map, coords[ENERGY]))
        length = str(coords["x"].attrs.get("units", "")) if "x" in coords else "pixel"
        self._units = {
            SIGNAL: signal,
            ENERGY_UNIT: energy,
            LENGTH: length.strip() or "pixel",
            HEIGHT: "m",
            DISTANCE: signal if metric == "euclidean" else NUMBER,
            WEIGHT: f"{signal} {energy}".strip(),
        }
        known = {name: coords[name].variable for name in (*self._positions(), ENERGY)}
        described = {name: self._described(one, COORDINATES[name]) for name, one in known.items()}
        self._result = xr.Dataset(coords=described)
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
        variable = self.variables[name]
        dims = [dim for declared in variable.dims for dim in (self.space if declared == "space" else (declared,))]
        # what is in chunks on a disk stays there
        known = values if is_lazy(values) else np.asarray(values)
        self._added[name] = self._described(xr.Variable(dims, known, attrs), variable)

    def coordinate(self, name: str, values: ArrayLike, **attrs: Any) -> None:
        """Add the coordinate of a dim."""
        self._added[name] = self._described(xr.Variable((name,), np.asarray(values), attrs), COORDINATES[name])

    def unit(self, kind: str) -> str:
        """Return the unit of a kind of unit of the schema."""
        return self._units.get(kind, kind)

    def _described(self, variable: xr.Variable, declared: Variable) -> xr.Variable:
        """Return a variable with meaning and unit where it does not bring its own; texts have no unit."""
        own = {"long_name": declared.meaning, **({} if declared.unit == TEXT else {"units": self.unit(declared.unit)})}
        return xr.Variable(variable.dims, variable.data, {**own, **variable.attrs})

    def usable(self, name: str) -> NDArray[Any]:
        """Return a variable over the surface at the usable points, shape (n_usable, ...)."""
        variable = self._added[name] if name in self._added else self._result[name].variable
        values: NDArray[Any] = variable.values.reshape(-1, *variable.shape[len(self.space) :])
        return values[self.points.usable]
