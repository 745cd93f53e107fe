"""The quadratures of a lock-in amplifier: in which of X, Y and R the signal is, and the phase that brings it into X."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymos.io.channel_names import is_backward, split_name
from didymos.io.channels import Choice, Kind, channel_kind

Spectra = NDArray[np.floating]
Values = NDArray[np.float64]
Read = Callable[[int], Spectra]
"""Reads a sample of the spectra of a channel by its position, shape (spectrum, energy)."""
LOCKIN_X = (Kind.LOCKIN_X, Kind.LOCKIN_X_OTHER, Kind.LOCKIN_X_HIGHER)
LETTER = re.compile(r"(?<![a-z])[xyr](?![a-z])|(?<=lockin)[xyr](?![a-z])|(?<=li)[xyr](?![a-z])")
"""The quadrature in the name of a lock-in channel."""
SAMPLE = 2000
"""So many spectra are compared at most, evenly over the map."""
SURE = 3.0
"""Standard errors by which one quadrature has to be stronger than the other."""
FAR = 9.0
"""A spectrum with more than so many times the usual mean square takes no part."""
ALIKE = 0.999
"""Quadratures with more correlation than this are one signal, whose parts are not told apart."""


@dataclass(frozen=True)
class Quadratures:
    """The channels of one demodulator, by their positions; None where one was not recorded."""

    x: int | None
    y: int | None
    r: int | None


@dataclass(frozen=True)
class SignalSplit:
    """How the signal is divided between X and Y.

    Attributes
    ----------
    share : float
        The part of X in the signal of both, cos(phase)^2, or the share of its variance.
    phase : float
        Degrees by which X and Y are rotated to have all of it in X: X cos(phase) + Y sin(phase).
    sure : bool
        Whether the difference between X and Y is larger than its error.
    correlation : tuple of float, optional
        Correlations of X and of Y with the derivative of the current, where this decides.
    """

    share: float
    phase: float
    sure: bool
    correlation: tuple[float, float] | None = None

    @property
    def in_y(self) -> bool:
        """Whether most of the signal is in Y."""
        return self.sure and self.share < 0.5

    def __str__(self) -> str:
        if self.correlation is not None:
            x, y = self.correlation
            return f"correlation with the derivative of the current {x:.2f} for X, {y:.2f} for Y"
        return f"X holds {100 * self.share:.0f} % of the signal, Y {100 * (1 - self.share):.0f} %"


def quadratures_of(channels: Sequence[str], index: int) -> Quadratures:
    """Return X, Y and R of the demodulator and sweep direction that a channel belongs to."""
    found: dict[str, int | None] = {}
    for letter in "xyr":
        wanted = _with_letter(channels[index], letter)
        found[letter] = next((i for i, name in enumerate(channels) if _with_letter(name) == wanted), None)
    return Quadratures(**found)


def by_signal(
    channels: Sequence[str], choice: Choice, read: Read, derivative: Callable[[], Spectra | None] = lambda: None
) -> tuple[Choice, SignalSplit | None]:
    """Take the quadrature of a lock-in that holds most of the signal, where the rule has chosen X.

    Parameters
    ----------
    channels : sequence of str
        All channels.
    choice : Choice
        What the rule has chosen.
    read : callable (index) -> array, shape (spectrum, energy)
        Reads the same sample of spectra of any channel.
    derivative : callable () -> array, shape (spectrum, energy), optional
        Returns the derivative of the current of the same spectra.

    Returns
    -------
    choice : Choice
        X, or Y (where only R was recorded beside X: R) if it clearly holds more; its reason says how much each holds.
    split : SignalSplit, optional
        Where X and Y were compared.
    """
    found = quadratures_of(channels, choice.index)
    if found.x != choice.index or channel_kind(choice.name) not in LOCKIN_X:
        return choice, None
    if found.y is None and found.r is not None:
        return _by_amplitude(channels, choice, read, found.r), None
    if found.y is None:
        return choice, None
    split = split_signal(read(found.x), read(found.y), derivative())
    if not split.sure:
        return choice, split
    if not split.in_y:
        return replace(choice, reason=f"{choice.reason} ({split})"), split
    reason = f"lock-in Y: {split}; a lock-in phase (auto) brings all of it into X"
    return replace(choice, index=found.y, name=channels[found.y], reason=reason), split


def split_signal(x: Spectra, y: Spectra, derivative: Spectra | None = None) -> SignalSplit:
    """Find out how the signal is divided between the quadratures of a lock-in.

    Where the current was recorded, the signal is what follows its numerical derivative D: with the covariance matrix C
    of (X, Y) and c = cov((X, Y), D), the direction C^-1 c correlates best with D. Else the signal is what varies most:
    the direction of the largest eigenvalue of C, phase = atan2(2 C_xy, C_xx - C_yy) / 2, with
    C_ab = <a(E) b(E + dE)> between one energy and the next, where white noise does not count. Spectra that are far
    stronger than usual, such as clipped ones, are left out. Of the two phases 180 degrees apart that with a positive
    mean signal is taken, as dI/dV is positive nearly everywhere.

    Parameters
    ----------
    x, y : array, shape (spectrum, energy)
        The quadratures; NaN where not measured.
    derivative : array, shape (spectrum, energy), optional
        The derivative of the current of the same spectra.

    Returns
    -------
    SignalSplit
    """
    usual = _usual(x, y)
    if usual.sum() < 2:
        return SignalSplit(1.0, 0.0, sure=False)
    (a, mean_a), (b, mean_b) = (_centred(np.asarray(values, dtype=np.float64)[usual]) for values in (x, y))
    if derivative is not None:
        found = _by_current(a, b, _centred(np.asarray(derivative, dtype=np.float64)[usual])[0])
        if found is not None:
            return replace(found, phase=_positive(found.phase, mean_a, mean_b))
    c_xx, c_yy = (max(_mean(_beside(values, values))[0], 0.0) for values in (a, b))
    difference, error = _mean(_beside(a, a) - _beside(b, b))
    if not c_xx + c_yy > 0:
        return SignalSplit(1.0, 0.0, sure=False)
    angle = np.arctan2(_mean(_beside(a, b) + _beside(b, a))[0], c_xx - c_yy) / 2
    phase = _positive(float(np.degrees(angle)), mean_a, mean_b)
    return SignalSplit(c_xx / (c_xx + c_yy), phase, sure=bool(abs(difference) > SURE * error))


def sample_rows(count: int) -> NDArray[np.int64]:
    """Return which of many spectra are compared."""
    return np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64))


def _by_amplitude(channels: Sequence[str], choice: Choice, read: Read, amplitude: int) -> Choice:
    """Take R where X holds clearly less of the signal."""
    split = split_signal(read(choice.index), read(amplitude))
    if not split.in_y:
        return choice
    reason = "lock-in amplitude: it holds more signal than X, and Y was not recorded"
    return replace(choice, index=amplitude, name=channels[amplitude], reason=reason)


def _by_current(a: Values, b: Values, d: Values) -> SignalSplit | None:
    """Divide the signal by what follows the derivative of the current; None where neither quadrature clearly does."""
    sizes = [np.sqrt(_mean(_mean_product(values, values))[0]) for values in (a, b, d)]
    if not all(size > 0 for size in sizes):
        return None
    a, b, d = (values / size for values, size in zip((a, b, d), sizes, strict=True))
    (of_x, error_x), (of_y, error_y), (common, _) = (_mean(_mean_product(*two)) for two in ((a, d), (b, d), (a, b)))
    if not max(abs(of_x) - SURE * error_x, abs(of_y) - SURE * error_y) > 0:
        return None
    weights = (of_x - common * of_y, of_y - common * of_x) if abs(common) < ALIKE else (of_x, of_y)
    along_x, along_y = weights[0] / sizes[0], weights[1] / sizes[1]
    sure = abs(abs(along_x) - abs(along_y)) > SURE * np.hypot(error_x / sizes[0], error_y / sizes[1])
    share = float(along_x**2 / (along_x**2 + along_y**2))
    return SignalSplit(share, float(np.degrees(np.arctan2(along_y, along_x))), bool(sure), (float(of_x), float(of_y)))


def _usual(x: Spectra, y: Spectra) -> NDArray[np.bool_]:
    """Return the spectra that take part, shape (spectrum,): clipped and broken ones do not."""
    total = np.zeros(len(x))
    for values in (np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)):
        means = _mean_product(values, np.ones_like(values))
        known = np.isfinite(means)
        centred = values - (np.median(means[known]) if known.any() else np.nan)
        total = total + _mean_product(centred, centred)
    known = np.isfinite(total)
    return known & (total <= FAR * np.median(total[known])) if known.any() else known


def _positive(phase: float, mean_x: float, mean_y: float) -> float:
    """Return a phase, or the phase 180 degrees from it, with which the mean signal is positive."""
    if mean_x * np.cos(np.radians(phase)) + mean_y * np.sin(np.radians(phase)) >= 0:
        return phase
    return phase + 180.0 if phase <= 0 else phase - 180.0


def _centred(values: Values) -> tuple[Values, float]:
    """Return spectra without the mean over all of them and all energies, and that mean."""
    known = np.isfinite(values)
    mean = float(values[known].mean()) if known.any() else np.nan
    return values - mean, mean


def _mean_product(a: Values, b: Values) -> Values:
    """Return the mean product over the energies where both were measured, shape (spectrum,); NaN where nowhere."""
    product = a * b
    known = np.isfinite(product)
    count = known.sum(axis=1)
    return np.where(count > 0, np.where(known, product, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _beside(a: Values, b: Values) -> Values:
    """Return the mean product of one energy and the next, shape (spectrum,): white noise has none."""
    return _mean_product(a[:, 1:], b[:, :-1])


def _mean(values: Values) -> tuple[float, float]:
    """Return the mean of finite values and its standard error."""
    known = values[np.isfinite(values)]
    if known.size < 2:
        return 0.0, np.inf
    return float(known.mean()), float(known.std(ddof=1) / np.sqrt(known.size))


def _with_letter(name: str, letter: str = "") -> tuple[str, bool]:
    """Return the name of a channel without unit, its quadrature replaced by a letter, and its direction."""
    bare = split_name(re.sub(r"\[bwd\]", " ", name.casefold()))[0]
    bare = re.sub(r"[\s_-]+", " ", bare).strip()
    return LETTER.sub(letter, bare, count=1) if letter else bare, is_backward(name)
