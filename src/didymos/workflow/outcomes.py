"""What a method returned, checked, and with its groups numbered by size."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from didymos.core.numeric.labels import numbered_by_size
from didymos.methods.interface import Method, Outcome, Tree
from didymos.workflow.measuring import Cost

MOST_GROUPS = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Finding:
    """What a method found.

    Attributes
    ----------
    method : Method
    outcome : Outcome
        What the method returned, as plain arrays.
    cost : Cost
        Of the method alone.
    label : array of int, shape (n_usable,)
        Group of each spectrum, 1 the largest, 0 none.
    centres : array, shape (n_groups, 2), optional
        Centres of the groups 1, 2 ... in the plane.
    """

    method: Method
    outcome: Outcome
    cost: Cost
    label: NDArray[np.int16]
    centres: NDArray[np.float64] | None

    @property
    def origin(self) -> NDArray[np.float64] | None:
        """Mean spectrum in the latent space, shape (n_dims,); the mean of all positions where it is not known."""
        if self.outcome.space is None:
            return None
        origin = self.outcome.space.mean(axis=0) if self.outcome.origin is None else self.outcome.origin
        return np.asarray(origin, dtype=np.float64)

    @property
    def latent_distance(self) -> NDArray[np.float64] | None:
        """Distance from the mean spectrum's position in the whole latent space, |z_i - o|, shape (n_usable,)."""
        if self.outcome.space is not None and self.origin is not None:
            return np.asarray(np.linalg.norm(self.outcome.space - self.origin, axis=1), dtype=np.float64)
        given = self.outcome.latent_distance
        return None if given is None else np.asarray(given, dtype=np.float64)


def finding_of(method: Method, outcome: Outcome, cost: Cost, points: int, seed: int) -> Finding:
    """Check what a method returned and number its groups.

    Parameters
    ----------
    method : Method
    outcome : Outcome
        Without labels its space is divided in two by k-means; without a space as well there are no groups.
    cost : Cost
    points : int
        Number of spectra that the method got.
    seed : int
        Of k-means.

    Returns
    -------
    Finding

    Raises
    ------
    ValueError
        Where something has the wrong shape or type or is not finite.
    """
    outcome = checked(outcome, points)
    label, centres = outcome.labels, outcome.centres
    if label is None and outcome.space is not None:
        label, centres = _divided(outcome.space, seed)
    if label is None:
        return Finding(method, outcome, cost, np.zeros(points, dtype=np.int16), None)
    label = np.asarray(label, dtype=np.int64)
    member = label >= 0
    number = np.zeros(points, dtype=np.int16)
    number[member] = numbered_by_size(label[member])
    if centres is not None:
        # row g of the centres belongs to group g + 1
        group, first = np.unique(number[member], return_index=True)
        centres = np.asarray(centres)[label[member][first]] if group.size else None
    return Finding(method, outcome, cost, number, centres)


def _divided(space: NDArray[np.floating], seed: int) -> tuple[NDArray[np.integer], NDArray[np.float64] | None]:
    """Divide a latent space in two; return labels, and the centres where the space is a plane."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # all spectra in one place are one group
        fitted = KMeans(2, n_init=4, random_state=seed).fit(space)
    return fitted.labels_, fitted.cluster_centers_ if space.shape[1] == 2 else None


def checked(outcome: Outcome, points: int) -> Outcome:
    """Refuse an outcome that does not fit the spectra, and return it with plain arrays.

    Parameters
    ----------
    outcome : Outcome
    points : int
        Number of spectra.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError
        Where something has the wrong shape or type or is not finite.
    """
    if not isinstance(outcome, Outcome):
        raise ValueError(f"it returned a {type(outcome).__name__} instead of an Outcome")
    score = _numbers("score", outcome.score, (points,))
    space = origin = latent_distance = None
    if outcome.space is not None:
        space = _numbers("space", outcome.space, (points, *(np.shape(outcome.space)[1:2] or (1,))))
        if outcome.origin is not None:
            origin = _numbers("origin", outcome.origin, space.shape[1:])
    elif outcome.latent_distance is not None:
        latent_distance = _numbers("latent_distance", outcome.latent_distance, (points,))
    labels = None if outcome.labels is None else np.asarray(outcome.labels)
    centres = None
    if labels is not None:
        if labels.shape != (points,) or labels.dtype.kind not in "iu":
            raise ValueError(f"its labels are {labels.dtype} of shape {labels.shape} instead of {points} integers")
        groups = len(np.unique(labels[labels >= 0]))
        if groups > MOST_GROUPS:
            raise ValueError(f"it has {groups} groups; at most {MOST_GROUPS} are allowed")
        if outcome.centres is not None:
            rows = max(len(np.atleast_1d(outcome.centres)), int(labels.max(initial=-1)) + 1)
            centres = _numbers("centres", outcome.centres, (rows, 2))
    tree = None if outcome.tree is None else _checked_tree(outcome.tree, points)
    notes = (outcome.notes,) if isinstance(outcome.notes, str) else tuple(map(str, outcome.notes))
    return Outcome(score, space, origin, latent_distance, labels, centres, tree, notes)


def _checked_tree(tree: Tree, points: int) -> Tree:
    leaves = np.size(tree.leaf_size)
    size = _numbers("leaf_size", tree.leaf_size, (leaves,))
    merges = _numbers("merges", tree.merges, (max(leaves - 1, 0), 4))
    if int(size.sum()) != points:
        raise ValueError(f"the leaves of its tree hold {int(size.sum())} spectra instead of {points}")
    # a merge joins what is there already
    known = leaves + np.arange(len(merges))
    if np.any(merges[:, :2] < 0) or np.any(merges[:, :2] >= known[:, np.newaxis]):
        raise ValueError("the merges of its tree name clusters that are not there")
    return Tree(merges, size.astype(np.int64))


def _numbers(name: str, values: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    array = np.asarray(values)
    if array.shape != shape or array.dtype.kind not in "iuf":
        raise ValueError(f"its {name} is {array.dtype} of shape {array.shape} instead of numbers of shape {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"its {name} is not finite for {int((~np.isfinite(array)).sum())} of {array.size} values")
    return array.astype(np.float64)
