"""Drift: the shift between two images of one surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class DriftSettings:
    """How a shift is found.

    Attributes
    ----------
    largest : float
        Largest shift, as a share of the image.
    softened : float
        Waves weaker than this share of the strongest one count less; pure noise would count as much as the surface.
    least_overlap : float
        Share of the known pixels of the image that the reference shows after a shift that :func:`fits` looks at.
    """

    largest: float = 0.5
    softened: float = 0.1
    least_overlap: float = 0.25


DEFAULTS = DriftSettings()
SAME = 1 - 1e-6
"""Correlations above this are one: rounding."""


@dataclass(frozen=True)
class ImageShift:
    """By how much an image lies beside another one.

    Attributes
    ----------
    rows, columns : float
        In pixels: what is at (r, c) in the reference is at (r + rows, c + columns) in the image.
    correlation : float
        Pearson's correlation of both where they overlap, the image shifted back by whole pixels.
    """

    rows: float
    columns: float
    correlation: float


def image_shift(image: ArrayLike, reference: ArrayLike, settings: DriftSettings = DEFAULTS) -> ImageShift:
    """Return the shift of an image against a reference: phase correlation.

    Twice, the second time on what both images show of the same place, so that the window is on the same structures.
    With F and G the Fourier transforms of image and reference, each less its average and under a Tukey window, the
    inverse transform of F G* / (|F G*| + softened max |F G*|) has its maximum at the shift; parabolas through the
    values beside it give the part of a pixel.

    Parameters
    ----------
    image, reference : array_like, shape (n_rows, n_columns)
        Levelled; both on the same pixels, NaN where unknown: one of them may show more than the other.
    settings : DriftSettings

    Returns
    -------
    ImageShift
        Zero and a correlation of 0 where an image is flat or unknown.

    References
    ----------
    C. D. Kuglin, D. C. Hines, Proc. IEEE Conf. Cybernetics and Society, 163 (1975).
    """
    here, there = (np.asarray(one, dtype=np.float64) for one in (image, reference))
    rows, columns = _peak(here, there, settings)
    whole = (round(rows), round(columns))
    a, b = _overlap(here, there, *whole)
    both = np.isfinite(a) & np.isfinite(b)
    a, b = np.where(both, a, np.nan), np.where(both, b, np.nan)
    if both.any(axis=1).sum() > 3 and both.any(axis=0).sum() > 3:
        further = _peak(a, b, settings)
        rows, columns = (first + more for first, more in zip(whole, further, strict=True))
    return ImageShift(rows, columns, _correlation(*_overlap(here, there, round(rows), round(columns))))


def _peak(here: NDArray[np.float64], there: NDArray[np.float64], settings: DriftSettings) -> tuple[float, float]:
    """Return where the phase correlation of two images has its maximum, in rows and columns."""
    from scipy import fft

    first, second = _windowed(here), _windowed(there)
    shape = tuple(2 * size for size in here.shape)  # so that nothing comes in from the other side
    cross = fft.rfft2(first, shape) * np.conj(fft.rfft2(second, shape))
    size = np.abs(cross)
    if not size.max() > 0:
        return 0.0, 0.0
    found = fft.irfft2(cross / (size + settings.softened * size.max()), shape)
    allowed = np.ones(shape, dtype=bool)
    for axis, length in enumerate(here.shape):
        lag = np.abs(fft.fftfreq(shape[axis], 1 / shape[axis]))
        allowed &= np.expand_dims(lag <= settings.largest * length, 1 - axis)
    top = np.unravel_index(int(np.where(allowed, found, -np.inf).argmax()), shape)
    return _top_between(found, top, 0), _top_between(found, top, 1)


def fits(
    image: NDArray[np.float64], reference: NDArray[np.float64], settings: DriftSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return how well an image fits its reference after every shift: atanh(r) sqrt(n).

    r is Pearson's correlation over the n pixels that both show. For one correlation of chance, of independent pixels,
    this is a standard normal number, so that a small overlap has to be more alike than a large one.

    Parameters
    ----------
    image, reference : array, shape (n_rows, n_columns)
        Both on the same pixels, NaN where unknown.
    settings : DriftSettings

    Returns
    -------
    array, shape (2 n_rows - 1, 2 n_columns - 1)
        At [r + n_rows - 1, c + n_columns - 1] for what is at (i, j) in the reference and at (i + r, j + c) in the
        image; 0 where the shift is larger or the overlap smaller than allowed, or one of them is flat there.

    References
    ----------
    D. Padfield, IEEE Trans. Image Process. 21, 2706 (2012).
    """
    from scipy import fft

    shape = image.shape
    full = tuple(fft.next_fast_len(2 * size - 1, real=True) for size in shape)
    known, values = _standard(image)
    other, those = _standard(reference)
    own = [fft.rfft2(one, full) for one in (known, values, values**2)]
    its = [np.conj(fft.rfft2(one, full)) for one in (other, those, those**2)]
    pairs = ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1))
    n, a, b, aa, bb, ab = (fft.irfft2(own[i] * its[j], full) for i, j in pairs)
    enough = n > max(np.ceil(settings.least_overlap * known.sum()), 3) - 0.5
    n = np.where(enough, n, 1.0)
    squares = np.maximum(aa - a**2 / n, 0.0) * np.maximum(bb - b**2 / n, 0.0)
    # what is left of a flat overlap is rounding
    enough &= squares > (1e-9 * n) ** 2
    r = np.divide(ab - a * b / n, np.sqrt(squares), out=np.zeros(full), where=enough)
    fit = np.arctanh(np.clip(r, -SAME, SAME)) * np.sqrt(n)
    for axis, size in enumerate(shape):
        lags = np.arange(-(size - 1), size)
        allowed = np.abs(lags) <= settings.largest * size
        fit = np.where(np.expand_dims(allowed, 1 - axis), np.take(fit, lags, axis=axis), 0.0)
    return np.asarray(fit)


