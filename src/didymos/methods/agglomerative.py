"""Agglomerative clustering: single spectra merge into ever larger clusters (the paper, Fig. 3d)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from didymos.methods.interface import Outcome, Task, Tree
from didymos.methods.large import MOST_SPECTRA, drawn, fitted_note, nearest
from didymos.methods.latent import unit_scores
from didymos.schema import InputError

Linkage = Literal["ward", "average", "single", "complete"]
LINKAGES: tuple[Linkage, ...] = get_args(Linkage)
MOST_LEAVES = 300
"""Clusters at the lower end of the tree; the paper shows as many."""
GROUPS = 2


@dataclass(frozen=True)
class AgglomerativeClusters:
    """A hierarchy of clusters; unusual is what joins the others late.

    The score is the mean cophenetic distance <c_ij>_j, where c_ij is the height at which spectra i and j first lie in
    one cluster.
    """

    linkage: Linkage
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Such as "agglomerative-ward"."""
        return f"agglomerative-{self.linkage}"

    @property
    def title(self) -> str:
        """Such as "Agglomerative, ward linkage"."""
        return f"Agglomerative, {self.linkage} linkage"

    def run(self, task: Task) -> Outcome:
        """Merge the spectra, and cut the tree in two."""
        scores = unit_scores(task)
        chosen = drawn(len(scores), MOST_SPECTRA, task.seed)
        owner = nearest(scores, chosen)
        merges = linkage(scores[chosen], self.linkage)
        size = np.bincount(owner, minlength=len(chosen))
        labels = fcluster(merges, GROUPS, "maxclust") - 1
        return Outcome(
            score=mean_cophenetic_distance(merges, size)[owner],
            labels=labels[owner],
            tree=upper_end(merges, size),
            notes=fitted_note(len(scores), chosen, "join the cluster of the nearest fitted spectrum"),
        )


def cluster_sizes(merges: NDArray[np.floating], size: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the number of spectra in every cluster of a tree, first the single points, then row by row.

    Parameters
    ----------
    merges : array, shape (n - 1, 4)
        SciPy's linkage matrix.
    size : array of int, shape (n,)
        Number of spectra that each point stands for.

    Returns
    -------
    array of int, shape (2 n - 1,)
    """
    sizes = np.concatenate([size, np.zeros(len(merges), dtype=np.int64)]).astype(np.int64)
    for row, (left, right) in enumerate(merges[:, :2].astype(np.intp), len(size)):
        sizes[row] = sizes[left] + sizes[right]
    return sizes


def mean_cophenetic_distance(merges: NDArray[np.floating], size: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the mean over all other spectra of the height at which each first lies in one cluster with them.

    Going down from the root, the two sides of a merge at height h, with n_l and n_r spectra, meet those of the other
    side there: S_l = S + h n_r and S_r = S + h n_l, with S = 0 at the root, and the mean is S / (N - 1).

    Parameters
    ----------
    merges : array, shape (n - 1, 4)
        SciPy's linkage matrix.
    size : array of int, shape (n,)
        Number of spectra that each point stands for; with each other they are at height 0.

    Returns
    -------
    array, shape (n,)
        In the units of the heights.
    """
    sizes = cluster_sizes(merges, size)
    total = np.zeros(len(sizes))
    children = merges[:, :2].astype(np.intp)
    for row in range(len(merges) - 1, -1, -1):
        (left, right), height, above = children[row], merges[row, 2], total[len(size) + row]
        total[left] = above + height * sizes[right]
        total[right] = above + height * sizes[left]
    return np.asarray(total[: len(size)] / max(sizes[-1] - 1, 1), dtype=np.float64)


def upper_end(merges: NDArray[np.floating], size: NDArray[np.integer], most: int = MOST_LEAVES) -> Tree:
    """Return the last merges of a tree, as a tree of its own.

    Parameters
    ----------
    merges : array, shape (n - 1, 4)
        SciPy's linkage matrix, heights ascending.
    size : array of int, shape (n,)
        Number of spectra that each point stands for.
    most : int
        Number of leaves that are kept where there are more.

    Returns
    -------
    Tree
        Leaves in the order of their numbers in the whole tree.
    """
    sizes = cluster_sizes(merges, size)
    first = max(len(size) - most, 0)
    kept = merges[first:, :2].astype(np.intp)
    leaves = np.sort(kept[kept < len(size) + first])
    # a leaf gets its rank, a later cluster n_leaves + its row
    number = np.where(kept < len(size) + first, np.searchsorted(leaves, kept), kept - len(size) - first + len(leaves))
    upper = np.column_stack([np.sort(number, axis=1), merges[first:, 2], sizes[len(size) + first :]])
    return Tree(upper.astype(np.float64), sizes[leaves])


def build(text: str) -> AgglomerativeClusters:
    """Return agglomerative clustering with a linkage.

    Raises
    ------
    InputError
        Where there is no such linkage.
    """
    for each in LINKAGES:
        if text == each:
            return AgglomerativeClusters(each)
    raise InputError(f"agglomerative is given the linkage {text!r}; allowed are {', '.join(LINKAGES)}: choose one")
