"""The command that writes a map in another format."""

from __future__ import annotations

import sys
from pathlib import Path

from didymos.cli.analyzing import opened
from didymos.cli.options import Preparing, Reading
from didymos.preparing.settings import PreparingSettings
from didymos.schema.names import InputError


def convert(
    input: Path,
    out: Path,
    /,
    *,
    reading: Reading | None = None,
    energy_range: tuple[float, float] | None = None,
    preparing: Preparing | None = None,
) -> None:
    """Write a map in another format; a map larger than the memory is read and written block by block.

    Parameters
    ----------
    input
        A file of any format that 'didymos info' knows: Nanonis, netCDF, zarr, RHK, Igor, EELS, Raman ...
    out
        File to write: netCDF (.nc), zarr (.zarr, a folder) or Nanonis grid (.3ds), by its suffix.
    reading
        How INPUT is read.
    energy_range
        Lowest and highest energy to keep, in units of the energies.
    preparing
        How the map is prepared.
    """
    from didymos.io.atomic import check_map_target

    check_map_target(out)  # before anything is read
    source, target = input.resolve(), out.resolve()
    if source == target or source in target.parents:
        raise InputError(f"{out} is INPUT itself or within it: give another name for OUT")
    from didymos.io import save_map

    chosen = preparing or PreparingSettings()
    if chosen.nothing:
        data = opened(input, reading, energy_range=energy_range)
    else:
        from didymos.preparing import prepared

        data = prepared(opened(input, reading, chosen), chosen)
        for note in str(data.attrs.get("preparation", "")).splitlines():
            print(f"didymos: {note}", file=sys.stderr)
        data = data if energy_range is None else data.sel(energy=slice(*energy_range))
    print(save_map(data, out))
