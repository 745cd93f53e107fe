"""Maps that stay in their file: blocks of whole spectra, each read when it is asked for."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.schema import IMAGE_DIMS, POINT_DIMS, InputError

if TYPE_CHECKING:
    import xarray as xr

LAZY_ABOVE = 64 * 2**20
"""A map of more bytes than this, as float32, stays in its file until its values are asked for."""
BLOCK_BYTES = 16 * 2**20
"""Size of the blocks in which such a map is read, as float32."""
LARGEST_BLOCK_BYTES = 16 * BLOCK_BYTES
"""A file whose own chunks make whole spectra larger than this is read in blocks that cut its chunks."""
SPACE = (*POINT_DIMS, *IMAGE_DIMS)


@dataclass(frozen=True)
class FileValues:
    """Values of a file of which only what is asked for is read; every process that sees the file can read it.

    Attributes
    ----------
    source : object with shape, dtype and indices
        What reads: a lazily opened variable or :class:`didymos.io.nanonis.spectra.GridSpectra`.
    path : pathlib.Path
        The file.
    kind : str
        Its format, for messages.
    """

    source: Any
    path: Path
    kind: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all values."""
        return tuple(self.source.shape)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        kind: np.dtype[Any] = self.source.dtype
        return kind

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        try:
            return np.asarray(self.source[key])
        except InputError:
            raise
        except Exception as error:
            raise unreadable(self.path, self.kind, error) from error

    def in_blocks(self, blocks: tuple[int, ...]) -> Any:
        """Return a dask array that reads block by block.

        Parameters
        ----------
        blocks : tuple of int
            Length of a block along each dimension.

        Returns
        -------
        dask.array.Array
        """
        import dask.array

        # a name is given, since to make one dask would read the values
        meta = np.empty((0,) * self.ndim, self.dtype)
        return dask.array.from_array(self, blocks, name=False, fancy=False, meta=meta)  # type: ignore[no-untyped-call]


def unreadable(path: Path, kind: str, error: Exception) -> InputError:
    """Return the error about a damaged file, whatever the libraries below meet first."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return InputError(f"{path.name} cannot be read as {kind} ({reason}): it is damaged or incomplete; copy it again")


def is_lazy(array: Any) -> bool:
    """Tell whether an array is one of dask, or a labelled array of such values."""
    return getattr(array, "__dask_graph__", lambda: None)() is not None


def is_large(shape: tuple[int, ...]) -> bool:
    """Tell whether values of this shape are over the limit in single precision."""
    return 4 * math.prod(shape) > LAZY_ABOVE


def block_sizes(
    sizes: Mapping[str, int], stored: Mapping[str, int] | None = None, block_bytes: int = BLOCK_BYTES
) -> dict[str, int]:
    """Choose the blocks in which values are read or stored: cut along the positions only.

    Parameters
    ----------
    sizes : mapping of str to int
        Length of every dimension.
    stored : mapping of str to int, optional
        Length of the chunks of the file. A block holds a whole number of them, so that none is read twice.
    block_bytes : int
        Size of a block as float32; it is larger only where a single chunk, with all energies, is.

    Returns
    -------
    dict of str to int
        Length of a block along every dimension.
    """
    blocks = {dim: size for dim, size in sizes.items() if dim not in SPACE}
    space = [dim for dim in reversed(SPACE) if dim in sizes]
    unit = {dim: max(1, min((stored or {}).get(dim, 1), sizes[dim])) for dim in space}
    whole = 4 * math.prod(blocks.values())
    if whole * math.prod(unit.values()) > max(block_bytes, LARGEST_BLOCK_BYTES):
        unit, block_bytes = dict.fromkeys(space, 1), LARGEST_BLOCK_BYTES
    left = block_bytes // max(1, whole * math.prod(unit.values()))
    for dim in space:
        count = max(1, min(left, math.ceil(sizes[dim] / unit[dim])))
        blocks[dim] = min(count * unit[dim], sizes[dim])
        left //= count
    return {dim: max(1, blocks[dim]) for dim in sizes}


def image_blocks(array: xr.DataArray) -> Iterator[tuple[slice, ...]]:
    """Yield what to take along the positions, block by block; values in memory are one block."""
    lengths = array.variable.chunksizes or {}
    edges = [np.cumsum([0, *lengths.get(dim, (array.sizes[dim],))]) for dim in array.dims[:-1]]
    yield from itertools.product(*(map(slice, along[:-1], along[1:]) for along in edges))


def any_finite(array: xr.DataArray) -> bool:
    """Tell whether a map holds any value; of a map in its file no more is read than up to the first one."""
    return any(bool(np.isfinite(array[block].values).any()) for block in image_blocks(array))
