"""NSID files of pyNSID and sidpy (``.h5``, ``.hdf5``, ``.hf5``): datasets with dimension scales."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymos.io.readers.hdf5 import attribute, datasets, inside, member, opened, recognised, stored, text
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import (
    FileAxis,
    as_row,
    labelled_maps,
    no_map,
    numbers,
    plain_label,
    sweep_signal,
    unique_name,
)
from didymos.schema import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError

if TYPE_CHECKING:
    import xarray as xr

KIND = "NSID"
SPECTRAL = {"SPECTRAL", "TEMPORAL"}
SPATIAL = {"SPATIAL", "POINT_CLOUD"}
MARKS = ("DIMENSION_LIST", "data_type", "quantity", "units")
"""Attributes that every dataset of NSID has."""


def recognises(path: Path) -> bool:
    """Tell whether a file holds a dataset of NSID."""
    return recognised(path, lambda file: bool(_main(file)))


def read(path: Path, lazy: bool | None) -> Content:
    """Read all datasets with one axis of a spectrum and axes of a surface.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lazy : bool, optional
        Leave the values in the file.

    Returns
    -------
    Content
    """
    arrays: dict[str, xr.DataArray] = {}
    refused = []
    attrs: dict[str, Any] = {}
    with opened(path, KIND) as file:
        for dataset in _main(file):
            try:
                found = _maps(dataset, path, lazy)
            except InputError as error:
                refused.append(f"{dataset.name.rsplit('/', 1)[-1]}: {error}")
                continue
            arrays |= {unique_name(name, arrays): array for name, array in found.items()}
            attrs = attrs or _attributes(dataset)
        if not any(ENERGY in array.dims for array in arrays.values()):
            raise no_map(refused, "there is no dataset of NSID")
    return Content(arrays, attrs, sweep_signal(arrays))


def _main(file: Any) -> list[Any]:
    return [d for d in datasets(file) if all(mark in d.attrs for mark in MARKS) and "dimension_type" in _scale_marks(d)]


def _scale_marks(dataset: Any) -> set[str]:
    return {name for dim in dataset.dims for scale in dim.values() for name in scale.attrs}


def _maps(dataset: Any, path: Path, lazy: bool | None) -> dict[str, xr.DataArray]:
    """Return the channels of one dataset."""
    scales = [_scale(dataset, i) for i in range(dataset.ndim)]
    kinds = [text(scale, "dimension_type").upper() for scale in scales]
    spectral = [i for i, kind in enumerate(kinds) if kind in SPECTRAL and dataset.shape[i] > 1]
    spatial = [i for i, kind in enumerate(kinds) if kind in SPATIAL]
    single = [i for i, size in enumerate(dataset.shape) if size == 1 and i not in spatial]
    seen = ", ".join(f"{scale_name(scale)} ({kind.lower()})" for scale, kind in zip(scales, kinds, strict=True))
    if len(spectral) > 1 or len(spatial) not in (1, 2) or len({*spectral, *spatial, *single}) != dataset.ndim:
        raise InputError(f"it has the axes {seen}; allowed are one or two of a surface and one of the spectrum")
    dims = dict.fromkeys(spectral, ENERGY) | _spatial_dims([scale_name(scales[i]) for i in spatial], spatial, kinds)
    axes = [_axis(scales[i], dims[i]) for i in range(dataset.ndim) if i in dims]
    ordered = tuple(dims.get(i, f"single_{i}") for i in range(dataset.ndim))
    values = stored(dataset, path, KIND, lazy, ordered)
    values = values[tuple(slice(None) if i in dims else 0 for i in range(dataset.ndim))]
    title = text(dataset, "quantity") or dataset.name.rsplit("/", 1)[-1]
    found = labelled_maps(title, _units(dataset), values, axes)
    return {key: as_row(_with_points(array, dataset)) for key, array in found.items()}


def scale_name(scale: Any) -> str:
    """Return how an axis is called."""
    return text(scale, "name") or str(scale.name).rsplit("/", 1)[-1]


def _scale(dataset: Any, i: int) -> Any:
    found = list(dataset.dims[i].values())
    if len(found) != 1:
        raise InputError(f"the axis {i} has {len(found)} scales; allowed is one")
    inside(found[0])
    return found[0]


def _axis(scale: Any, dim: str) -> FileAxis:
    called = scale_name(scale)
    return FileAxis(dim, numbers(scale[()], called), _units(scale), called.replace("_", " "))


def _with_points(array: xr.DataArray, dataset: Any) -> xr.DataArray:
    """Attach the positions of a cloud of points, where the file has them."""
    if POINT_DIMS[0] not in array.dims:
        return array
    cloud = member(dataset.parent, "point_cloud")
    places = attribute(cloud, "coordinates") if cloud is not None else None
    array = array.drop_vars("point")
    if places is None:
        return array
    places = numbers(places, "coordinates")
    if places.shape != (array.sizes["point"], 2):
        raise InputError(f"its points have coordinates of the shape {places.shape}; allowed is ({len(array)}, 2)")
    units = {"units": plain_label(text(cloud, "spacial_units") or text(cloud, "spatial_units"))}
    return array.assign_coords({dim: ("point", places[:, i], units) for i, dim in enumerate("xy")})


def _units(item: Any) -> str:
    units = text(item, "units")
    return "" if units.casefold() in ("generic", "unknown") else units


def _spatial_dims(names: list[str], positions: list[int], kinds: list[str]) -> dict[int, str]:
    """Return the dims of the axes of the surface: by their names, else the first is x, as sidpy counts."""
    if len(positions) == 1:
        point = kinds[positions[0]] == "POINT_CLOUD"
        return {positions[0]: POINT_DIMS[0] if point else "x"}
    letters = [called.casefold().split("_")[0][:1] for called in names]
    if sorted(letters) != ["x", "y"]:
        letters = list(IMAGE_DIMS[::-1])
    return dict(zip(positions, letters, strict=True))


def _attributes(dataset: Any) -> dict[str, Any]:
    words = {"start_time": "timestamp", "modality": "modality", "source": "source", "title": "main_data_name"}
    found = {key: text(dataset, mark) for key, mark in words.items()}
    return {key: value for key, value in found.items() if value and value.casefold() not in ("generic", "unknown")}


READER = Reader(
    name="NSID",
    suffixes=(".h5", ".hdf5", ".hf5"),
    read=read,
    holds="Datasets of the N-dimensional spectroscopy and imaging data format, as pyNSID and sidpy write them.",
    tested_on=(
        "A real map of 50 x 50 spectra written by pyNSID (current over field on BiFeO3), and files that pyNSID writes."
    ),
    recognises=recognises,
)
