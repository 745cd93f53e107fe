"""Binning: averages of neighbouring positions and energies."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from didymos.io.blocks import is_lazy
from didymos.preparing.corrupted import mark_artefacts
from didymos.preparing.labelled import MARK, as_map, counted, noted
from didymos.preparing.selecting import whole_image
from didymos.preparing.settings import check_bin
from didymos.preparing.units import CURRENT
from didymos.schema import ENERGY, InputError


def bin_map(data: xr.DataArray | xr.Dataset, space: int = 1, energy: int = 1) -> xr.DataArray:
    """Average neighbouring spectra and energies.

    Every value becomes the average of the finite ones among `space` x `space` positions and `energy` energies; white
    noise falls by the square root of their number. Corrupted spectra are left out of the averages of positions; a bin
    of nothing else is corrupted. What does not fill a bin at the end of an axis is left out.

    Parameters
    ----------
    data : spectral map
    space : int
        Rows and columns of a bin; 1 for scattered spectra.
    energy : int
        Energies of a bin.

    Returns
    -------
    xarray.DataArray
        Missing only where all values of a bin are. Positions, energies and heights are averaged, of integers such as
        flags the largest is taken.

    Raises
    ------
    InputError
        Where a number is no positive integer, the positions are scattered, or an axis is shorter than a bin.
    """
    check_bin("bin_space", space)
    check_bin("bin_energy", energy)
    spectra = as_map(data)
    if space == energy == 1:
        return spectra
    if space > 1:
        whole_image(spectra, "bin_space")
    counts = {dim: count for dim, count in (("y", space), ("x", space), (ENERGY, energy)) if count > 1}
    for dim, count in counts.items():
        if spectra.sizes[dim] < count:
            raise InputError(f"a bin of {count} does not fit in {spectra.sizes[dim]} along {dim}: take a smaller one")
    left = {dim: spectra.sizes[dim] % count for dim, count in counts.items() if spectra.sizes[dim] % count}
    marked = mark_artefacts(spectra)
    spectra = _sound(marked, space)
    largest = [name for name, coordinate in spectra.coords.items() if coordinate.dtype.kind in "iub"]
    coordinate: Any
    found = _averages(spectra.drop_vars(largest), counts)
    for name in largest:
        dims = [dim for dim in counts if dim in spectra[name].dims]
        coordinate = spectra[name]
        if dims:
            windows = {dim: counts[dim] for dim in dims}
            coordinate = coordinate.variable.coarsen(windows, "max", boundary="trim")
        else:
            coordinate = coordinate.variable
        found = found.assign_coords({name: coordinate})
    out = int((spectra[MARK] != marked[MARK]).sum())
    words = {"y": ("row", "rows"), "x": ("column", "columns"), ENERGY: ("energy", "energies")}
    size = " × ".join(counted(count, *words[dim]) for dim, count in counts.items())
    rest = f"; left out at the end: {', '.join(counted(n, *words[dim]) for dim, n in left.items())}" if left else ""
    sentence = f"Binned: averages of {size}, up to {int(np.prod([*counts.values()]))} values each"
    if out:
        sentence += f"; {counted(out, 'corrupted spectrum', 'corrupted spectra')} left out of them"
    return noted(found, f"{sentence}{rest}.")


def _sound(marked: xr.DataArray, space: int) -> xr.DataArray:
    """Return a map without the corrupted spectra of bins that hold others; they become missing."""
    if space == 1:
        return marked
    sound = (marked[MARK] == 0) & marked.notnull().any(ENERGY)
    windows = {dim: (np.arange(marked.sizes[dim]) // space) for dim in ("y", "x")}
    held = np.zeros([int(index[-1]) + 1 for index in windows.values()], dtype=bool)
    rows, columns = np.nonzero(np.asarray(sound.transpose("y", "x").values))
    held[windows["y"][rows], windows["x"][columns]] = True
    others = held[windows["y"][:, None], windows["x"]]
    out = (marked[MARK].transpose("y", "x").values != 0) & others
    if not out.any():
        return marked
    kept = xr.DataArray(~out, dims=("y", "x")).variable
    left = marked.where(kept).astype(marked.dtype).assign_coords({MARK: marked[MARK].where(kept, 0).astype(np.int8)})
    left.attrs, left[MARK].attrs = dict(marked.attrs), dict(marked[MARK].attrs)
    return left


def _averages(spectra: xr.DataArray, counts: dict[str, int]) -> xr.DataArray:
    """Return the averages of the finite values in every bin, attributes kept."""
    finite = spectra.where(np.isfinite(spectra)).astype(np.float64)
    coarse = finite.drop_vars(CURRENT, errors="ignore").coarsen(counts, boundary="trim")
    found = coarse.mean().astype(np.float32)
    if is_lazy(spectra):
        found = found.chunk({ENERGY: -1})
    found.attrs = dict(spectra.attrs)
    for name, coordinate in found.coords.items():
        coordinate.attrs = dict(spectra[name].attrs)
    return found.rename("spectra")
