"""Squared distances of all pairs of spectra, a tile of pairs at a time, each accurate to 1 part in 10,000.

The squared distance of two spectra is d_ij^2 = |x_i|^2 + |x_j|^2 - 2 x_i . x_j, and a tile of the product x_i . x_j is
made by the linear algebra library in single precision. Where the two sides nearly cancel, three guards keep the
accuracy: spectra are centred first, tiles with many such pairs are made again in double precision, and what still
cancels there is computed as a difference. Identical spectra are at exactly zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric import rows
from didymos.core.numeric.compiled import compiled

TILE = 512
"""Spectra along an edge of a tile: its product and its counters fit into the cache of one core."""
ROUNDING = 4.5e-4
"""A product of D terms in single precision is off by 3e-8 sqrt(D/3) of its terms, five deviations of which are 1e-4
of d where d^2 is this times sqrt(D) of |x_i|^2 + |x_j|^2; below, the pair cancels."""
LEAST_SHARE = 2e-3
"""And for few terms the rounding of the squared lengths counts."""
ALIKE, MOST_ALIKE = 1e-4, 0.026
"""Terms that are all alike, those of flat spectra, round alike: d^2 has to be this times D of |x_i|^2 + |x_j|^2, up to
a largest share, as the library adds no more than a few hundred terms in a row."""
DOUBLE_SHARE = 1e-7
"""The same for a product in double precision, with room to spare."""
TINY = 1e-30
"""Squared lengths under this, in units of the largest value squared, have lost digits in single precision."""
SMALLEST = float(np.finfo(np.float32).tiny)
LOWEST_EXPONENT = -1000
"""Of the unit: what it is divided by has to be finite."""
FAR_OUT = 20.0
"""The mean is replaced by that of the nearer half where the longest spectrum is this many times the usual length."""
MANY = 0.02
"""Share of cancelling pairs above which a whole tile in double precision is quicker than one difference at a time."""


@dataclass(frozen=True)
class PreparedSpectra:
    """Spectra made ready for products: centred, in units of a power of two near their largest value.

    Attributes
    ----------
    spectra : array of float32 or float64, shape (n_points, n_features)
        As they came, finite.
    centre : array of float64, shape (n_features,)
        What was subtracted.
    unit : float
        A power of two, which rounds nothing; distances are given in this unit.
    single : array of float32, shape (n_points, n_features)
        (spectra - centre) / unit.
    squared : array of float32, shape (n_points,)
        Squared lengths of `single`.
    identical : bool
        Whether all spectra are the same.
    """

    spectra: NDArray[np.floating]
    centre: NDArray[np.float64]
    unit: float
    single: NDArray[np.float32]
    squared: NDArray[np.float32]
    identical: bool

    def __len__(self) -> int:
        """Return the number of spectra."""
        return len(self.spectra)

    def take(self, chosen: NDArray[np.intp]) -> PreparedSpectra:
        """Return some of the spectra, ready for products with all of them."""
        spectra, single, squared = (each[chosen] for each in (self.spectra, self.single, self.squared))
        return PreparedSpectra(spectra, self.centre, self.unit, single, squared, self.identical)

    def centred(self, rows: slice) -> NDArray[np.float64]:
        """Return (spectra - centre) / unit of some rows in double precision."""
        return (self.spectra[rows] - self.centre) / self.unit


def blocks(points: int) -> list[slice]:
    """Return the rows of each tile, in order."""
    return rows.blocks(points, TILE)


def prepare(features: NDArray[np.floating]) -> PreparedSpectra:
    """Centre and scale spectra, a block of rows at a time.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite.

    Returns
    -------
    PreparedSpectra
        Float32 and float64 spectra are not copied.
    """
    kind = np.float32 if features.dtype == np.float32 else np.float64
    spectra: NDArray[np.floating] = np.ascontiguousarray(features, dtype=kind)
    identical = all((spectra[rows] == spectra[0]).all() for rows in blocks(len(spectra)))
    centre = spectra.mean(axis=0, dtype=np.float64) if len(spectra) else np.zeros(spectra.shape[1])
    unit, single, squared = _scaled(spectra, centre)
    if len(squared) and squared.max() > FAR_OUT**2 * np.median(squared):
        # a few far out pull the mean away from all others, whose distances would then cancel
        nearer = squared <= np.median(squared)
        centre = spectra[nearer].mean(axis=0, dtype=np.float64)
        unit, single, squared = _scaled(spectra, centre)
    return PreparedSpectra(spectra, centre, unit, single, squared, identical)


def _scaled(
    spectra: NDArray[np.floating], centre: NDArray[np.float64]
) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
    """Return the unit, the scaled spectra and their squared lengths."""
    rows = blocks(len(spectra))
    largest = max((float(np.abs(spectra[each] - centre).max(initial=0.0)) for each in rows), default=0.0)
    unit = float(np.exp2(max(np.ceil(np.log2(largest)), LOWEST_EXPONENT))) if largest > 0 else 1.0
    single = np.empty(spectra.shape, dtype=np.float32)
    for each in rows:
        single[each] = (spectra[each] - centre) / unit
    return unit, single, np.einsum("ij,ij->i", single, single, dtype=np.float64).astype(np.float32)


def squared_distances(
    first: PreparedSpectra, rows: slice, second: PreparedSpectra, columns: slice, out: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return d_ij^2 of every spectrum in some rows of the first set and some of the second.

    Parameters
    ----------
    first, second : PreparedSpectra
        With the same centre and unit.
    rows, columns : slice
        At most `TILE` spectra each.
    out : array of float32, shape (TILE, TILE)
        Memory to work in.

    Returns
    -------
    array of float32, shape (rows, columns)
        In units of `unit` squared, a part of `out`.
    """
    tile = out.reshape(-1)[: (rows.stop - rows.start) * (columns.stop - columns.start)]
    tile = tile.reshape(rows.stop - rows.start, columns.stop - columns.start)
    if first.identical:
        tile[...] = 0
        return tile
    np.matmul(first.single[rows], second.single[columns].T, out=tile)
    share = np.float32(least_share(first.single.shape[1]))
    cancelling = _subtract(tile, first.squared[rows], second.squared[columns], share, np.float32(TINY))
    if cancelling > MANY * tile.size:
        _subtract_in_double_precision(first.centred(rows), second.centred(columns), tile)
    if cancelling:
        _mend(tile, first.spectra[rows], second.spectra[columns], 1 / first.unit)
    return tile


