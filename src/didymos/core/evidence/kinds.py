"""Kinds of defects: groups of objects whose spectra differ from the majority in different directions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from didymos.core.evidence.settings import KindSettings
from didymos.core.numeric.labels import mean_silhouette, numbered_by_size

DEFAULTS = KindSettings()


def find_kinds(
    change: NDArray[np.floating], label: NDArray[np.intp], *, settings: KindSettings = DEFAULTS
) -> NDArray[np.int16]:
    """Divide objects into kinds by the direction in which their spectra differ from the majority.

    Each object has the mean direction of its longest vectors; one whose clear points fall into two groups more than
    45 degrees apart counts as two that touch. The objects are divided in two by average linkage of the angles between
    them, and every part again, as long as the average silhouette (P. J. Rousseeuw, J. Comput. Appl. Math. 20, 53
    (1987)) of the two is over 0.5, they are 30 degrees apart, and the gap between them is 1.5 times the largest step
    within the kinds (an even spread of directions is one kind). A kind has two objects at least, or one with 3
    spectra and 3 % of all that is 45 degrees apart. A defect and its flank have the same direction and so the same
    kind, whatever its strength.

    Parameters
    ----------
    change : array, shape (n_points, n_directions)
        What the points differ by from the majority, in units of its variation.
    label : array of int, shape (n_points,)
        Number of the object that a point belongs to.
    settings : KindSettings

    Returns
    -------
    array of int16, shape (n_points,)
        Kind of each, 1 the one with most points.
    """
    length = np.linalg.norm(change, axis=1, keepdims=True)
    direction = change / np.where(length > 0, length, 1.0)
    part = _parts(direction, length[:, 0], label, settings)
    count = int(part.max(initial=-1)) + 1
    peak = np.stack([_unit(_peak(change, length[:, 0], part == one, settings.peak_share)) for one in range(count)])
    size = np.bincount(part, minlength=count)
    kind = np.zeros(count, dtype=np.intp)
    order = np.argsort(-size, kind="stable")
    most = settings.most_objects
    groups = _divided(peak, size, np.sort(order[:most]), settings)
    for number, members in enumerate(_joined(groups, order[most:], peak)):
        kind[members] = number
    return numbered_by_size(kind[part])


def mean_peaks(
    change: NDArray[np.floating],
    label: NDArray[np.intp],
    kind: NDArray[np.int16],
    *,
    settings: KindSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Return the mean, weighted by size, over the objects of each kind of the mean of their longest vectors.

    Parameters
    ----------
    change, label
        As in :func:`find_kinds`.
    kind : array of int16, shape (n_points,)
    settings : KindSettings

    Returns
    -------
    array, shape (n_kinds, n_directions)
    """
    length = np.linalg.norm(change, axis=1)
    peaks = []
    for number in range(1, int(kind.max()) + 1):
        of_kind = kind == number
        objects, size = np.unique(label[of_kind], return_counts=True)
        tops = [_peak(change, length, of_kind & (label == one), settings.peak_share) for one in objects]
        # splinters of an object, in its waves, are smaller than the object
        peaks.append(np.average(tops, axis=0, weights=size))
    return np.array(peaks)


