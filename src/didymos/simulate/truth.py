"""The truth beside a simulated map: how much of a defect is in every spectrum, of which kind, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.simulate.noise import ARTEFACTS

KIND_THRESHOLD = 0.5  # from this amplitude on a spectrum counts as one of its kind


@dataclass(frozen=True)
class Truth:
    """What is known about a simulated map.

    Parameters
    ----------
    kind_names : sequence of str
        Names of the K kinds of defects.
    kind_amplitude : ndarray, shape (kind, y, x)
        Amplitude of each kind, 0 to 1.
    position : ndarray, shape (defect, 2)
        y and x of each defect in m.
    position_kind : ndarray, shape (defect,)
        1 to K.
    artefact : ndarray, shape (y, x)
        Which of `didymos.simulate.noise.ARTEFACTS`.
    """

    kind_names: Sequence[str]
    kind_amplitude: NDArray[np.floating]
    position: NDArray[np.floating]
    position_kind: NDArray[np.integer]
    artefact: NDArray[np.int8]

    def variables(self) -> Mapping[str, xr.DataArray]:
        """Return the variables ``truth_...`` of a simulated Dataset."""
        amplitude = self.kind_amplitude.astype(np.float32)
        largest = amplitude.max(axis=0)
        kind = np.where(largest > KIND_THRESHOLD, amplitude.argmax(axis=0) + 1, 0).astype(np.int8)
        share = "share of the spectral change at the core of a defect"
        flags = {
            "flag_values": np.arange(len(self.kind_names) + 1, dtype=np.int8),
            "flag_meanings": " ".join(["none", *self.kind_names]),
        }
        flagged = {"flag_values": np.arange(len(ARTEFACTS), dtype=np.int8), "flag_meanings": " ".join(ARTEFACTS)}
        index = {"kind_index": np.arange(1, len(self.kind_names) + 1), "axis": ["y", "x"]}
        arrays: dict[str, tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]] = {
            "truth_amplitude": (("y", "x"), largest, {"units": "1", "long_name": f"{share}, largest over all"}),
            "truth_kind": (("y", "x"), kind, {"long_name": "kind of defect", **flags}),
            "truth_kind_amplitude": (("kind_index", "y", "x"), amplitude, {"units": "1", "long_name": share}),
            "truth_artefact": (("y", "x"), self.artefact, {"long_name": "corrupted spectra", **flagged}),
            "truth_position": (
                ("defect", "axis"),
                self.position,
                {"units": "m", "long_name": "position of the defect"},
            ),
            "truth_position_kind": (("defect",), self.position_kind.astype(np.int8), {"long_name": "kind", **flags}),
        }
        return {
            name: xr.DataArray(values, dims=dims, attrs=attrs, coords={dim: index[dim] for dim in dims if dim in index})
            for name, (dims, values, attrs) in arrays.items()
        }


def defect_amplitude(change: NDArray[np.floating], sites: NDArray[np.integer], reach: int) -> NDArray[np.float64]:
    """Return which share of a defect's full spectral change is present at every point.

    a(r) = <c(r), t> / <t, t>, clipped to 0..1, where c(r, E) is the local density of states less that of the same point
    without defects, and t(E) the mean over all defects of c at their cores: the point of largest |c| within `reach` of
    the position.

    Parameters
    ----------
    change : ndarray, shape (y, x, energy)
        c, in any unit.
    sites : ndarray, shape (defect, 2)
        Row and column of each defect of one kind.
    reach : int
        In points.

    Returns
    -------
    ndarray, shape (y, x)
        0 to 1; 0 everywhere where there is no defect or it changes nothing.
    """
    size = (change**2).sum(axis=-1)
    cores = []
    for row, column in sites:
        top, left = max(row - reach, 0), max(column - reach, 0)
        window = size[top : row + reach + 1, left : column + reach + 1]
        y, x = np.unravel_index(int(window.argmax()), window.shape)
        cores.append(change[top + y, left + x])
    template = np.mean(cores, axis=0, dtype=float) if cores else np.zeros(change.shape[-1])
    norm = float(template @ template)
    if norm == 0:
        return np.zeros(change.shape[:2])
    return np.clip(change @ template / norm, 0, 1)


def kind_amplitude(
    change: NDArray[np.floating],
    sites: NDArray[np.integer],
    kind: NDArray[np.integer],
    extent: Sequence[float],
) -> NDArray[np.float64]:
    """Return `defect_amplitude` of every kind; a point belongs to the nearest defect, in extents of its kind.

    Parameters
    ----------
    change : ndarray, shape (y, x, energy)
        Of the local density of states by the defects, in any unit.
    sites : ndarray, shape (defect, 2)
        Row and column of each defect.
    kind : ndarray, shape (defect,)
        1 to K.
    extent : sequence of K floats
        How far each kind reaches from its position, in points; its core lies there.

    Returns
    -------
    ndarray, shape (kind, y, x)
        0 to 1.
    """
    shape = change.shape[:2]
    points = np.moveaxis(np.indices(shape), 0, -1)
    distance = np.full((len(extent), *shape), np.inf)
    for index in np.unique(kind):
        distance[index - 1] = cKDTree(sites[kind == index]).query(points)[0] / extent[index - 1]
    owner = distance.argmin(axis=0)
    amplitude = np.zeros((len(extent), *shape))
    for index in np.unique(kind):
        reach = int(np.ceil(extent[index - 1]))
        shares = defect_amplitude(change, sites[kind == index], reach)
        amplitude[index - 1] = np.where(owner == index - 1, shares, 0)
    return amplitude
