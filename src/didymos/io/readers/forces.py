"""Force maps of atomic force microscopes through afmformats: a force curve at every point, over the distance.

The axis is the height of the cantilever above its lowest position at that point, where the force has reached its set
point; that lowest position is the topography. The approach is the channel ``Force``, the retract ``Force [bwd]``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.io.readers.arrays import Axis, common_axis, labelled
from didymos.io.readers.folders import by_number, listed
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.libraries import library
from didymos.schema import InputError

if TYPE_CHECKING:
    import xarray as xr

Values = NDArray[np.float64]

_MAPS = (".jpk-force-map", ".jpk-qi-data", ".h5", ".zip")
_CURVES = (".jpk-force", ".ibw", ".tab")
_HEIGHTS = ("height (measured)", "height (piezo)")
_APPROACH, _RETRACT = 0, 1
_CHANNELS = (("Force", _APPROACH), ("Force [bwd]", _RETRACT))
_ASYLUM = (b"Raw", b"Defl", b"ZSnsr")
_NUMBERS = ("grid index x", "grid index y", "grid shape x", "grid shape y", "grid size x", "grid size y")
_POSITIONS = ("position x", "position y")
_TEXTS = {"start_time": ("date", "time"), "instrument": ("instrument",), "software_version": ("software version",)}


class _Curve(NamedTuple):
    """The curve of one point: force in N and height in m of approach and retract, what else is known as numbers."""

    force: Values
    heights: Mapping[str, Values]
    segment: NDArray[np.int64]
    numbers: Mapping[str, float]


def _read(path: Path, lazy: bool | None) -> Content:
    files = _files(path)
    curves: list[_Curve] = []
    attrs: dict[str, Any] = {}
    left_out: list[str] = []
    for file in files:
        try:
            with library(file, "a force map", "afmformats", "afmformats.formats", "igor2.binarywave", "igor2.struct"):
                for data, metadata in _loaded(file):
                    attrs = attrs or _attributes(metadata)
                    curves.append(_curve(data, metadata))
        except InputError as error:
            if len(files) == 1:
                raise
            left_out.append(str(error))
    if not curves:
        raise InputError(f"{path.name} holds no force curves{': ' + left_out[0] if left_out else ''}")
    if left_out:
        attrs["left_out"] = listed(left_out)
    try:
        arrays, found = _arrays(curves)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    return Content(
        arrays, attrs | found, sweep_signal="Distance (m)", preferred="Force (N)", why_preferred="the force on approach"
    )


def _files(path: Path) -> list[Path]:
    """Return the file, or the curves of a folder in the order of the numbers in their names."""
    if not path.is_dir():
        return [path]
    found = [file for file in path.iterdir() if file.suffix.lower() in _CURVES and file.is_file()]
    return by_number(found)


def _loaded(path: Path) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Give columns and metadata of each curve of a file."""
    if path.suffix.lower() == ".h5":
        import h5py
        from afmformats.formats.fmt_hdf5 import load_hdf5
        from afmformats.mod_force_distance import AFMForceDistance

        # by the path afmformats would open the file again for every column
        with h5py.File(path, "r") as file:
            for entry in sorted(load_hdf5(file), key=lambda entry: entry["metadata"]["enum"]):
                curve = AFMForceDistance(**entry)
                yield curve, curve.metadata
        return
    import afmformats
    from afmformats.formats.fmt_jpk.jpk_reader import ArchiveCache

    try:
        for curve in afmformats.load_data(path, modality="force-distance"):
            yield curve, curve.metadata
    finally:
        # afmformats keeps the last files open, and would take an old one for a new one of the same name
        archive = ArchiveCache.open_archives.pop(path, None)
        if archive is not None:
            archive.close()


