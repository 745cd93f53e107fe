"""The energies that are analysed, and spectra whose gaps are filled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.artefacts.artefacts import finite_values
from didymos.core.noise.missing import fill_gaps
from didymos.core.numeric.rows import Spectra
from didymos.core.preparation.coverage import Coverage, find_coverage
from didymos.core.preparation.density import are_uneven, densest_share
from didymos.io.coverage import coverage_notes
from didymos.schema import ENERGY
from didymos.stored.passes import Passes
from didymos.stored.spectra import StoredSpectra, fill_stored, rows_of


@dataclass(frozen=True)
class Completed:
    """A map at the energies that are analysed.

    Attributes
    ----------
    map : xarray.DataArray
        As measured, NaN where a value is missing.
    values : spectra, shape (n_points, n_energies)
        With single gaps filled, in memory where the map is; those with too few values keep their NaN.
    known : array of int, shape (n_points,)
        Number of finite values of every spectrum in `values`.
    missing : array of bool, shape (n_points,)
        Spectra without any value.
    notes : tuple of str
        What was left out and filled, sentences.
    """

    map: xr.DataArray
    values: Spectra
    known: NDArray[np.intp]
    missing: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Spectra without a gap, or with filled ones, shape (n_points,)."""
        return np.asarray(self.known == self.values.shape[1])


def completed(
    spectra: xr.DataArray,
    positions: NDArray[np.float64],
    *,
    choose: bool = True,
    spatial: bool = True,
    passes: Passes | None = None,
) -> Completed:
    """Leave out energies and fill gaps where values of a map are missing.

    Parameters
    ----------
    spectra : spectral map
    positions : array, shape (n_points, 2)
    choose : bool
        Whether the range of the energies is chosen where sweeps end differently; see
        :func:`didymos.core.preparation.coverage.find_coverage`.
    spatial : bool
        Whether gaps are filled from the neighbours on the surface as well.
    passes : Passes, optional
        Who works on a map that is not in memory.

    Returns
    -------
    Completed
    """
    values = rows_of(spectra, passes)
    known = finite_values(values)
    whole, missing = known == values.shape[1], known == 0
    if (whole | missing).all() and not missing.all():
        return Completed(_without_infinities(spectra) if missing.any() else spectra, values, known, missing)
    coverage = find_coverage(values, choose=choose)
    notes = coverage_notes(spectra[ENERGY], coverage)
    kept = spectra.isel({ENERGY: np.flatnonzero(coverage.energies)})
    kept = _without_infinities(kept)
    filled, note = _filled(rows_of(kept, passes), positions if spatial else None, coverage)
    return Completed(kept, filled, finite_values(filled), coverage.missing, (*notes, *note))


def _without_infinities(spectra: xr.DataArray) -> xr.DataArray:
    return spectra.where(np.isfinite(spectra)).astype(np.float32)


def _filled(
    measured: Spectra, positions: NDArray[np.float64] | None, coverage: Coverage
) -> tuple[Spectra, tuple[str, ...]]:
    """Return spectra with their gaps filled, and how many values that were."""
    if not coverage.gaps.any():
        return measured, ()
    enough = ~(coverage.short | coverage.missing)
    if isinstance(measured, StoredSpectra):
        filling, error = fill_stored(measured, coverage.gaps, enough, positions)
        values: Spectra = replace(measured, filling=filling)
    else:
        assert isinstance(measured, np.ndarray)
        found = fill_gaps(measured[enough], None if positions is None else positions[enough])
        values, error = measured.copy(), found.error
        values[enough] = found.values
    count, whole = len(error), int(enough.sum()) * measured.shape[1]
    where = "energy" if positions is None else "energy and on the surface"
    return values, (
        f"{count} missing value{'s' if count > 1 else ''} ({100 * count / whole:.2g} %) in {int(coverage.gaps.sum())} "
        f"of {int(enough.sum())} spectra {'are' if count > 1 else 'is'} filled from the neighbours in {where}, with a "
        f"standard error of {np.median(error):.2g} times the noise{' (median)' if count > 1 else ''}.",
    )


def sampling_note(positions: NDArray[np.float64]) -> tuple[str, ...]:
    """Return what the majority is where scattered points lie unevenly; nothing where they lie evenly.

    They lie unevenly where half of them cover less than a fifth of the area; at random half cover a third
    (:func:`didymos.core.preparation.density.densest_share`).

    Parameters
    ----------
    positions : array, shape (n_points, 2)
        Finite.
    """
    share = densest_share(positions)
    if not are_uneven(share):
        return ()
    return (
        f"The points lie unevenly: half of the spectra were taken on {100 * share:.2g} % of the area. Majority means "
        "the majority of the spectra taken, not of the surface, and a minority may be the undisturbed surface.",
    )