def least_share(terms: int) -> float:
    """Return the share of |x_i|^2 + |x_j|^2 under which a d^2 from products of so many terms is not accurate."""
    return max(LEAST_SHARE, ROUNDING * math.sqrt(terms), min(ALIKE * terms, MOST_ALIKE))


def _subtract_in_double_precision(
    first: NDArray[np.float64], second: NDArray[np.float64], tile: NDArray[np.float32]
) -> None:
    lengths = np.einsum("ij,ij->i", first, first)[:, np.newaxis] + np.einsum("ij,ij->i", second, second)
    squared = lengths - 2 * (first @ second.T)
    # what is not the same is not at zero, however near
    tile[...] = np.where(squared > DOUBLE_SHARE * lengths, np.maximum(squared, SMALLEST), -1)


@compiled(nogil=True)
def _subtract(
    product: NDArray[np.float32],
    squared_i: NDArray[np.float32],
    squared_j: NDArray[np.float32],
    share: np.float32,
    tiny: np.float32,
) -> int:
    """Turn products into squared distances; mark with -1, and count, those that cancel."""
    cancelling = 0
    for i in range(product.shape[0]):
        row = product[i]
        own = squared_i[i]
        for j in range(row.shape[0]):
            lengths = own + squared_j[j]
            distance = lengths - np.float32(2) * row[j]
            cancels = distance < max(share * lengths, tiny)
            cancelling += cancels
            row[j] = np.float32(-1) if cancels else distance
    return cancelling


@compiled(nogil=True, fastmath={"reassoc", "contract"})
def _mend(
    tile: NDArray[np.float32], first: NDArray[np.floating], second: NDArray[np.floating], inverse_unit: float
) -> None:
    """Compute the marked squared distances as differences, in double precision."""
    for i in range(tile.shape[0]):
        row, marked = tile[i], 0
        for j in range(row.shape[0]):
            marked += row[j] < 0
        for j in range(row.shape[0] if marked else 0):
            if row[j] < 0:
                total = 0.0
                for k in range(first.shape[1]):
                    difference = (np.float64(first[i, k]) - np.float64(second[j, k])) * inverse_unit
                    total += difference * difference
                row[j] = max(total, SMALLEST) if total > 0 else 0.0
