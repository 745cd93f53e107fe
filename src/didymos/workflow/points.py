"""Step 1: from a labelled map to plain arrays of points, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.core.artefacts.artefacts import Artefact
from didymos.core.artefacts.tip_changes import find_tip_changes
from didymos.core.numeric.moments import Moments, moments
from didymos.core.numeric.rows import Spectra, are_identical, selected
from didymos.core.surface.nearest import adjacent_pairs
from didymos.core.surface.neighbourhood import Neighbourhood
from didymos.preparing.completion import Completed, completed, sampling_note
from didymos.preparing.corrupted import FEWEST_ENERGIES, faults_of, neighbourhood_of
from didymos.preparing.labelled import MARK, notes_of
from didymos.preparing.pipeline import prepared
from didymos.schema import ENERGY, InputError, is_image
from didymos.schema.positions import NOTE, positions_of
from didymos.schema.printing import counted, said
from didymos.stored.passes import Passes
from didymos.workflow.examples import ARTEFACT_LABEL, LabelledExamples, examples_of
from didymos.workflow.maps import as_map, within
from didymos.workflow.settings import Settings, checked_settings

FEWEST_SPECTRA = 8


@dataclass(frozen=True)
class Points:
    """The spectra of a map as rows of a matrix.

    Attributes
    ----------
    map : xarray.DataArray
        The map as analysed.
    values : spectra, shape (n_points, n_energies)
        All spectra, those that are missing included, in memory where the map is. Single gaps are filled here, and NaN
        in `map`.
    finite : array of bool, shape (n_points,)
        Spectra without a gap, or with filled ones.
    usable : array of bool, shape (n_points,)
        Spectra that take part in fits: finite and not corrupted.
    missing : array of bool, shape (n_points,)
        Spectra without any value.
    artefacts : array of int8, shape (n_points,)
        Flags of :class:`didymos.core.artefacts.artefacts.Artefact`.
    positions : array, shape (n_points, 2)
        Row and column of an image, or y and x of scattered points.
    examples : LabelledExamples, optional
        Spectra that the user has labelled.
    notes : tuple of str
        What was left out, filled, or is to be known about the points, sentences.
    """

    map: xr.DataArray
    values: Spectra
    finite: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    artefacts: NDArray[np.int8]
    positions: NDArray[np.float64]
    examples: LabelledExamples | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return how many spectra there are and what became of them, in one line."""
        return said(
            "Points",
            f"{len(self.values)} spectra at {counted(len(self.energy), 'energy', 'energies')}",
            f"{int(self.usable.sum())} usable",
            f"{int(self.missing.sum())} missing",
            f"{int((self.artefacts != 0).sum())} corrupted",
            "" if self.examples is None else counted(len(self.examples.index), "example"),
        )

    @cached_property
    def spectra(self) -> Spectra:
        """The usable spectra, shape (n_usable, n_energies)."""
        return self.of(self.usable)

    def of(self, where: NDArray[np.bool_]) -> Spectra:
        """Return some of the spectra."""
        return selected(self.values, where)

    @property
    def energy(self) -> NDArray[np.float64]:
        """Energies, ascending, shape (n_energies,)."""
        return np.asarray(self.map[ENERGY].values, dtype=np.float64)

    @cached_property
    def neighbours(self) -> NDArray[np.intp]:
        """Pairs of usable spectra beside each other, shape (n_pairs, 2)."""
        return adjacent_pairs(self.positions[self.usable])

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """Which of the usable spectra lie beside which."""
        return neighbourhood_of(self.map, self.positions, self.usable)

    @cached_property
    def moments(self) -> Moments:
        """Average and covariance of the usable spectra."""
        return moments(self.spectra)

    def knowing(self, other: Points) -> Points:
        """Return these points with what has been looked up for others that have the same usable spectra."""
        names = [name for name, kind in vars(Points).items() if isinstance(kind, cached_property)]
        vars(self).update({name: vars(other)[name] for name in names if name in vars(other)})
        return self

    def spread(
        self, values: ArrayLike, where: NDArray[np.bool_], fill: float = np.nan, dtype: Any = np.float32
    ) -> NDArray[Any]:
        """Put values of some points back on the map, shape (y, x, ...) or (point, ...), `fill` elsewhere."""
        rows = np.asarray(values)
        everywhere = np.full((len(self.values), *rows.shape[1:]), fill, dtype=dtype)
        everywhere[where] = rows
        return everywhere.reshape(*self.map.shape[:-1], *rows.shape[1:])


def prepare(
    data: xr.DataArray | xr.Dataset,
    settings: Settings | None = None,
    *,
    examples: Any = None,
    passes: Passes | None = None,
) -> Points:
    """Prepare a map: choose the energies, fill gaps, find corrupted spectra, look up positions and examples.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Of these: ``preparing``, ``energy_range`` and ``spatial``.
    examples : table, optional
        Labelled spectra, see :func:`didymos.workflow.examples.examples_of`. A spectrum with a label other than
        "artefact" takes part even where it looks corrupted.
    passes : Passes, optional
        Who works on a map that is not in memory; this process, or the cluster of an active dask.distributed client.

    Returns
    -------
    Points

    Raises
    ------
    InputError
        Where too few energies or spectra are left to analyse, or an example names no usable spectrum.
    """
    chosen = checked_settings(settings)
    spatial = chosen.spatial == "auto"
    data = prepared(data, chosen.preparing, spatial=spatial, passes=passes)
    points = points_of(data, chosen.energy_range, spatial=spatial, passes=passes)
    return points if examples is None else with_examples(points, examples)


