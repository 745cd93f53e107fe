"""What all steps share: work on blocks of spectra, and the notes that say what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.io.blocks import image_blocks, is_lazy
from didymos.schema import ENERGY, InputError, validate_map
from didymos.schema.given import in_words

NOTES = "preparation"
"""The attribute of a map that says how it was prepared, one sentence a line."""
AT_ONCE = 2**22
"""Values that a step works on at once."""
EVEN = 1e-3
"""Steps that differ by less than this share of the step are equal."""

Work = Callable[..., NDArray[np.floating]]


def as_map(data: xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Return a map in standard form; of a Dataset its ``spectra``, with all that is known of every point.

    Raises
    ------
    InputError
        Where it is no map.
    """
    if isinstance(data, xr.Dataset):
        if "spectra" not in data:
            raise InputError(f"a Dataset holds {', '.join(map(str, data.data_vars)) or 'nothing'} but no 'spectra'")
        spectra = data["spectra"]
        points = set(spectra.dims) - {ENERGY}
        beside = {name: data[name] for name in data.data_vars if name != "spectra" and set(data[name].dims) == points}
        return validate_map(spectra.assign_coords(beside))
    if not isinstance(data, xr.DataArray):
        raise InputError(f"a map is {in_words(data)}; allowed is an xarray.DataArray: see didymos.open_map")
    return validate_map(data)


def noted(spectra: xr.DataArray, sentence: str, **attrs: Any) -> xr.DataArray:
    """Return a map with one sentence more about its preparation, and with other attributes."""
    before = str(spectra.attrs.get(NOTES, ""))
    result = spectra.copy(deep=False)
    result.attrs = {**spectra.attrs, **attrs, NOTES: f"{before}\n{sentence}".strip()}
    return result


MARK = "artefact"
"""The coordinate of a map that says what is wrong with each spectrum, see :mod:`didymos.preparing.corrupted`."""
HIDING = ("Aligned", "Background", "Normalised", "Smoothed", "Binned")
"""How the sentences of the steps begin that may hide corrupted spectra from the search for these."""
HIDDEN = (
    "Which spectra are corrupted was not kept with the prepared map, and these steps can hide it: glitches may pass "
    "for a rare population. Prepare the map again from its first file, or believe only what it shows without these "
    "steps."
)


def notes_of(spectra: xr.DataArray) -> tuple[str, ...]:
    """Return what was done to a map, sentence by sentence, with a warning where that hides corrupted spectra."""
    notes = tuple(str(spectra.attrs.get(NOTES, "")).splitlines())
    hidden = MARK not in spectra.coords and any(note.startswith(HIDING) for note in notes)
    return (*notes, HIDDEN) if hidden else notes


def over_spectra(spectra: xr.DataArray, work: Work, *beside: xr.DataArray) -> xr.DataArray:
    """Return a map of the same shape whose spectra are what the work makes of them, block by block.

    Parameters
    ----------
    spectra : spectral map
        One of dask stays one of dask: the work is done when its values are asked for.
    work : callable
        From spectra, shape (n_points, n_energies), and the same points of what is beside them, to as many spectra.
    *beside : xarray.DataArray
        Other values of every point, dims those of the map, with or without the energy.

    Returns
    -------
    xarray.DataArray
        Float32, with the attributes and coordinates of the map.
    """
    others = [one.transpose(*[dim for dim in spectra.dims if dim in one.dims]) for one in beside]
    if not is_lazy(spectra):
        return spectra.copy(data=on_rows(spectra.values, work, *(np.asarray(one.values) for one in others)))
    import dask.array

    whole = spectra.chunk({ENERGY: -1})
    chunks = whole.variable.chunksizes
    arrays, places = [whole.data], [tuple(range(spectra.ndim))]
    for one in others:
        arrays.append(one.chunk({dim: chunks[dim] for dim in one.dims}).data)
        places.append(tuple(spectra.dims.index(dim) for dim in one.dims))
    pairs = [part for pair in zip(arrays, places, strict=True) for part in pair]
    data = dask.array.blockwise(  # type: ignore[no-untyped-call]  # dask has no types
        _block,
        places[0],
        *pairs,
        work=work,
        dtype=np.float32,
        concatenate=True,
        meta=np.empty((0,) * spectra.ndim, np.float32),
    )
    return whole.copy(data=data)


def _block(values: NDArray[Any], *beside: NDArray[Any], work: Work) -> NDArray[np.float32]:
    return on_rows(values, work, *beside)


def on_rows(values: NDArray[Any], work: Work, *beside: NDArray[Any]) -> NDArray[np.float32]:
    """Do the work on some spectra of an array at a time, all but the last dimension taken as one."""
    energies = values.shape[-1]
    rows = values.reshape(-1, energies)
    space = values.ndim - 1
    others = [one.reshape(len(rows), *one.shape[space:]) for one in beside]
    result = np.empty(rows.shape, dtype=np.float32)
    size = max(1, AT_ONCE // max(energies, 1))
    for first in range(0, len(rows), size):
        part = slice(first, first + size)
        result[part] = work(rows[part].astype(np.float64), *(one[part] for one in others))
    return result.reshape(values.shape)


def answers(spectra: xr.DataArray, work: Callable[..., Any], *beside: xr.DataArray) -> list[Any]:
    """Return what the work says of every block of spectra, in order; see :func:`over_spectra`."""
    found = []
    for block in image_blocks(spectra):
        part = spectra[block]
        energies = part.sizes[ENERGY]
        rows = np.asarray(part.values, dtype=np.float64).reshape(-1, energies)
        where = dict(zip(spectra.dims, block, strict=False))
        others = []
        for one in beside:
            own = one.isel({dim: where[dim] for dim in one.dims if dim in where})
            held = own.transpose(*[dim for dim in spectra.dims if dim in own.dims]).values
            others.append(np.asarray(held).reshape(len(rows), *held.shape[spectra.ndim - 1 :]))
        found.append(work(rows, *others))
    return found


def sample_of(spectra: xr.DataArray, count: int) -> NDArray[np.float32]:
    """Return about so many spectra that are spread over a map, shape (n_points, n_energies)."""
    total = int(np.prod(spectra.shape[:-1]))
    stride = max(1, round((total / count) ** (1 / (spectra.ndim - 1))))
    part = spectra[(slice(None, None, stride),) * (spectra.ndim - 1)]
    return np.asarray(part.values, dtype=np.float32).reshape(-1, spectra.sizes[ENERGY])


def energies_of(spectra: xr.DataArray) -> NDArray[np.float64]:
    """Return the energies, ascending."""
    return np.asarray(spectra[ENERGY].values, dtype=np.float64)


def even_step(spectra: xr.DataArray, what: str) -> float:
    """Return the step of the energies.

    Raises
    ------
    InputError
        Where the steps differ.
    """
    step = np.diff(energies_of(spectra))
    if not step.size or np.ptp(step) > EVEN * np.abs(step).mean():
        raise InputError(f"{what} needs evenly spaced energies; those of the map are not: interpolate it first")
    return float(step.mean())


def energy_units(spectra: xr.DataArray) -> str:
    """Return the unit of the energies; "energies" has none."""
    return str(spectra[ENERGY].attrs.get("units", ""))


def with_units(value: float, units: str, digits: int = 3) -> str:
    """Return a number with its unit."""
    return f"{value:.{digits}g} {units}".rstrip()


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 value" or "12 values"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