def _standard(image: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where an image is known, 1 or 0, and its values with mean 0 and standard deviation 1, 0 where unknown."""
    known = np.isfinite(image)
    if not known.any():
        return np.zeros(image.shape), np.zeros(image.shape)
    spread = float(image[known].std())
    values = np.where(known, image - image[known].mean(), 0.0) / (spread if spread > 0 else 1.0)
    return known.astype(np.float64), values


def _windowed(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an image less its average, falling to zero at the border of what is known; zero where unknown."""
    known = np.isfinite(image)
    if not known.any():
        return np.zeros(image.shape)
    tapers = []
    for axis in (0, 1):
        held = np.flatnonzero(known.any(axis=1 - axis))
        taper = np.zeros(image.shape[axis])
        taper[held[0] : held[-1] + 1] = _taper(int(held[-1] - held[0]) + 1)
        tapers.append(taper)
    return np.asarray(np.where(known, image - image[known].mean(), 0.0) * tapers[0][:, None] * tapers[1])


def _taper(size: int) -> NDArray[np.float64]:
    """Return a Tukey window: 1 in its inner half, falling to zero as sin^2 in the outer quarters."""
    from_border = np.minimum(np.arange(size) + 0.5, size - 0.5 - np.arange(size)) / size
    return np.asarray(np.sin(np.pi / 2 * np.minimum(4 * from_border, 1.0)) ** 2)


def _top_between(values: NDArray[np.float64], top: tuple[np.intp, ...], axis: int) -> float:
    """Return where the parabola through a maximum and its neighbours along an axis has its top, in signed pixels."""
    size = values.shape[axis]
    place = int(top[axis])
    index: list[int] = [int(one) for one in top]
    beside = []
    for step in (-1, 0, 1):
        index[axis] = (place + step) % size
        beside.append(float(values[tuple(index)]))
    bend = beside[0] - 2 * beside[1] + beside[2]
    part = (beside[0] - beside[2]) / (2 * bend) if bend < 0 else 0.0
    return (place if place < size / 2 else place - size) + part


def _overlap(
    image: NDArray[np.float64], reference: NDArray[np.float64], rows: int, columns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what a shifted image and its reference both show, of one shape."""
    height, width = (max(0, size - abs(by)) for size, by in zip(image.shape, (rows, columns), strict=True))
    return (
        image[max(rows, 0) : max(rows, 0) + height, max(columns, 0) : max(columns, 0) + width],
        reference[max(-rows, 0) : max(-rows, 0) + height, max(-columns, 0) : max(-columns, 0) + width],
    )


def _correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return Pearson's correlation of two images where both are known; 0 where one is flat."""
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return 0.0
    return float(np.corrcoef(a[both], b[both])[0, 1])
