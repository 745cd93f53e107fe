"""The energy axis of a Nanonis grid: linear sweeps, sweeps of several segments, recorded sweep signals."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.io.channel_names import split_name
from didymos.io.nanonis.file import Records
from didymos.io.nanonis.header import GridHeader, to_number
from didymos.io.nanonis.records import sweep_limits
from didymos.schema import InputError

_UNITS = {"V": ("mV", 1e3), "m": ("nm", 1e9)}


@dataclass(frozen=True)
class Sweep:
    """The sweep as measured: values in SI units, shape (point,), in the order of the file, repeats included."""

    values: NDArray[np.float64]
    name: str
    units: str
    factor: float
    """Energies in `units` are `values` times this."""
    source: str

    @property
    def direction(self) -> str:
        """``"up"`` or ``"down"``: how the sweep ran."""
        return "up" if self.values[-1] > self.values[0] else "down"

    def merge(self, spectra: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Average the points that were measured twice at the same value, as at the joints of segments.

        Parameters
        ----------
        spectra : ndarray, shape (record, point)
            Spectra on `values`, NaN where missing.

        Returns
        -------
        values : ndarray, shape (energy,)
            Strictly monotonic, in SI units.
        spectra : ndarray, shape (record, energy)
            Averages over the finite values of repeated points.
        """
        first = _first_of_group(self.values)
        if first.size == self.values.size:
            return self.values, spectra
        count = np.add.reduceat(np.isfinite(spectra), first, axis=1, dtype=np.int64)
        total = np.add.reduceat(np.where(np.isfinite(spectra), spectra, 0), first, axis=1, dtype=np.float64)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return self.values[first], mean.astype(np.float32)


def sweep_of(records: Records) -> Sweep:
    """Find the axis of the sweep.

    The segments of the header (``Filetype=MLS``) come first; then a recorded sweep signal, where it runs between the
    limits of the sweep but not in a straight line; else the sweep is linear between its limits.

    Parameters
    ----------
    records : Records
        The records of a grid.

    Returns
    -------
    Sweep
        The axis.

    Raises
    ------
    InputError
        Where limits are missing or equal, or the segments do not fit the number of points or turn back.
    """
    header = records.header
    name, unit = split_name(header.sweep_signal)
    start, stop = _limits(records)
    source = "linear between the sweep limits"
    values = segment_values(header)
    if values is not None:
        source = "segments of the header"
    else:
        if not (np.isfinite(start) and np.isfinite(stop)):
            raise InputError("neither the records nor the header give the limits of the sweep: give a grid of sweeps")
        if start == stop:
            raise InputError(f"the sweep stands still at {start:g} {unit}: give a grid of sweeps")
        values = np.linspace(start, stop, header.points)
        recorded = _recorded(records, values, unit)
        if recorded is not None:
            values, source = recorded
    step = np.diff(values[_first_of_group(values)])
    if not step.size or not (np.all(step > 0) or np.all(step < 0)):
        raise InputError(
            f"the segments of the sweep turn back or stand still ({values.min():g} to {values.max():g} {unit}): such a "
            "sweep has no single energy axis"
        )
    if unit == "V" and name.casefold().startswith("bias"):
        name = "Bias"
    units, factor = _UNITS.get(unit, (unit, 1.0))
    return Sweep(values, name, units, factor, source)


def segment_values(header: GridHeader) -> NDArray[np.float64] | None:
    """Return the values of a sweep of several segments in SI units, shape (point,); None where there are none.

    The header names the columns in its key (``Segment Start (V), Segment End (V), ..., Steps (xn), ...``) and gives one
    segment per ``;``. Where one segment ends as the next begins, most versions record the joint once, some twice.
    """
    text = next((value for key, value in header.entries.items() if key.startswith("segment start")), "")
    rows = [[to_number(part) for part in row.split(",")] for row in text.split(";") if row.strip()]
    if not rows:
        return None
    if any(len(row) < 5 or None in row[:5] for row in rows):
        raise InputError(f"the segments of the sweep cannot be read: {text[:80]!r}; take the file as it was written")
    segments = [(float(row[0] or 0), float(row[1] or 0), float(row[4] or 0)) for row in rows]
    # n steps are n points in the versions known; n + 1 points is what the word means
    for extra in (0, 1):
        counts = [int(steps) + extra for _, _, steps in segments if 0 < steps < 1e7]
        if len(counts) < len(segments):
            break
        if not 0 <= sum(counts) - header.points <= len(segments):
            continue
        pieces = [np.linspace(a, b, n) for (a, b, _), n in zip(segments, counts, strict=True)]
        for joined in (False, True):
            values = np.concatenate([pieces[0], *(_without_joint(p, q, joined) for p, q in itertools.pairwise(pieces))])
            if values.size == header.points:
                return values
    raise InputError(
        f"the segments of the sweep have {sum(s[2] for s in segments):g} steps, the spectra {header.points} points: "
        "they do not fit; take the file as it was written"
    )


def _without_joint(before: NDArray[np.float64], piece: NDArray[np.float64], joined: bool) -> NDArray[np.float64]:
    return piece[1:] if joined and before[-1] == piece[0] else piece


def _limits(records: Records) -> tuple[float, float]:
    limits = sweep_limits(records)
    known = limits[np.isfinite(limits).all(axis=1)]
    if known.size:
        start, stop = np.median(known, axis=0).astype(np.float32)
        # the file has -0.22 V in single precision: the shortest number that rounds to it was meant
        return float(str(start)), float(str(stop))
    header = records.header
    if header.sweep_signal.casefold().startswith("bias"):
        from_header = [header.number(f"Bias Spectroscopy>Sweep {end} (V)") for end in ("Start", "End")]
        if from_header[0] is not None and from_header[1] is not None:
            return from_header[0], from_header[1]
    return float("nan"), float("nan")


def _recorded(records: Records, line: NDArray[np.float64], unit: str) -> tuple[NDArray[np.float64], str] | None:
    """Return a recorded sweep signal that bends clearly between the ends of the sweep, None where there is none."""
    word = records.header.sweep_signal.split()[0].casefold()
    span = abs(line[-1] - line[0])
    for index, channel in enumerate(records.header.channels):
        name, channel_unit = split_name(channel)
        if channel_unit != unit or not name.casefold().startswith(word) or "[bwd]" in name.casefold():
            continue
        values = _mean_sweep(records, index)
        if values is None:
            continue
        # ends elsewhere: a voltage divider or an offset; the axis is what was applied
        ends = max(abs(values[0] - line[0]), abs(values[-1] - line[-1])) < 0.02 * span
        bend = np.abs(values - line).max() > 0.05 * span
        step = np.diff(values) * np.sign(line[-1] - line[0])
        if ends and bend and np.all(step > 0):
            return values, f"recorded in {channel}"
    return None


def _mean_sweep(records: Records, index: int) -> NDArray[np.float64] | None:
    """Return the mean of all complete sweeps of a channel, shape (point,); None where there is none."""
    total, count = np.zeros(records.header.points), 0
    for strip in records.file.strips():
        spectra = records.channel(index, np.arange(strip.start, strip.stop))
        spectra = spectra[np.isfinite(spectra).all(axis=1)]
        total += spectra.sum(axis=0, dtype=np.float64)
        count += len(spectra)
    return total / count if count else None


def _first_of_group(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return where each run of equal values begins."""
    span = float(np.ptp(values))
    return np.flatnonzero(np.concatenate([[True], np.abs(np.diff(values)) > 1e-9 * span]))