def _peak(
    change: NDArray[np.floating], length: NDArray[np.floating], which: NDArray[np.bool_], share: float
) -> NDArray[np.float64]:
    """Return the mean of the longest of some vectors, this share of all."""
    points = np.flatnonzero(which)
    longest = points[length[points] >= np.quantile(length[points], 1 - share)]
    return np.asarray(change[longest].mean(axis=0), dtype=np.float64)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the direction of a vector; 0 for one without a length."""
    return vector / (float(np.linalg.norm(vector)) or 1.0)


def _parts(
    direction: NDArray[np.floating],
    length: NDArray[np.floating],
    label: NDArray[np.intp],
    settings: KindSettings,
) -> NDArray[np.intp]:
    """Return the number, from 0, of the part of an object that every point belongs to; most objects have one."""
    part = np.zeros(len(label), dtype=np.intp)
    count = 0
    for number in np.unique(label):
        points = np.flatnonzero(label == number)
        clear = points[length[points] >= settings.clear_share * length[points].max()]
        clear = clear[:: -(-len(clear) // settings.largest_object)]
        halves = _halves(direction[clear])
        part[points] = count
        apart = halves is not None and _two_touch(*halves, settings)
        if halves is not None and apart:
            means = np.stack([direction[clear][halves[0] == half].mean(axis=0) for half in (0, 1)])
            part[points] += (direction[points] @ means.T).argmax(axis=1)
            count = int(part[points].max()) + 1
        else:
            count += 1
    return np.unique(part, return_inverse=True)[1]


def _two_touch(half: NDArray[np.intp], silhouette: float, angle: float, settings: KindSettings) -> bool:
    """Return whether the halves of the clear points of an object are two objects."""
    apart = angle >= np.radians(settings.clear_angle) and silhouette >= settings.smallest_silhouette
    return bool(apart and np.bincount(half).min() >= settings.fewest_spectra)


def _divided(
    peak: NDArray[np.float64], size: NDArray[np.intp], members: NDArray[np.intp], settings: KindSettings
) -> list[NDArray[np.intp]]:
    """Divide directions, shape (n, n_directions), into the kinds that stand apart best; return the members of each."""
    best, found = settings.smallest_silhouette, [members]
    if len(members) < 2:
        return found
    angle = _angles(peak[members], peak[members])
    np.fill_diagonal(angle, 0.0)
    tree = linkage(angle[np.triu_indices(len(angle), 1)], "average")
    for count in range(2, 2 + int((tree[:, 2] >= np.radians(settings.smallest_angle)).sum())):
        group = np.asarray(fcluster(tree, count, "maxclust") - 1, dtype=np.intp)
        valid = [one for one in range(count) if _is_kind(group == one, angle, size[members], settings)]
        if len(valid) < 2:
            continue
        kept = np.isin(group, valid)
        silhouette = _silhouette(angle[np.ix_(kept, kept)], group[kept]) * float(kept.mean())
        kinds = [members[group == one] for one in valid]
        if silhouette > best and _gaps(peak, kinds, settings):
            best, found = silhouette, _joined(kinds, members[~kept], peak)
    return found


def _is_kind(
    own: NDArray[np.bool_], angle: NDArray[np.float64], size: NDArray[np.intp], settings: KindSettings
) -> bool:
    """Return whether objects are a kind: two at least, or one with enough spectra far from all others."""
    enough = size[own].sum() >= max(settings.fewest_spectra, settings.smallest_share * size.sum())
    return bool(own.sum() >= 2 or (enough and angle[own][:, ~own].min() >= np.radians(settings.clear_angle)))


def _silhouette(angle: NDArray[np.float64], group: NDArray[np.intp]) -> float:
    """Return the mean silhouette; where each is a group of its own, there is none, and the angle decides."""
    if len(angle) == len(np.unique(group)):
        return 1.0
    return mean_silhouette(angle, group)


def _gaps(peak: NDArray[np.float64], kinds: list[NDArray[np.intp]], settings: KindSettings) -> bool:
    """Return whether gaps lie between all kinds: an even spread of directions has groups, but no gap."""
    within = [_usual_step(peak[kind], settings.mixed) for kind in kinds]
    for (first, one), (second, two) in combinations(zip(within, kinds, strict=True), 2):
        across = _angles(peak[one], peak[two])
        between = np.quantile(np.concatenate([across.min(axis=0), across.min(axis=1)]), settings.mixed)
        if between < settings.least_gap * max(first, second):
            return False
    return True


def _joined(
    kinds: list[NDArray[np.intp]], others: NDArray[np.intp], peak: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    """Add each of the others to the kind whose mean direction is nearest."""
    means = np.stack([peak[kind].mean(axis=0) for kind in kinds])
    nearest = (peak[others] @ means.T).argmax(axis=1)
    return [np.concatenate([kind, others[nearest == number]]) for number, kind in enumerate(kinds)]


def _halves(direction: NDArray[np.floating]) -> tuple[NDArray[np.intp], float, float] | None:
    """Part unit vectors in two; return the half of each, their silhouette and the angle between the halves."""
    if len(direction) < 2:
        return None
    angle = _angles(direction, direction)
    np.fill_diagonal(angle, 0.0)
    tree = linkage(angle[np.triu_indices(len(angle), 1)], "average")
    half = np.asarray(fcluster(tree, 2, "maxclust") - 1, dtype=np.intp)
    if half.max() == 0:
        return None
    return half, _silhouette(angle, half), float(tree[-1, 2])


def _angles(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the angles in radians between unit vectors, shape (n_first, n_second)."""
    return np.asarray(np.arccos(np.clip(first @ second.T, -1.0, 1.0)), dtype=np.float64)


def _usual_step(direction: NDArray[np.floating], mixed: float) -> float:
    """Return the angle that nearly all steps from one direction to the next do not exceed."""
    if len(direction) < 2:
        return 0.0
    angle = _angles(direction, direction)
    steps = linkage(angle[np.triu_indices(len(angle), 1)], "single")[:, 2]
    return float(np.quantile(steps, 1 - mixed))
