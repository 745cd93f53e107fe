"""Every format of didymos as an engine of xarray: ``xr.open_dataset("grid.3ds", engine="didymos")``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xarray as xr
from xarray.backends import BackendEntrypoint

from didymos.io.axes import parse_dims, with_standard_axes
from didymos.io.opening import open_map
from didymos.io.readers.registry import read, suffixes
from didymos.io.selection import map_names
from didymos.schema import ENERGY, validate_map

OTHERS = {".nc", ".nc4", ".zarr", ".zip", ".h5", ".hdf5", ".txt", ".csv", ".tsv", ".dat", ".npy", ".npz", ".xml"}
"""Suffixes that other engines open, or that say too little: these are opened where the engine is named."""


class DidymosBackend(BackendEntrypoint):
    """Opens a file as a Dataset: the map as :func:`didymos.io.open_map` gives it, and all channels beside it."""

    description = "Spectral maps of the formats that didymos reads: Nanonis .3ds, RHK .sm4, Igor .ibw and others"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "channel", "dims", "lazy")

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        channel: str | None = None,
        dims: str | None = None,
        lazy: bool | None = None,
    ) -> xr.Dataset:
        """Open a file.

        Parameters
        ----------
        filename_or_obj : path
            The file.
        drop_variables : str or iterable of str, optional
            Variables to leave out.
        channel, dims, lazy : optional
            As for :func:`didymos.io.open_map`.

        Returns
        -------
        xarray.Dataset
            ``spectra``, the map; every channel on the same axes, under its own name; values per point as coordinates.

        Raises
        ------
        InputError
            Where the file cannot be opened.
        """
        path = Path(filename_or_obj)
        spectra = open_map(path, channel=channel, dims=dims, lazy=lazy)
        dropped = {drop_variables} if isinstance(drop_variables, str) else {*(drop_variables or ())}
        wanted = None if dims is None else parse_dims(dims)
        arrays = read(path, lazy).arrays
        found = {}
        for name in map_names(arrays, wanted):
            array = validate_map(with_standard_axes(arrays[name], wanted))
            if array.sizes == spectra.sizes and (array[ENERGY].values == spectra[ENERGY].values).all():
                found[name] = array.variable
        attrs = {key: value for key, value in spectra.attrs.items() if key not in ("units", "long_name")}
        dataset = spectra.to_dataset(name="spectra").assign(found).assign_attrs(attrs)
        return dataset.drop_vars([name for name in dropped if name in dataset.variables])

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Tell whether a file has a suffix that only this engine opens."""
        if not isinstance(filename_or_obj, str | os.PathLike):
            return False
        return Path(filename_or_obj).suffix.lower() in {*suffixes()} - OTHERS
