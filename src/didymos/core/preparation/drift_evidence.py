"""Whether two images show the same surface, or are alike by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import label

from didymos.core.preparation.drift import fits, image_shift
from didymos.core.preparation.levelling import levelled


@dataclass(frozen=True)
class DriftEvidenceSettings:
    """How the shift of two images is told from chance.

    Attributes
    ----------
    surrogates : int
        Random surfaces that the reference is compared with.
    chance : float
        Share of the random surfaces that may be as alike as the two images.
    pixels : int
        Longer images are averaged to this number of pixels, at most.
    """

    surrogates: int = 99
    chance: float = 0.01
    pixels: int = 128


DEFAULTS = DriftEvidenceSettings()


def chance_of(image: ArrayLike, reference: ArrayLike, settings: DriftEvidenceSettings = DEFAULTS) -> float:
    """Return how often a random surface would be as much like a reference as an image is.

    A random surface has the power spectrum of the image and random phases, so structures of the same size, slopes and
    lattice, in other places. With f how well the image fits after a shift (:func:`didymos.core.preparation.drift.fits`)
    the lead is f after the shift found (:func:`didymos.core.preparation.drift.image_shift`) less the largest f beyond
    the peak around it, which ends where f falls under one half. With n of N random surfaces that reach the lead of the
    image,

        p = (1 + n) / (1 + N).

    Smooth surfaces show few structures, and after the best of many shifts any two are alike; images of a lattice fit
    each other after every period. Neither has a lead.

    Parameters
    ----------
    image : array_like, shape (n_rows, n_columns)
        Levelled, NaN where unknown.
    reference : array_like, shape (n_rows, n_columns)
        Levelled, on the same pixels.
    settings : DriftEvidenceSettings

    Returns
    -------
    float
        1 where one of them is flat or unknown.

    References
    ----------
    J. Theiler, S. Eubank, A. Longtin, B. Galdrikian, J. D. Farmer, Physica D 58, 77 (1992).
    """
    here, there = (_coarse(np.asarray(one, dtype=np.float64), settings.pixels) for one in (image, reference))
    known = np.isfinite(here)
    rows, columns = (np.flatnonzero(known.any(axis=1 - axis)) for axis in (0, 1))
    if min(len(rows), len(columns)) < 4:
        return 1.0
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    found = _lead(here, there)
    random = np.random.default_rng(0)
    reached = 0
    for _ in range(settings.surrogates):
        other = np.full(here.shape, np.nan)
        other[inside] = _random_surface(here[inside], random)
        other[~known] = np.nan
        reached += _lead(other, there) >= found
    return (1 + reached) / (1 + settings.surrogates)


def _lead(image: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Return by how much an image fits its reference better after the shift found than after any other."""
    shift = image_shift(image, reference)
    fit = fits(image, reference)
    row, column = (size - 1 + round(by) for size, by in zip(image.shape, (shift.rows, shift.columns), strict=True))
    best = float(fit[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2].max())
    peaks, _ = label(fit > best / 2)
    if not (best > 0 and peaks[row, column]):
        return -np.inf
    return best - float(fit[peaks != peaks[row, column]].max(initial=0.0))


def _random_surface(image: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return a levelled surface with the power spectrum of an image and random phases.

    The field is made twice as large as the image and cut out of it, since it comes back to itself at its ends.
    """
    from scipy import fft

    known = np.isfinite(image)
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    values = np.where(known, image - image[known].mean(), 0.0)
    shape = tuple(2 * size for size in image.shape)
    power = np.abs(fft.rfft2(values, shape))
    noise = fft.rfft2(random.normal(size=shape))
    field = fft.irfft2(power * noise, shape)[: image.shape[0], : image.shape[1]]
    return levelled(field, x, y)


def _coarse(image: NDArray[np.float64], pixels: int) -> NDArray[np.float64]:
    """Return averages of square blocks, so that no side is longer than so many pixels; NaN where a block has none."""
    block = -(-max(image.shape) // pixels)
    if block == 1:
        return image
    rows, columns = (size // block for size in image.shape)
    parts = image[: rows * block, : columns * block].reshape(rows, block, columns, block)
    known = np.isfinite(parts)
    count = known.sum(axis=(1, 3))
    total = np.where(known, parts, 0.0).sum(axis=(1, 3))
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
