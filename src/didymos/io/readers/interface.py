"""What a reader is and what it gives: the one interface of all file formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Content:
    """What a file holds, with the names, dims and units that the file uses.

    Attributes
    ----------
    arrays : mapping of str to xarray.DataArray
        Everything that may be a spectral map, by the name of its channel, and whatever else belongs to the points,
        such as a topography (those with the spatial dims of the map become its coordinates). Each has its own dims and
        coordinates with ``attrs["units"]``, and its own ``units`` and ``long_name``. A map has the dims ``y``, ``x`` or
        ``point`` and one axis of the spectrum, in any order, under the names of the standard form or the usual names of
        the field (:mod:`didymos.io.axes` knows them). Values that were not measured are NaN.
    attrs : mapping
        What else is known: date, comment, set point, temperature ... plain values that netCDF can hold. Names as in
        :mod:`didymos.io.nanonis.grid`: ``start_time``, ``comment``, ``user``, ``set_point_bias``, ``set_point``.
    sweep_signal : str
        What was swept, as ``"Bias (V)"``; only of a current over a bias the derivative is taken.
    preferred : str, optional
        The channel to take, where the format itself knows; else the rule of :mod:`didymos.io.channels` chooses.
    why_preferred : str
        The reason, in the words of that rule ("the signal that the file was saved with").
    harmonics : mapping of int to int
        Harmonic of each demodulator, where the file gives it.
    """

    arrays: Mapping[str, xr.DataArray]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    sweep_signal: str = ""
    preferred: str | None = None
    why_preferred: str = ""
    harmonics: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """A file format.

    Attributes
    ----------
    name : str
        Of the format, as people call it: ``"RHK SM4"``.
    suffixes : tuple of str
        How the names of files end, in lower case: ``.sm4``, ``_mtrx``. A folder may have none of them.
    read : callable (path, lazy) -> Content
        Reads a file. Large arrays may be dask arrays that are read when their values are asked for; `lazy` is True
        where this is wanted, False where it is not and None where the reader chooses by size.
        It raises :class:`didymos.schema.InputError`, one line, where the file is damaged or holds no spectra, and
        validates before it trusts what a library gives.
    holds : str
        What is read, a sentence for the documentation.
    tested_on : str
        What the reader is tested on, for the documentation: real files, files that the library wrote.
    packages : mapping of str to str
        Modules that are needed and the packages that bring them: ``{"igor2": "igor2"}``. Only `read` imports them.
    recognises : callable (path) -> bool, optional
        Tells whether a file with this suffix, or a folder, is of this format; it reads no more than the head of a file.
        Without it every file with the suffix is, and no folder.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[Path, bool | None], Content]
    holds: str = ""
    tested_on: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    recognises: Callable[[Path], bool] | None = None
