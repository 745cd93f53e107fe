"""HDF5 files of no known convention (``.h5``, ``.hdf5``): every dataset of numbers, its axes as far as names tell.

An axis is named by its dimension scale, or by a dataset of one dim beside it that has a usual name of an axis
(``bias``, ``x``, ``energy``) and as many values as this axis and no other. What is left has no name: the user says with
``dims`` what it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.io.axes import standard_axis
from didymos.io.readers.hdf5 import datasets, opened, recognised, stored, text
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import sweep_signal
from didymos.schema import InputError

if TYPE_CHECKING:
    import xarray as xr

KIND = "HDF5"
UNITS = ("units", "unit", "Units")
NAMES = ("long_name", "quantity", "label")
MARK = "_NCProperties"
"""An attribute of the root of files that netCDF programs write."""


def recognises(path: Path) -> bool:
    """Tell whether a file is HDF5; formats with a convention of their own are asked before."""
    return recognised(path, lambda _: True)


def read(path: Path, lazy: bool | None) -> Content:
    """Read all datasets of numbers with at least two dims.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lazy : bool, optional
        Leave the values in the file.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where there is none; the message lists what there is.
    """
    with opened(path, KIND) as file:
        if MARK in file.attrs:
            from didymos.io.labelled import content_of, open_labelled

            return content_of(open_labelled(path, lazy))
        held = list(datasets(file))
        arrays = {
            one.name.strip("/"): _labelled(one, path, lazy)
            for one in held
            if one.ndim >= 2 and one.dtype.kind in "fiu" and one.size
        }
        if not arrays:
            listed = ", ".join(f"{one.name} {one.shape} {one.dtype}" for one in held[:20]) or "nothing"
            raise InputError(f"it holds no array of numbers with two or three axes; there are: {listed}")
    return Content(arrays, {}, sweep_signal(arrays))


def _labelled(dataset: Any, path: Path, lazy: bool | None) -> xr.DataArray:
    import xarray as xr

    axes = [_scale(dataset, axis) for axis in range(dataset.ndim)]
    for axis, beside in _beside(dataset).items():
        axes[axis] = axes[axis] if axes[axis] is not None else beside
    names = [f"axis_{n}" if one is None else one.name.rpartition("/")[2] for n, one in enumerate(axes)]
    dims = tuple(name if names.count(name) == 1 else f"axis_{n}" for n, name in enumerate(names))
    coords = {
        dim: (dim, np.asarray(one[()], dtype=np.float64), _attrs(one))
        for dim, one in zip(dims, axes, strict=True)
        if one is not None and one.dtype.kind in "fiu" and one.shape == (dataset.shape[dims.index(dim)],)
    }
    values = stored(dataset, path, KIND, lazy, tuple(standard_axis(dim) or dim for dim in dims))
    return xr.DataArray(values, coords, dims, attrs=_attrs(dataset))


def _scale(dataset: Any, axis: int) -> Any:
    """Return the dimension scale of an axis, None where it has none."""
    scales = dataset.dims[axis]
    return scales[0] if len(scales) else None


def _beside(dataset: Any) -> dict[int, Any]:
    """Return the datasets beside one that are its axes by name and length."""
    import h5py

    lines = [
        one
        for name, one in dataset.parent.items()
        if isinstance(one, h5py.Dataset) and one.ndim == 1 and one.dtype.kind in "fiu" and standard_axis(name)
    ]
    found = {}
    for axis, size in enumerate(dataset.shape):
        fitting = [one for one in lines if one.shape == (size,)]
        if len(fitting) == 1 and dataset.shape.count(size) == 1:
            found[axis] = fitting[0]
    return found


def _attrs(item: Any) -> dict[str, str]:
    """Return unit and name as text, as far as a dataset has them."""
    units = next((words for name in UNITS if (words := text(item, name))), "")
    label = next((words for name in NAMES if (words := text(item, name))), "")
    return {name: words for name, words in (("units", units), ("long_name", label)) if words}


READER = Reader(
    KIND,
    (".h5", ".hdf5", ".hf5", ".he5"),
    read,
    recognises=recognises,
    holds="Datasets of numbers, with axes by dimension scales, by names beside them, or by the option dims; netCDF in "
    "files of this name.",
    tested_on="Files written by h5py and by xarray.",
)
