"""Members of an ensemble laid on each other, and how far they agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rows import evenly
from didymos.schema.printing import brief
from didymos.twin.ensemble.alignment import agreement, motion_onto, moved, standard_motion
from didymos.twin.training.encoder import Encoder
from didymos.twin.training.loop import Trained

LARGEST_SAMPLE = 50_000
COMPARED = 2000
"""Spectra by which members are compared."""


@dataclass(frozen=True)
class Ensemble:
    """What is known of the members after a training.

    Attributes
    ----------
    trained : Trained
    notes : tuple of str
        What the user should know (:func:`didymos.twin.training.health.describe`).
    reference : int
        The member that agrees best with the others.
    agreement : array, shape (n_members, n_members)
        Correlation of the outputs of every two members: 1 where they agree.
    """

    trained: Trained
    notes: tuple[str, ...]
    reference: int
    agreement: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    @property
    def mean_agreement(self) -> float:
        """Mean agreement of two members; NaN for a single one."""
        upper = np.triu_indices(len(self.agreement), 1)
        return float(np.mean(self.agreement[upper])) if len(upper[0]) else float("nan")


def compared(distance: NDArray[np.floating]) -> NDArray[np.intp]:
    """Choose spectra by which members are compared: evenly from all when ordered by their distance."""
    some = evenly(len(distance), LARGEST_SAMPLE)
    order = some[np.argsort(distance[some], kind="stable")]
    return order[evenly(len(order), COMPARED)]


def in_one_frame(
    encoder: Encoder, features: NDArray[np.floating], scale: float, distance: NDArray[np.floating]
) -> tuple[Encoder, int, NDArray[np.float64]]:
    """Lay all members on the one that agrees best with the others, and that one into the standard frame."""
    chosen = compared(distance)
    parts = encoder.embed(features[np.newaxis, chosen] / scale)
    alike = agreements(parts, lay=True)
    reference = int(alike.mean(axis=1).argmax())
    near = distance[chosen] <= np.median(distance[chosen])
    goal = standard_motion(parts[reference], near)
    target = goal(parts[reference])
    motions = [goal if member == reference else motion_onto(part, target) for member, part in enumerate(parts)]
    return moved(encoder, motions), reference, alike


def agreements(parts: NDArray[np.floating], lay: bool = False) -> NDArray[np.float64]:
    """Return the agreement of every two members, optionally after the best motion, shape (n_members, n_members)."""
    alike = np.eye(len(parts))
    for first in range(len(parts)):
        for second in range(first + 1, len(parts)):
            other = motion_onto(parts[second], parts[first])(parts[second]) if lay else parts[second]
            alike[first, second] = alike[second, first] = agreement(parts[first], other)
    return alike
