"""What RosettaSciIO reads: EELS, EDS, CL and Raman maps of many makers."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from didymos.io.blocks import LAZY_ABOVE
from didymos.io.readers.hdf5 import is_hdf5, member, opened, recognised, text
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import reading
from didymos.io.readers.rosetta_signals import content_of
from didymos.schema import InputError

KIND = "RosettaSciIO"
PLUGINS = {
    ".bcf": "bruker", ".spx": "bruker", ".dm3": "digitalmicrograph", ".dm4": "digitalmicrograph",
    ".sur": "digitalsurf", ".pro": "digitalsurf", ".spd": "edax", ".lsd": "edax", ".spc": "edax",
    ".emd": "emd", ".de5": "emd", ".hspy": "hspy", ".zspy": "zspy", ".eds": "jeol", ".asw": "jeol", ".pts": "jeol",
    ".xml": "jobinyvon", ".msa": "msa", ".ems": "msa", ".mas": "msa", ".emsa": "msa", ".prz": "pantarhei",
    ".elid": "phenom", ".wdf": "renishaw", ".rpl": "ripple", ".unf": "semper", ".ser": "tia", ".emi": "tia",
    ".tvf": "trivista", ".img": "hamamatsu", ".h5": "", ".hdf5": "",
}  # fmt: skip
"""Module of RosettaSciIO by suffix; HDF5 files tell themselves which it is."""
READ_ONLY = {"hspy", "zspy"}
"""These would be opened for writing where they are lazy."""
DANGEROUS = (b"pickle", b"dill")
"""Codecs of zarr that would run what is in a file."""
OLD = (b"vlen-array", b"msgpack2")
"""Codecs that zarr no longer has."""


def recognises(path: Path) -> bool:
    """Tell whether a file is one that RosettaSciIO reads; of folders, those called ``.zspy``."""
    suffix = path.suffix.lower()
    if path.is_dir() or suffix == ".zspy":
        return suffix == ".zspy"
    if suffix in (".h5", ".hdf5"):
        return recognised(path, lambda file: _maker(file) is not None)
    if suffix in (".xml", ".img"):
        with path.open("rb") as file:
            head = file.read(65_536)
        return head[:2] == b"IM" if suffix == ".img" else b"LSX" in head
    return suffix in PLUGINS


def read(path: Path, lazy: bool | None) -> Content:
    """Read all signals with one axis of a spectrum, and the images that belong to them.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lazy : bool, optional
        Leave the values in the file; None does so for large files. Such a map is read by the threads of one process.

    Returns
    -------
    Content
    """
    with reading(path, KIND), _quiet():
        plugin = PLUGINS.get(path.suffix.lower()) or _hdf5_plugin(path)
        if plugin is None:
            raise InputError("it is no HDF5 file of HyperSpy, Delmic or Tofwerk, the ones that RosettaSciIO reads")
        _refuse_links(path, plugin)
        wanted = _size(path) > LAZY_ABOVE if lazy is None else lazy
        signals = _signals(path, plugin, wanted)
        return content_of(signals, path, wanted)


def _signals(path: Path, plugin: str, lazy: bool) -> list[Mapping[str, Any]]:
    """Return what the library reads, as a whole where it cannot leave the values in the file."""
    options: dict[str, Any] = {"mode": "r"} if plugin in READ_ONLY else {}
    file_reader = importlib.import_module(f"rsciio.{plugin}").file_reader
    if plugin == "delmic":
        return [*file_reader(str(path), signal="cl"), *_electrons(file_reader, path)]
    with _checked_parser(plugin):
        try:
            signals = file_reader(str(path), lazy=lazy, **options)
        except NotImplementedError:
            if not lazy:
                raise
            signals = file_reader(str(path), lazy=False, **options)
    # a file of HyperSpy may hold models, which are no signals
    return [signal for signal in signals if isinstance(signal, Mapping) and "data" in signal]


@contextmanager
def _checked_parser(plugin: str) -> Iterator[None]:
    """Have files of Bruker parsed by Python: the compiled parser reads past the end of a damaged one and crashes."""
    if plugin != "bruker":
        yield
        return
    module = importlib.import_module("rsciio.bruker._api")
    compiled = getattr(module, "fast_unbcf", False)
    module.fast_unbcf = False  # type: ignore[attr-defined]  # a variable of the library
    try:
        yield
    finally:
        module.fast_unbcf = compiled  # type: ignore[attr-defined]  # a variable of the library


def _electrons(file_reader: Any, path: Path) -> list[Mapping[str, Any]]:
    """Return the images of secondary electrons taken with the spectra of a Delmic file."""
    try:
        return list(file_reader(str(path), signal="se"))
    except OSError:  # there are none
        return []


def _hdf5_plugin(path: Path) -> str | None:
    """Return the module for an HDF5 file, None where it is of none."""
    if not is_hdf5(path):
        return None
    with opened(path, KIND) as file:
        return _maker(file)


def _maker(file: Any) -> str | None:
    """Return the module by what only its files have."""
    if "TofDAQ Version" in file.attrs:
        return "tofwerk"
    if "Experiments" in file and text(file, "file_format").casefold() in ("hyperspy", ""):
        return "hspy"
    delmic = [member(file, name) for name in file if name.startswith("Acquisition")]
    return "delmic" if any(item is not None and "SVIData" in item for item in delmic) else None


def _refuse_links(path: Path, plugin: str) -> None:
    """Refuse HDF5 files that lead to other files and stores with codecs that run what they hold."""
    if plugin == "zspy":
        _refuse_codecs(path)
        return
    if not path.is_file() or not is_hdf5(path):
        return
    import h5py

    with opened(path, KIND) as file:

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
                raise InputError(f"{name} keeps its values in another file, which is not followed")
            for key in item if isinstance(item, h5py.Group) else ():
                if isinstance(item.get(key, getlink=True), h5py.ExternalLink):
                    raise InputError(f"{name}/{key} is a link to another file, which is not followed")

        visit("", file)
        file.visititems(visit)


def _refuse_codecs(path: Path) -> None:
    import zipfile

    heads = (".zarray", "zarr.json", ".zmetadata")
    if path.is_dir():
        contents = [file.read_bytes() for name in heads for file in path.rglob(name)]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            contents = [archive.read(name) for name in archive.namelist() if name.endswith(heads)]
    else:
        raise InputError("it is neither a folder nor a .zip of a zarr store")
    for head in contents:
        if any(word in head for word in DANGEROUS):
            raise InputError("it holds Python objects, which could run a program and are never read")
        if any(word in head for word in OLD):
            raise InputError(
                "it holds lists of different lengths (markers or texts) in a form of zarr 2, which zarr 3 cannot read: "
                "save it without them or as .hspy"
            )


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path, path.with_suffix(".raw")]
    return sum(file.stat().st_size for file in files if file.is_file())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the library says to itself: its messages would stand between those of didymos."""
    logger = logging.getLogger("rsciio")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("rsciio")  # which sets the level of its messages
        level = logger.level
        logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            logger.setLevel(level)


READER = Reader(
    name="RosettaSciIO",
    suffixes=tuple(PLUGINS),
    read=read,
    holds=(
        "Spectrum images and lines of DigitalMicrograph, Velox, TIA, Bruker, EDAX, JEOL, Phenom, Renishaw, Jobin Yvon, "
        "TriVista, Hamamatsu, Delmic, Digital Surf, Panta Rhei, Tofwerk, Ripple, EMSA and HyperSpy files."
    ),
    tested_on=(
        "Files that RosettaSciIO writes (.hspy, .emd, .rpl, .sur, .msa), a .zspy store, a real EELS map of "
        "DigitalMicrograph, a real EDS map of Velox, and by hand the small real files of its own tests (Bruker, "
        "Delmic, DigitalMicrograph, Digital Surf, JEOL, Jobin Yvon, Renishaw, TIA, TriVista), whole and damaged; a "
        "JEOL .pts file that was cut is read as far as it goes."
    ),
    packages={"rsciio": "rosettasciio"},
    recognises=recognises,
)
