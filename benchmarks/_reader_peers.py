"""How each library reads a Nanonis grid; run in a process of its own: ``python _reader_peers.py LIBRARY FILE OUT.npz``.

What is written: spectra of the first channel, shape (spectrum, point), their positions x and y in m where the library
gives any, the values of the sweep, the seconds of reading and the memory of the process at its highest in MB.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Read = Callable[[str], dict[str, Any]]


def didymos(path: str) -> dict[str, Any]:
    """Read by :func:`didymos.open_map`."""
    from didymos import open_map
    from didymos.io.nanonis.header import read_header

    channel = read_header(Path(path)).channels[0]
    array = open_map(path, channel=channel, lazy=False)
    x, y = _positions(array)
    return {"spectra": _rows(array.values), "x": x, "y": y, "sweep": array.energy.values * 1e-3}


def nanonispy2(path: str) -> dict[str, Any]:
    """Read by nanonispy2: positions are parameters of its records."""
    import nanonispy2

    grid = nanonispy2.read.Grid(path)
    names = [*grid.header["fixed_parameters"], *grid.header["experimental_parameters"]]
    x, y = (grid.signals["params"][..., names.index(name)].ravel() for name in ("X (m)", "Y (m)"))
    spectra = _rows(grid.signals[grid.header["channels"][0]])
    return {"spectra": spectra, "x": x, "y": y, "sweep": np.asarray(grid.signals["sweep_signal"])}


def xarray_nanonis(path: str) -> dict[str, Any]:
    """Read by the engine "nanonis" of xarray."""
    import xarray as xr

    dataset = xr.open_dataset(path, engine="nanonis").load()
    array = dataset[next(iter(dataset.data_vars))].transpose("y", "x", ...)
    x, y = _positions(array)
    return {"spectra": _rows(array.values), "x": x, "y": y, "sweep": array[array.dims[-1]].values}


def scifireaders(path: str) -> dict[str, Any]:
    """Read by SciFiReaders into sidpy's data sets."""
    from SciFiReaders.readers.microscopy.spm.stm.nanonis_3ds import Nanonis3dsReader

    data = Nanonis3dsReader(path).read()[0]
    axes = [np.asarray(data._axes[index].values) for index in range(3)]
    first, second = np.meshgrid(axes[0], axes[1], indexing="ij")
    # its axes say nm
    return {"spectra": _rows(np.asarray(data)), "x": first.ravel() * 1e-9, "y": second.ravel() * 1e-9, "sweep": axes[2]}


LIBRARIES: dict[str, tuple[str, Read]] = {
    "didymos": ("didymos", didymos),
    "nanonispy2": ("nanonispy2", nanonispy2),
    "xarray-nanonis": ("xarray_nanonis", xarray_nanonis),
    "SciFiReaders": ("SciFiReaders", scifireaders),
}
"""Module and function of each library."""


def _rows(values: Any) -> Any:
    return np.asarray(values, dtype=np.float32).reshape(-1, values.shape[-1])


def _positions(array: Any) -> tuple[Any, Any]:
    x, y = array.x.values, array.y.values
    if "y" in array.dims:
        x, y = (part.ravel() for part in np.meshgrid(x, y))
    return x, y


def main() -> None:
    """Read a file twice, the second time with the clock."""
    library, path, out = sys.argv[1:]
    warnings.simplefilter("ignore")
    read = LIBRARIES[library][1]
    read(path)  # imports, and the file in the cache of the system
    start = time.perf_counter()
    found = read(path)
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status")  # the limit that getrusage knows comes from the parent process
    lines = status.read_text().splitlines() if status.exists() else []
    memory = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))
    np.savez(out, seconds=seconds, memory=memory, **found)


if __name__ == "__main__":
    main()
