"""What the readers of HDF5 share: files that lead to other files are refused, large values stay in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import FileValues, block_sizes, is_large
from didymos.io.readers.labelling import plain_text, reading
from didymos.schema import InputError

DEEPEST = 32
"""Groups in groups, and links that lead to links."""


@contextmanager
def opened(path: Path, kind: str) -> Iterator[Any]:
    """Open an HDF5 file for reading; what goes wrong inside becomes one line.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    kind : str
        Its format, for messages.
    """
    with reading(path, kind):
        import h5py

        with h5py.File(path, "r") as file:
            yield file


def is_hdf5(path: Path) -> bool:
    """Tell whether a file begins as HDF5 does."""
    with path.open("rb") as file:
        return file.read(8) == b"\x89HDF\r\n\x1a\n"


def recognised(path: Path, test: Callable[[Any], bool]) -> bool:
    """Tell whether a file is HDF5 and passes a test; one that cannot be opened does, so that reading says why.

    Parameters
    ----------
    path : pathlib.Path
        Any file.
    test : callable (h5py.File) -> bool
        Tells whether it is of the format.
    """
    if not path.is_file() or not is_hdf5(path):
        return False
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return test(file)
    except Exception:
        return True


@dataclass(frozen=True)
class StoredValues:
    """A dataset that is opened whenever some of it is asked for."""

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        import h5py

        with h5py.File(self.path, "r") as file:
            return np.asarray(file[self.name][key])


def stored(dataset: Any, path: Path, kind: str, lazy: bool | None, dims: tuple[str, ...]) -> Any:
    """Return the values of a dataset, read or, where they are large, as blocks that stay in the file.

    Parameters
    ----------
    dataset : h5py.Dataset
        What holds them.
    path : pathlib.Path
        The file.
    kind : str
        Its format, for messages.
    lazy : bool, optional
        Leave them in the file; None decides by size.
    dims : tuple of str
        Names of the dims, so that blocks hold whole spectra.

    Raises
    ------
    InputError
        Where the values lie in another file, are no numbers or are not there.
    """
    inside(dataset)
    if dataset.dtype.kind not in "fiuc":
        raise InputError(f"{dataset.name} is of type {dataset.dtype}; allowed are numbers")
    if not dataset.size:
        raise InputError(f"{dataset.name} is empty: it has the shape {dataset.shape}")
    missing = dataset.chunks is None and dataset.id.get_storage_size() != dataset.size * dataset.dtype.itemsize
    if missing or dataset.id.get_storage_size() == 0:
        raise InputError(f"{dataset.name} was never written to the end: measure or copy it again")
    if not (is_large(dataset.shape) if lazy is None else lazy):
        return dataset[()]
    chunks = dict(zip(dims, dataset.chunks or (1,) * dataset.ndim, strict=True))
    blocks = block_sizes(dict(zip(dims, dataset.shape, strict=True)), chunks)
    values = FileValues(StoredValues(path, dataset.name, dataset.shape, dataset.dtype), path, kind)
    return values.in_blocks(tuple(blocks.values()))


def inside(dataset: Any) -> None:
    """Refuse a dataset whose values lie in another file."""
    if dataset.external or dataset.is_virtual:
        raise InputError(f"{dataset.name} keeps its values in another file, which is not followed: copy them into one")


def member(group: Any, name: str, depth: int = 0) -> Any:
    """Return what a name of a group stands for, None where there is nothing; links to other files are refused.

    Parameters
    ----------
    group : h5py.Group
        Where the name counts from.
    name : str
        A name or a path, absolute with a leading ``/``.
    """
    import h5py

    if depth > DEEPEST:
        raise InputError(f"{name!r} is a link to a link to a link: it leads nowhere")
    here = group.file if name.startswith("/") else group
    for part in [part for part in name.split("/") if part and part != "."]:
        if not isinstance(here, h5py.Group):
            return None
        link = here.get(part, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise InputError(f"{part!r} is a link to another file, which is not followed: copy all into one file")
        here = member(here, link.path, depth + 1) if isinstance(link, h5py.SoftLink) else here.get(part)
    return here


def datasets(group: Any) -> Iterator[Any]:
    """Yield all datasets of a group and of those in it; links are not followed."""
    import h5py

    found: list[Any] = []
    group.visititems(lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    yield from found


def text(item: Any, name: str) -> str:
    """Return an attribute as text, nothing where it is missing or no text."""
    return plain_text(attribute(item, name))


def texts(item: Any, name: str) -> list[str]:
    """Return an attribute as a list of texts."""
    value = attribute(item, name)
    return [plain_text(part) for part in np.atleast_1d(np.asarray(value, dtype=object))] if value is not None else []


def attribute(item: Any, name: str) -> Any:
    """Return an attribute, None where it is missing or empty."""
    import h5py

    value = item.attrs.get(name)
    return None if isinstance(value, h5py.Empty) else value