def with_examples(points: Points, given: Any) -> Points:
    """Return prepared points with examples: the user's labels say which spectra are corrupted and which are not.

    Parameters
    ----------
    points : Points
    given : table
        See :func:`didymos.workflow.examples.examples_of`.

    Returns
    -------
    Points

    Raises
    ------
    InputError
        Where an example names no usable spectrum, or too few spectra are left.
    """
    examples = examples_of(given, points.map)
    corrupted = examples.labelled(ARTEFACT_LABEL)
    sound = np.setdiff1d(examples.index, corrupted)
    gaps = sound[~points.finite[sound]]
    if len(gaps):
        raise InputError(
            f"{len(gaps)} of {len(examples.index)} examples name spectra with too many missing values; label other "
            "spectra"
        )
    usable, artefacts = points.usable.copy(), points.artefacts.copy()
    usable[sound], artefacts[sound] = True, Artefact.NONE
    usable[corrupted] = False
    if usable.sum() < FEWEST_SPECTRA:
        raise InputError(f"the examples call so many spectra corrupted that {int(usable.sum())} are left")
    # a new object: what was looked up for other spectra does not hold any more
    named = replace(points, usable=usable, artefacts=artefacts, examples=examples)
    return named.knowing(points) if np.array_equal(usable, points.usable) else named


def points_of(
    data: xr.DataArray | xr.Dataset,
    energy_range: tuple[float, float] | None,
    fewest: int = FEWEST_SPECTRA,
    *,
    spatial: bool = True,
    passes: Passes | None = None,
) -> Points:
    """Make points of a map: choose energies, fill gaps, find corrupted spectra.

    Parameters
    ----------
    data : spectral map
    energy_range : (float, float), optional
        Lowest and highest energy to keep, in units of the energies. Without it the range is chosen where sweeps end
        at different energies.
    fewest : int
        Least number of usable spectra; more than one must also differ.
    spatial : bool
        Whether spectra may be compared with their neighbours, to fill gaps and to find corrupted ones.
    passes : Passes, optional
        Who works on a map that is not in memory.

    Returns
    -------
    Points

    Raises
    ------
    InputError
        Where too few energies or spectra are left to analyse.
    """
    spectra = as_map(data)
    if energy_range is not None:
        spectra = within(spectra, energy_range, FEWEST_ENERGIES)
    positions = positions_of(spectra)
    found = completed(spectra, positions, choose=energy_range is None, spatial=spatial, passes=passes)
    return points_from(found, positions, fewest, spatial=spatial)


def points_from(found: Completed, positions: NDArray[np.float64], fewest: int, *, spatial: bool = True) -> Points:
    """Make points of a map whose energies are chosen and whose gaps are filled; see :func:`points_of`."""
    spectra, values, missing = found.map, found.values, found.missing
    if values.shape[1] < FEWEST_ENERGIES:
        lacking = f" ({' '.join(found.notes)})" if found.notes else ""
        raise InputError(
            f"the map has {values.shape[1]} energies in the range analysed; at least {FEWEST_ENERGIES} are needed"
            + lacking
        )
    finite = found.whole
    marked = MARK in spectra.coords
    if marked:
        artefacts = _marked(found)
        # nothing may be left of a corrupted spectrum that was normalised
        missing = missing & (artefacts == 0)
    else:
        artefacts = faults_of(found, positions, spatial=spatial)
    usable = finite & (artefacts == 0)
    if usable.sum() < fewest:
        raise InputError(
            f"{int(usable.sum())} of {len(values)} spectra are usable ({int(missing.sum())} missing, "
            f"{int((artefacts != 0).sum())} corrupted); at least {fewest} are needed"
        )
    if fewest > 1 and are_identical(selected(values, usable)):
        raise InputError("all spectra are identical: there is nothing to compare; check the channel ('didymos info')")
    if not np.isfinite(positions[usable]).all():
        raise InputError("some spectra have no position (x or y is not a number): leave those spectra out of the map")
    sampled = () if is_image(spectra) else sampling_note(positions[usable])
    placed = (spectra.attrs[NOTE],) if NOTE in spectra.attrs else ()
    notes = (*notes_of(spectra), *placed, *found.notes, *sampled)
    points = Points(spectra, values, finite, usable, missing, artefacts, positions, notes=notes)
    return _without_tip_changes(points, fewest) if spatial and not marked else points


def _marked(found: Completed) -> NDArray[np.int8]:
    """Return what was wrong with every spectrum before it was prepared, and the spectra that lack values now."""
    artefacts = found.map[MARK].transpose(*found.map.dims[:-1]).values.astype(np.int8).ravel()
    artefacts[(found.known > 0) & (found.known < found.values.shape[1])] |= Artefact.NON_FINITE
    return artefacts


def _without_tip_changes(points: Points, fewest: int) -> Points:
    """Set aside the spectra in which the tip changed, as long as enough others are left."""
    usable = np.flatnonzero(points.usable)
    changed = usable[
        find_tip_changes(points.spectra, points.positions[usable], points.neighbours, points.neighbourhood)
    ]
    if len(changed) == 0 or len(usable) - len(changed) < fewest:
        return points
    artefacts, left = points.artefacts.copy(), points.usable.copy()
    artefacts[changed] |= Artefact.JUMP
    left[changed] = False
    return replace(points, artefacts=artefacts, usable=left)
