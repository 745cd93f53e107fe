"""From the arrays of a file to labelled arrays: shapes, numbers and axes are checked in one place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import is_lazy, unreadable
from didymos.io.readers.sweeps import sweep_legs
from didymos.schema import ENERGY, InputError

if TYPE_CHECKING:
    import xarray as xr

LENGTHS = {"m", "cm", "mm", "um", "µm", "μm", "micron", "microns", "nm", "å", "angstrom", "ångström", "pm"}
"""Units of a length, in lower case."""


VOLTAGE = re.compile(r"(?:sample |tip |dc )?(?:bias|voltage)(?: voltage| calc)?|v|u", re.IGNORECASE)
"""Names of an axis that is a voltage between tip and sample."""
LONGEST_MESSAGE = 600
LATEX = {
    "sqrt": "√", "mu": "µ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "lambda": "λ",
    "nu": "ν", "omega": "ω", "Omega": "Ω", "theta": "θ", "phi": "φ", "AA": "Å", "circ": "°", "cdot": "·",
    "times": "×", "hbar": "ħ", "pm": "±",
}  # fmt: skip
"""Commands of LaTeX in labels, and the signs for them."""


@dataclass(frozen=True)
class FileAxis:
    """An axis as the file has it.

    Attributes
    ----------
    dim : str
        Name of the dim: ``y``, ``x``, ``point``, ``energy`` or that of the file.
    values : array
        Positions along it.
    units : str
    long_name : str
        How the file calls the axis.
    """

    dim: str
    values: NDArray[np.float64]
    units: str = ""
    long_name: str = ""


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into one line that names the file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    kind : str
        Its format.
    """
    try:
        yield
    except InputError as error:
        # names in a file may be long or of several lines
        line = " ".join(str(error).split())[:LONGEST_MESSAGE]
        raise InputError(line if line.startswith(path.name) else f"{path.name}: {line}") from error
    except ModuleNotFoundError as error:
        raise InputError(f"{path.name} needs the package {error.name!r}: pip install {error.name}") from error
    except FileNotFoundError as error:
        if not path.exists():
            raise
        missing = Path(str(error.filename)).name
        raise InputError(f"{path.name} belongs together with {missing}, which is missing: copy both") from error
    except (PermissionError, IsADirectoryError):
        raise
    except Exception as error:
        needed = re.search(r"requires the '(\w+)' package", str(error))
        if needed:
            raise InputError(f"{path.name} needs the package {needed[1]!r}: pip install {needed[1]}") from error
        raise unreadable(path, kind, error) from error


def channel_name(name: str, units: str, tag: str = "") -> str:
    """Return ``Current [bwd] (nA)`` of its parts."""
    return " ".join(part for part in (name, tag, f"({units})" if units else "") if part)


def labelled_maps(name: str, units: str, values: Any, axes: Sequence[FileAxis]) -> dict[str, xr.DataArray]:
    """Label the values of one signal; a sweep that turns and complex values become several channels.

    Parameters
    ----------
    name, units : str
        Of the signal.
    values : array or dask array
        One dimension for each axis.
    axes : sequence of FileAxis
        In the order of the dimensions.

    Returns
    -------
    dict of str to xarray.DataArray
        By the name of the channel, with its unit.

    Raises
    ------
    InputError
        Where shapes do not agree, values are no numbers or an axis is neither monotonic nor a sweep.
    """
    import xarray as xr

    name, units = plain_label(name), plain_label(units)
    shape = tuple(len(axis.values) for axis in axes)
    if tuple(values.shape) != shape:
        raise InputError(f"{name!r} has the shape {tuple(values.shape)} and axes of the lengths {shape}")
    if values.dtype.kind not in "fiuc":
        raise InputError(f"{name!r} is of type {values.dtype}; allowed are numbers")
    turning = [i for i, axis in enumerate(axes) if len(sweep_legs(axis.values, axis.long_name or axis.dim)) > 1]
    spectral = next((i for i, axis in enumerate(axes) if axis.dim == ENERGY), turning[0] if len(turning) == 1 else -1)
    for i in turning:
        if i != spectral:
            raise InputError(
                f"the axis {axes[i].long_name or axes[i].dim!r} of {name!r} goes up and down; only the axis of the "
                "spectra may be a sweep that turns"
            )
    coords = {axis.dim: (axis.dim, axis.values, _named(axis)) for axis in axes}
    array = xr.DataArray(values, dims=[axis.dim for axis in axes], coords=coords)
    found = {}
    for tag, part in _components(values, array):
        for leg in sweep_legs(axes[spectral].values, axes[spectral].dim) if turning else ():
            words = " ".join(word for word in (tag, leg.tag) if word)
            found[channel_name(name, units, words)] = part.isel({axes[spectral].dim: leg.indices})
        if not turning:
            found[channel_name(name, units, tag)] = part
    return {key: part.assign_attrs(units=units, long_name=name) for key, part in found.items()}


