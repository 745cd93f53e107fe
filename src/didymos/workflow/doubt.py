"""Ask me about these: the spectra whose region the members of an ensemble do not agree on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.workflow.regions import by_score
from didymos.workflow.taught import Taught


@dataclass(frozen=True)
class DoubtSettings:
    """How points are chosen that a user is asked about.

    Attributes
    ----------
    count : int
        At most so many.
    apart : int
        Steps around a point within which no other one is asked about: a neighbour has nearly the same answer.
    """

    count: int = 12
    apart: int = 1


DEFAULTS = DoubtSettings()


def doubt(taught: Taught) -> NDArray[np.float64]:
    """Return how probable it is that another member of the ensemble would have put a spectrum into another region.

    With the region r_i that a spectrum i has got, and the probability p(r | s_im) of a region at the score s_im that
    the member m gives it,

        d_i = 1 - <p(r_i | s_im)>_m.

    This is the expected change of the region when one member of the ensemble decides alone. It combines what
    `score_std` and `region_probability` say: a spread of the scores counts where the score is near a bound between two
    regions, and a score at a bound counts although all members agree on it; far from the bounds a label teaches
    nothing, however large the spread.

    Parameters
    ----------
    taught : Taught

    Returns
    -------
    array, shape (n_usable,)
        From 0, no doubt, to 1.
    """
    regions = taught.steps.regions
    mean = np.zeros_like(regions.probability)
    scores = taught.member_scores
    for score in scores:
        mean += by_score(regions.model, score) / len(scores)
    given = mean[np.arange(len(mean)), regions.region]
    # a sum of weights is 1 up to rounding, and rounding is no doubt
    return np.where(given > 1 - 1e-9, 0.0, 1 - given)


def doubtful(taught: Taught, *, settings: DoubtSettings = DEFAULTS) -> NDArray[np.intp]:
    """Return the points that it is best to ask the user about, those in most doubt first.

    Parameters
    ----------
    taught : Taught
    settings : DoubtSettings

    Returns
    -------
    array of int, shape (at most `count`,)
        Counted through all points of the map; none that has a label, none beside one that has or beside another of
        these, and none whose region no member doubts. In equal doubt the larger spread of the score comes first, then
        the order of the points.
    """
    points = taught.steps.points
    usable = np.flatnonzero(points.usable)
    doubts = doubt(taught)
    spread = np.nan_to_num(taught.steps.twins.prediction.score_std)
    asked = np.isin(usable, taught.examples.index)
    closed = points.neighbourhood.grow(asked, settings.apart)
    chosen: list[int] = []
    for one in np.lexsort((-spread, -doubts)):
        if len(chosen) == settings.count or doubts[one] == 0:
            break
        if closed[one]:
            continue
        chosen.append(int(usable[one]))
        alone = np.zeros(len(usable), dtype=bool)
        alone[one] = True
        closed = closed | points.neighbourhood.grow(alone, settings.apart)
    return np.array(chosen, dtype=np.intp)
