"""Which energies and spectra of a map are analysed where values are missing, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.preparation.coverage import Coverage
from didymos.io.plain import Values

MOST_RUNS = 3
"""Runs of energies that a sentence lists at most."""


def coverage_notes(energy: Values, coverage: Coverage) -> tuple[str, ...]:
    """Return what is left out of an analysis because values are missing, a sentence for each reason.

    Parameters
    ----------
    energy : xarray.DataArray or Axis, shape (n_energies,)
        All energies, with their unit.
    coverage : Coverage
        Of the spectra at these energies.

    Returns
    -------
    tuple of str
        Empty where every spectrum has enough values at all energies.
    """
    notes = []
    for chosen, where in ((coverage.never, "all"), (coverage.seldom, "more than half of the")):
        if count := int(chosen.sum()):
            verb = "is" if count == 1 else "are"
            notes.append(
                f"{count} of {len(chosen)} energies {verb} missing in {where} spectra and {verb} left out: "
                f"{_runs(energy, chosen)}."
            )
    if coverage.ends:
        index = np.flatnonzero(coverage.energies)
        ends = " and ".join(_end(energy, first, last) for first, last in coverage.ends)
        share = f"{100 * coverage.covering:.3g} %" if coverage.covering < 1 else "all"
        of = "of the spectra" if coverage.covering < 1 else "spectra"
        notes.append(
            f"The sweeps end {ends}: {_span(energy, index[0], index[-1])}, the range that {share} {of} cover, is "
            "analysed; energy_range takes another."
        )
    if count := int(coverage.short.sum()):
        what = "spectrum lacks" if count == 1 else "spectra lack"
        limit = f" or more than {coverage.longest_gap} in a row" if coverage.longest_gap else ""
        verb = "takes" if count == 1 else "take"
        notes.append(
            f"{count} {what} more than half of the values{limit} at the energies analysed and {verb} no part "
            "(region artefact)."
        )
    return tuple(notes)


def _values(energy: Values) -> tuple[NDArray[np.float64], str]:
    units = str(energy.attrs.get("units", ""))
    factor, units = (1e9, "nm") if units == "m" else (1.0, units)
    return np.asarray(energy.values, dtype=np.float64) * factor, units


def _span(energy: Values, first: int, last: int, word: str = "to") -> str:
    values, units = _values(energy)
    if first == last:
        return f"{values[first]:.4g} {units}".rstrip()
    return f"{values[first]:.4g} {word} {values[last]:.4g} {units}".rstrip()


def _end(energy: Values, first: int, last: int) -> str:
    return f"{'at' if first == last else 'between'} {_span(energy, first, last, 'and')}"


def _runs(energy: Values, chosen: NDArray[np.bool_]) -> str:
    """Return the runs of chosen energies, the first few of many."""
    changes = np.flatnonzero(np.diff(np.pad(chosen.astype(np.int8), 1)))
    runs = [_span(energy, start, stop - 1) for start, stop in zip(changes[::2], changes[1::2], strict=True)]
    further = len(runs) - MOST_RUNS
    return ", ".join(runs[:MOST_RUNS]) + (f" and {further} further runs" if further > 0 else "")
