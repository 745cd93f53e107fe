"""netCDF files, also results and simulated maps."""

from __future__ import annotations

from pathlib import Path

from didymos.io.readers.interface import Content, Reader


def read(path: Path, lazy: bool | None) -> Content:
    """Read all variables of a netCDF file (4 or 3).

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lazy : bool, optional
        Leave every spectral map, and whatever else is large, in the file; None leaves what is large there.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where it is no netCDF file, or is damaged.
    """
    from didymos.io.labelled import content_of, open_labelled

    return content_of(open_labelled(path, lazy))


READER = Reader(
    "netCDF",
    (".nc", ".nc4"),
    read,
    holds="Variables on the axes of a map under any usual name, in any order; variables per point.",
    tested_on="Files written by xarray (h5netcdf, SciPy) and by didymos, and what xarray-nanonis makes of a grid.",
)