def as_row(array: xr.DataArray) -> xr.DataArray:
    """Return a line along x as a map of one row; other arrays as they are."""
    if "x" not in array.dims or "y" in array.dims:
        return array
    return array.expand_dims({"y": 1}).assign_coords({"y": ("y", [0.0], {"units": array["x"].attrs.get("units", "")})})


def no_map(reasons: Sequence[str], nothing: str) -> InputError:
    """Return the error about a file without a spectral map, with the first reasons.

    Parameters
    ----------
    reasons : sequence of str
        Why what is in the file is none.
    nothing : str
        What to say where there is nothing in it.
    """
    seen = list(dict.fromkeys(reasons))
    more = f"; and {len(seen) - 2} more" if len(seen) > 2 else ""
    return InputError(f"it holds no spectral map: {'; '.join(seen[:2]) + more or nothing}")


def sweep_signal(arrays: Mapping[str, xr.DataArray]) -> str:
    """Return what was swept, ``Bias (V)`` where it is a voltage, else as the file calls the axis of the spectra."""
    axis = next((array[ENERGY] for array in arrays.values() if ENERGY in array.coords), None)
    if axis is None:
        return ""
    name = str(axis.attrs.get("long_name", ""))
    return channel_name("Bias" if VOLTAGE.fullmatch(name.strip()) else name, str(axis.attrs.get("units", "")))


def index_axis(dim: str, size: int, units: str = "channel") -> FileAxis:
    """Return an axis that counts, for files that give none."""
    return FileAxis(dim, np.arange(size, dtype=float), units)


def plain_text(value: Any) -> str:
    """Return a text of a file without letters that netCDF cannot hold; nothing where it is none."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable() or letter in "\n\t").strip()


def plain_label(text: str) -> str:
    r"""Return a label without the marks of LaTeX: ``$\sqrt{E}$ (V/m)^{0.5}`` becomes ``√E (V/m)^0.5``.

    A plot would take them for a formula, and stop at one that is wrong.
    """
    for word, sign in LATEX.items():
        text = re.sub(rf"\\{word}(?![a-zA-Z])\s*", sign, text)
    return re.sub(r"[${}\\]", "", text).strip()


def numbers(values: Any, name: str) -> NDArray[np.float64]:
    """Return an axis as floating point numbers.

    Raises
    ------
    InputError
        Where the values are none.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise InputError(f"the axis {name!r} is of type {array.dtype}; allowed are real numbers")
    return array.astype(float)


def is_length(units: str) -> bool:
    """Tell whether a unit is one of a length."""
    return units.strip().casefold() in LENGTHS


def unique_name(name: str, taken: Mapping[str, Any]) -> str:
    """Return a name that is not taken: the name itself or with a number."""
    bare, units = (name[: name.rindex(" (")], name[name.rindex(" (") :]) if " (" in name else (name, "")
    return next(new for new in (name, *(f"{bare} {i}{units}" for i in range(2, 10_000))) if new not in taken)


def _named(axis: FileAxis) -> dict[str, str]:
    long_name = plain_label(axis.long_name)
    return {"units": plain_label(axis.units)} | ({"long_name": long_name} if long_name else {})


def _components(values: Any, array: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """Return real values as they are, complex ones as lock-in channels would be called: X, Y and R."""
    if values.dtype.kind != "c":
        return [("", array)]
    magnitude = array.copy(data=abs(values) if is_lazy(values) else np.abs(values))
    return [("X", array.real), ("Y", array.imag), ("R", magnitude)]
