"""Which pairs of spectra are similar: by their distance, by labels, or as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.twin.training.plan import Batch

LABELS = ("binary", "multiclass")
AMPLITUDE_STEPS = 5
"""Steps of the amplitude that are drawn equally often."""

CORE = 0.8
"""Amplitude from which a spectrum belongs to the core of a defect."""

PAIRS_HELP = (
    "an array of shape (n_pairs, 3) with rows (i, j, similarity), a tuple of three such arrays, or a square matrix of "
    "similarities with a row for every spectrum"
)


@dataclass(frozen=True)
class ByDistance:
    """A pair is similar where its features are nearer than the threshold.

    Attributes
    ----------
    features : array of float32, shape (n_points, n_features), optional
        None where what the encoder sees decides.
    threshold : float
        In the units of the features.
    """

    features: NDArray[np.float32] | None
    threshold: float
    kind: ClassVar[str] = "distance"

    @property
    def columns(self) -> int:
        """Columns of :attr:`Batch.target`."""
        return 0 if self.features is None else self.features.shape[1]

    def taken(self, order: NDArray[np.intp]) -> ByDistance:
        """Return the same of the spectra in another order."""
        return self if self.features is None else ByDistance(self.features[order], self.threshold)

    def gather(self, inputs: NDArray[np.floating], drawn: NDArray[np.int32]) -> Batch:
        """Return the spectra drawn, shape (n_batches, n_points), with what decides their similarity."""
        target = np.empty((*drawn.shape, 0), np.float32) if self.features is None else self.features[drawn]
        return Batch(inputs[drawn], drawn, target)


OTHER = -2
"""Label of spectra that are only known to be unlike the named kinds."""


@dataclass(frozen=True)
class ByLabel:
    """A pair is similar as far as the two spectra have the same label and the same amplitude.

    With the amplitude a_i of a spectrum along the axis e of its label, A_i = a_i e, the similarity of a pair is
    s_ij = max(0, 1 - |A_i - A_j|). Where every amplitude is 1 that is 1 for the same label and else 0.
    A spectrum with the label :data:`OTHER` differs from those with a label over 0; its other pairs are not known.

    Attributes
    ----------
    labels : array of int32, shape (n_points,)
        From 0, which is the majority, or :data:`OTHER`.
    amplitude : array of float32, shape (n_points,), optional
        From 0 to 1; 1 for all where it is not given.
    group : array of int, shape (n_points,), optional
        Groups that are drawn equally often at every amplitude; the labels where they are not given.
    """

    labels: NDArray[np.int32]
    amplitude: NDArray[np.float32] | None = None
    group: NDArray[np.integer] | None = None
    kind: ClassVar[str] = "label"
    columns: ClassVar[int] = 2

    def taken(self, order: NDArray[np.intp]) -> ByLabel:
        """Return the same of the spectra in another order."""
        amplitude = None if self.amplitude is None else self.amplitude[order]
        return ByLabel(self.labels[order], amplitude, None if self.group is None else self.group[order])

    @property
    def strata(self) -> NDArray[np.intp]:
        """Numbers, from 0, of what is drawn equally often: a group, and within it a step of the amplitude."""
        group: NDArray[np.integer] = self.labels if self.group is None else self.group
        if self.amplitude is None:
            return np.asarray(np.unique(group, return_inverse=True)[1], dtype=np.intp)
        step = np.ceil(np.clip(self.amplitude, 0.0, 1.0) * AMPLITUDE_STEPS).astype(np.intp)
        # an amplitude of 0 is the same for all labels
        place = np.where(step == 0, 0, step + (AMPLITUDE_STEPS + 1) * group)
        return np.asarray(np.unique(place, return_inverse=True)[1], dtype=np.intp)

    @property
    def majority(self) -> NDArray[np.intp]:
        """Indices of the spectra that a score of 0 stands for."""
        return np.flatnonzero(self.labels == 0 if self.amplitude is None else self.amplitude == 0)

    @property
    def cores(self) -> NDArray[np.bool_]:
        """Which spectra a score of 1 stands for, shape (n_points,)."""
        named = self.labels > 0
        return np.asarray(named if self.amplitude is None else named & (self.amplitude >= CORE))

    def gather(self, inputs: NDArray[np.floating], drawn: NDArray[np.int32]) -> Batch:
        """Return the spectra drawn, shape (n_batches, n_points), with their label and amplitude."""
        labels = self.labels[drawn].astype(np.float32)
        amplitude = np.ones_like(labels) if self.amplitude is None else self.amplitude[drawn]
        return Batch(inputs[drawn], drawn, np.stack([labels, amplitude], axis=-1).astype(np.float32))


@dataclass(frozen=True)
class ByPair:
    """Pairs whose similarity is given; all others are unknown and do not train.

    Attributes
    ----------
    rows : array of int32, shape (n_pairs, 2)
        Indices of the two spectra.
    similarity : array of float32, shape (n_pairs,)
        From 0, different, to 1, alike.
    """

    rows: NDArray[np.int32]
    similarity: NDArray[np.float32]
    kind: ClassVar[str] = "pair"
    columns: ClassVar[int] = 1

    def gather(self, inputs: NDArray[np.floating], drawn: NDArray[np.int32]) -> Batch:
        """Return the spectra of the pairs drawn, shape (n_batches, n_pairs), with their similarity."""
        rows = self.rows[drawn]
        return Batch(inputs[rows], rows, self.similarity[drawn][..., np.newaxis])


Similarity = ByDistance | ByLabel | ByPair


def given_labels(labels: ArrayLike, points: int) -> tuple[NDArray[np.intp], ByLabel]:
    """Read labels of spectra; None and NaN stand for "not known".

    Parameters
    ----------
    labels : array-like, shape (n_points,)
        Numbers or names of classes.
    points : int
        Number of spectra.

    Returns
    -------
    known : array of int, shape (n_known,)
        Indices of the spectra with a label.
    ByLabel
        Their labels as numbers from 0, the most frequent one first.

    Raises
    ------
    ValueError
        Where the labels are not one class per spectrum or none is known.
    """
    values = np.asarray(labels)
    if values.shape != (points,):
        raise ValueError(f"y has shape {values.shape}; allowed is one label for each of the {points} spectra")
    known = np.flatnonzero([label is not None and label == label for label in values.tolist()])
    if len(known) < 2:
        raise ValueError(f"y holds {len(known)} known labels; at least two are needed")
    values = np.array(values[known].tolist())
    from sklearn.utils.multiclass import type_of_target  # an analysis needs none of it

    if type_of_target(values, input_name="y") not in LABELS:
        raise ValueError(
            "y holds continuous numbers; allowed are labels (integers or names): give continuous similarities as pairs"
        )
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return known, ByLabel(place[codes].astype(np.int32))


def given_pairs(pairs: object, points: int) -> ByPair:
    """Read pairs with their similarity.

    Parameters
    ----------
    pairs : array-like or sparse matrix
        Rows (i, j, similarity) as one array or as three, or a matrix of similarities, shape (n_points, n_points), in
        which NaN (dense) or what is not stored (sparse) is unknown. An array of three columns is always a list.
    points : int
        Number of spectra.

    Returns
    -------
    ByPair
        Without pairs of a spectrum with itself.

    Raises
    ------
    ValueError
        Where shape, indices or similarities are not allowed, or no pair is left.
    """
    first, second, similarity = _columns(pairs, points)
    for index in (first, second):
        wrong = index[~((index >= 0) & (index < points) & (index % 1 == 0))]
        if len(wrong):
            raise ValueError(f"pairs names spectrum {wrong[0]:g}; allowed are integers from 0 to {points - 1}")
    if not np.all((similarity >= 0) & (similarity <= 1)):
        raise ValueError("pairs holds similarities that are not between 0 (different) and 1 (alike)")
    apart = first != second
    if not apart.any():
        raise ValueError("pairs holds no pair of two different spectra")
    rows = np.stack([first[apart], second[apart]], axis=1)
    return ByPair(rows.astype(np.int32), similarity[apart].astype(np.float32))


def _columns(pairs: object, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return indices and similarities of all pairs that are listed."""
    from scipy.sparse import coo_array, issparse

    if issparse(pairs):
        stored: Any = coo_array(pairs)  # type: ignore[call-overload]  # any sparse format
        if stored.shape != (points, points):
            raise ValueError(f"pairs is a sparse matrix of shape {stored.shape}; allowed is ({points}, {points})")
        return stored.coords[0].astype(float), stored.coords[1].astype(float), stored.data.astype(float)
    try:
        columns = pairs if isinstance(pairs, tuple) else None
        table = np.asarray(np.column_stack(columns) if columns else pairs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"pairs cannot be read as numbers; allowed are {PAIRS_HELP}") from None
    if table.ndim == 2 and table.shape[1] == 3:
        return table[:, 0], table[:, 1], table[:, 2]
    if table.shape == (points, points):
        first, second = np.triu_indices(points, 1)
        value = np.where(np.isnan(table[first, second]), table[second, first], table[first, second])
        known = ~np.isnan(value)
        return first[known].astype(float), second[known].astype(float), value[known]
    raise ValueError(f"pairs has shape {table.shape}; allowed are {PAIRS_HELP}")