def _curve(data: Any, metadata: Mapping[str, Any]) -> _Curve:
    from afmformats.errors import FileFormatNotSupportedError

    if "force" not in data:
        raise InputError(f"{metadata['path'].name} has curves without force: they are not calibrated")
    force = np.asarray(data["force"], dtype=np.float64)
    heights = {}
    for name in _HEIGHTS:
        # files of JPK claim both heights and may hold one
        with contextlib.suppress(FileFormatNotSupportedError, KeyError):
            heights[name] = np.asarray(data[name], dtype=np.float64)
    segment = np.asarray(data["segment"] if "segment" in data else np.zeros(force.size), dtype=np.int64)
    if not heights or any(part.shape != force.shape for part in (segment, *heights.values())) or force.ndim != 1:
        raise InputError(f"{metadata['path'].name} has a curve whose columns of force and height do not fit together")
    keys = [key for key in (*_NUMBERS, *_POSITIONS) if key in metadata]
    return _Curve(force, heights, segment, {key: float(metadata[key]) for key in keys})


def _attributes(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of all curves, from the first."""
    attrs: dict[str, Any] = {}
    for name, keys in _TEXTS.items():
        words = " ".join(str(metadata[key]) for key in keys if key in metadata)
        if words:
            attrs[name] = words
    numbers = {"spring_constant": "spring constant", "set_point": "setpoint", "sensitivity": "sensitivity"}
    found = {name: float(metadata[key]) for name, key in numbers.items() if key in metadata}
    return attrs | {name: value for name, value in found.items() if np.isfinite(value)}


def _arrays(curves: Sequence[_Curve]) -> tuple[dict[str, xr.DataArray], dict[str, Any]]:
    column = next((name for name in _HEIGHTS if all(name in curve.heights for curve in curves)), None)
    if column is None:
        raise InputError("the curves have no height in common (measured or of the piezo)")
    parts = [_segments(curve, column) for curve in curves]
    lowest = np.array([np.min(np.concatenate([height for height, _ in part.values()])) for part in parts])
    arrays: dict[str, Any] = {}
    attrs: dict[str, Any] = {"height": column}
    axes, index, frame = _space(curves)
    both = [(name, way) for name, way in _CHANNELS if any(way in part for part in parts)]
    if not all(_APPROACH in part for part in parts):
        raise InputError("a curve has no approach: its segments are damaged")
    # the axis covers both ways; a point without retract is NaN there
    owners = [(name, point, part[way]) for name, way in both for point, part in enumerate(parts) if way in part]
    distances = [height - lowest[point] for _, point, (height, _) in owners]
    common = common_axis(distances, {"force": [force for _, _, (_, force) in owners]})
    attrs["energy_axis"] = f"height above the lowest position at each point, {common.how}"
    axes_of_spectra = axes | {"energy": Axis(common.energy, "m", "Distance")}
    for name, _ in both:
        spectra = np.full((len(curves), common.energy.size), np.nan, dtype=np.float32)
        for (owner, point, _), spectrum in zip(owners, common.spectra["force"], strict=True):
            if owner == name:
                spectra[point] = spectrum
        arrays[f"{name} (N)"] = labelled(_placed(spectra, index, axes), axes_of_spectra, name=name, units="N")
    arrays["topography"] = labelled(_placed(lowest, index, axes), axes, name="topography", units="m")
    return arrays, attrs | frame


def _segments(curve: _Curve, column: str) -> dict[int, tuple[Values, Values]]:
    """Return height and force of approach and retract; the lowest position divides them where the file does not."""
    height, segment = curve.heights[column], curve.segment
    good = np.isfinite(height) & np.isfinite(curve.force)
    if not (segment == _RETRACT).any() and good.any():
        turn = int(np.argmin(np.where(good, height, np.inf)))
        if 2 <= turn < height.size - 2:
            segment = np.where(np.arange(height.size) <= turn, _APPROACH, _RETRACT)
    found = {}
    for way in (_APPROACH, _RETRACT):
        chosen = good & (segment == way)
        if chosen.sum() > 1:
            found[way] = (height[chosen], curve.force[chosen])
    if not found:
        raise InputError("a curve holds no finite values")
    return found


def _space(curves: Sequence[_Curve]) -> tuple[dict[str, Axis], NDArray[np.int64] | None, dict[str, Any]]:
    """Return the axes of space, the pixel of each point (None where the points are scattered), and the frame."""
    if all(name in curve.numbers for curve in curves for name in _NUMBERS):
        pixels = np.array([[curve.numbers[name] for name in _NUMBERS[:2]] for curve in curves]).astype(np.int64)
        columns, rows = (int(curves[0].numbers[name]) for name in _NUMBERS[2:4])
        size = [curves[0].numbers[name] for name in _NUMBERS[4:]]
        inside = (pixels >= 0).all() and (pixels < (columns, rows)).all() and columns * rows <= 10 * len(curves) + 100
        if inside and len(np.unique(pixels, axis=0)) == len(pixels) and min(size) > 0:
            axes = {
                name: Axis((np.arange(count) + 0.5) * length / count, "m")
                for name, count, length in (("y", rows, size[1]), ("x", columns, size[0]))
            }
            return axes, pixels[:, ::-1], {"frame_size": size}
    if all(name in curve.numbers for curve in curves for name in _POSITIONS):
        x, y = (np.array([curve.numbers[name] for curve in curves]) for name in _POSITIONS)
        if np.isfinite(x).all() and np.isfinite(y).all():
            return {"x": Axis(x, "m"), "y": Axis(y, "m")}, None, {}
    numbers = np.arange(len(curves), dtype=float)
    axes = {"x": Axis(numbers, "pixel"), "y": Axis(np.zeros(len(curves)), "pixel")}
    return axes, None, {"positions": "not recorded: the curves are numbered"}


def _placed(values: NDArray[Any], pixels: NDArray[np.int64] | None, axes: Mapping[str, Axis]) -> NDArray[Any]:
    """Put the values of the points at their pixels; NaN where none was measured."""
    if pixels is None:
        return values
    placed = np.full((axes["y"].values.size, axes["x"].values.size, *values.shape[1:]), np.nan, dtype=values.dtype)
    placed[pixels[:, 0], pixels[:, 1]] = values
    return placed


def _recognises(path: Path) -> bool:
    """Tell a force map from other files with its suffix: an HDF5 file, a zip file, a wave of Igor or a folder."""
    if path.is_dir():
        return any(_recognises(file) for file in _files(path)[:3])
    suffix = path.suffix.lower()
    if suffix == ".h5":
        return _has_curves(path)
    if suffix == ".zip":
        return _has_tables(path)
    if suffix == ".tab":
        with path.open("rb") as file:
            return file.read(12) == b"# afmformats"
    if suffix == ".ibw":
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 4096, 0))
            tail = file.read()
        return all(label in tail for label in _ASYLUM[1:2]) and any(label in tail for label in _ASYLUM[::2])
    return True


def _has_curves(path: Path) -> bool:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return "software" in file.attrs and "0" in file and "imaging mode" in file["0"].attrs
    except (OSError, RuntimeError, KeyError):
        return False


def _has_tables(path: Path) -> bool:
    """Tell whether a zip file holds the tables of AFM Workshop only."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False
    return bool(names) and all(name.lower().endswith(".csv") for name in names)


READER = Reader(
    name="AFM force map",
    suffixes=(*_MAPS, *_CURVES),
    read=_read,
    holds="Force curves over the distance: maps of JPK, AFM Workshop and afmformats' own HDF5; folders of curves.",
    tested_on=(
        "HDF5 maps and tables that afmformats wrote; maps of JPK and AFM Workshop and curves of Asylum made for the "
        "tests after the layouts that afmformats reads; no file of an instrument."
    ),
    packages={"afmformats": "afmformats"},
    recognises=_recognises,
)
