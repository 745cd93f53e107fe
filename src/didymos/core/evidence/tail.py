"""How far out the tail of a majority reaches: longer than that of a normal distribution, as a rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.settings import PopulationSettings
from didymos.core.numeric.distributions import chi_density, chi_squared_quantile, chi_squared_quantile_above

DEFAULTS = PopulationSettings()


@dataclass(frozen=True)
class Tail:
    """How much longer the tail of some lengths is than that of a normal majority: length ~ (chi)^power.

    Attributes
    ----------
    median : float
    degrees : int
        Of the chi distribution.
    power : float
        1 for a normal majority, more where the tail is longer.
    excess : float
        Standard errors by which the tail is longer than that of a normal majority.
    """

    median: float
    degrees: int
    power: float
    excess: float = 0.0

    @classmethod
    def of(cls, length: NDArray[np.float64], degrees: int, *, settings: PopulationSettings = DEFAULTS) -> Tail:
        """Return the longest tail of several quantiles, each with its standard error, as far as points lie."""
        last = 1 - settings.fewest_beyond / max(len(length), 1)
        median = float(np.median(length))
        if median <= 0 or last <= 0.5:
            return cls(median, degrees, 1.0)
        shares = np.array([*(share for share in settings.tail_shares if share < last), last])
        longer = np.log(np.quantile(length, shares) / median)
        quantile = np.sqrt(chi_squared_quantile(shares, degrees))
        usual = np.log(quantile / np.sqrt(chi_squared_quantile(0.5, degrees)))
        # the standard error of a quantile, over its length: that of the share over the density
        error = np.sqrt(shares * (1 - shares) / len(length)) / (chi_density(quantile, degrees) * quantile)
        power, error = longer / usual, error / usual
        excess = float(((power - 1) / error).max())
        return cls(median, degrees, max(1.0, float((power * (1 + error)).max())), excess)

    def normal(self, length: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the lengths that a normal majority would have in their stead."""
        ratio = np.asarray(length, dtype=np.float64) / (self.median or 1.0)
        return np.asarray(np.sqrt(chi_squared_quantile(0.5, self.degrees)) * ratio ** (1 / self.power))

    def limit(self, probability: float) -> float:
        """Return the length that is exceeded with this probability."""
        usual = np.sqrt(chi_squared_quantile_above(probability, self.degrees) / chi_squared_quantile(0.5, self.degrees))
        return self.median * float(usual**self.power)
