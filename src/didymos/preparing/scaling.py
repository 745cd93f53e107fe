"""Steps on the scale of spectra: calibration of a lock-in, and normalisation."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.preparation.calibration import Calibration, Sums, calibration_of, joined, sums_of
from didymos.core.preparation.normalisation import Kernel, average_between, broadened_ratio, largest, zero_current
from didymos.io.blocks import is_lazy
from didymos.preparing.corrupted import mark_artefacts
from didymos.preparing.labelled import (
    answers,
    as_map,
    counted,
    energies_of,
    energy_units,
    noted,
    over_spectra,
    sample_of,
    with_units,
)
from didymos.preparing.settings import KERNELS, NORMALISATIONS
from didymos.preparing.units import conductance_factor, current_of, factor_to, volts_factor
from didymos.schema import InputError

SAMPLE = 4000
"""Spectra that the current at zero bias is read from, about."""


def calibrate_lockin(data: xr.DataArray | xr.Dataset, current: xr.DataArray | None = None) -> xr.DataArray:
    """Bring a lock-in signal to nS: regression of the derivative of the recorded current on the signal.

    Parameters
    ----------
    data : spectral map
        Of the lock-in signal, in any unit.
    current : spectral map, optional
        The current recorded at the same positions and energies; without it the one that the map carries, see
        :func:`didymos.preparing.with_current`.

    Returns
    -------
    xarray.DataArray
        dI/dV in nS, offset and slope of the lock-in corrected.

    Raises
    ------
    InputError
        Where there is no current, the energies are no bias, or the two have nothing to do with each other.

    See Also
    --------
    didymos.core.preparation.calibration.calibration_of : The fit and its standard error.
    """
    spectra = as_map(data)
    flow = current_of(spectra, current, "calibrate")
    volts = energies_of(spectra) * volts_factor(spectra, "calibrate")
    found = calibration_of(joined(answers(spectra, partial(_sums, volts=volts), flow)))
    if not found.significant():
        raise InputError(
            f"calibrate finds no relation of the signal to the derivative of the current ({found.slope:.2g} ± "
            f"{found.error:.2g}, {counted(found.spectra, 'spectrum', 'spectra')}): check both channels"
        )
    nano = 1e9
    result = over_spectra(spectra, partial(_on_line, slope=found.slope * nano, offset=found.offset * nano))
    unit = str(spectra.attrs.get("units", "")) or "1"
    return noted(result, _calibrated(found, unit, nano), units="nS", long_name="dI/dV")


def _sums(values: NDArray[np.float64], flow: NDArray[np.float64], volts: NDArray[np.float64]) -> Sums:
    return sums_of(values, flow, volts)


def _on_line(values: NDArray[np.float64], slope: float, offset: float) -> NDArray[np.float64]:
    return offset + slope * values


def _calibrated(found: Calibration, unit: str, nano: float) -> str:
    """Return the sentence about a calibration, its slope with as many digits as the error has two of."""
    slope, error, offset = found.slope * nano, found.error * nano, found.offset * nano
    place = int(np.floor(np.log10(error))) - 1 if error > 0 else int(np.floor(np.log10(abs(slope)))) - 5
    size = int(np.floor(np.log10(abs(slope))))
    if -4 <= size < 6 and place < 0:
        text = f"{slope:.{-place}f} ± {error:.{-place}f}"
    else:
        digits = max(size - place, 0)
        text = f"({slope / 10.0**size:.{digits}f} ± {error / 10.0**size:.{digits}f})e{size}"
    aside = f", {found.outlying} set aside" if found.outlying else ""
    return (
        f"Calibrated: {text} nS per {unit} of the lock-in, offset {offset:.3g} nS, from "
        f"{counted(found.spectra, 'spectrum', 'spectra')}{aside}."
    )


def normalise(
    data: xr.DataArray | xr.Dataset,
    how: str,
    current: xr.DataArray | None = None,
    *,
    broadening: float | None = None,
    kernel: Kernel = "exponential",
    set_point: float | None = None,
) -> xr.DataArray:
    """Divide every spectrum by what changes from point to point without being of interest.

    Parameters
    ----------
    data : spectral map
    how : {"feenstra", "set-point", "area", "maximum"}
        feenstra: (dI/dV) / (I/V), 1 for an ohmic contact of any conductance; set-point: by the average between zero and
        the bias of the set-point, in whose current the tip was stabilised; area: by the average over all energies;
        maximum: by the largest value.
    current : spectral map, optional
        The recorded current, for feenstra; without it the one that the map carries.
    broadening : float, optional
        For feenstra: width that I/V is broadened by, in the unit of the energies, at least as wide as a gap. A tenth of
        the range where it is not given.
    kernel : {"exponential", "gaussian"}
        Shape of the broadening.
    set_point : float, optional
        Bias of the set-point in the unit of the energies. Where it is not given, that of the file if it lies in the
        sweep, else the end of the range farther from zero.

    Returns
    -------
    xarray.DataArray
        Without unit. A spectrum whose denominator is not positive becomes missing.

    Raises
    ------
    InputError
        Where `how` is unknown, there is no current, or the energies do not reach from zero to the set-point.

    See Also
    --------
    didymos.core.preparation.normalisation.broadened_ratio : The equation of feenstra.
    """
    if how not in NORMALISATIONS[1:]:
        raise InputError(f"normalise is {how!r}; allowed are {', '.join(NORMALISATIONS[1:])}")
    if kernel not in KERNELS:
        raise InputError(f"kernel is {kernel!r}; allowed are {', '.join(KERNELS)}")
    spectra = mark_artefacts(data)
    if how == "feenstra":
        return _feenstra(spectra, current, broadening, kernel)
    energy, units = energies_of(spectra), energy_units(spectra)
    name = str(spectra.attrs.get("long_name", "signal"))
    if how == "maximum":
        return _done(
            spectra, over_spectra(spectra, _by_largest), "each spectrum by its largest value", f"{name} / maximum"
        )
    low, high = float(energy[0]), float(energy[-1])
    what, sentence = "average", "each spectrum by its average over the energies (area)"
    if how == "set-point":
        low, high = _to_set_point(energy, set_point if set_point is not None else _recorded(spectra), units)
        what = "average to the set-point"
        sentence = f"each spectrum by its average from {low:g} to {with_units(high, units)} (set-point)"
    work = partial(_by_average, energy=energy, low=low, high=high)
    return _done(spectra, over_spectra(spectra, work), sentence, f"{name} / {what}")


def _recorded(spectra: xr.DataArray) -> float | None:
    """Return the bias of the set-point that the file gives, in the unit of the energies, where it is in the sweep."""
    recorded = spectra.attrs.get("set_point_bias")
    factor = factor_to(energy_units(spectra), "V")
    energy = energies_of(spectra)
    if factor is None or not isinstance(recorded, int | float | np.number) or not recorded:
        return None
    bias = float(recorded) / factor
    return bias if energy[0] <= bias <= energy[-1] else None


def _to_set_point(energy: NDArray[np.float64], set_point: float | None, units: str) -> tuple[float, float]:
    """Return the energies between zero and the set-point, ascending."""
    first, last = float(energy[0]), float(energy[-1])
    bias = (last if abs(last) >= abs(first) else first) if set_point is None else float(set_point)
    low, high = min(0.0, bias), max(0.0, bias)
    step = np.abs(np.diff(energy)).max() if energy.size > 1 else 0.0
    if low < first - step or high > last + step or not low < high:
        raise InputError(
            f"the set-point of {with_units(bias, units)} asks for energies from {low:g} to {high:g}, the map has "
            f"{first:g} to {last:g}: give a set_point within the sweep, or another normalise"
        )
    return max(low, first), min(high, last)


def _feenstra(
    spectra: xr.DataArray, current: xr.DataArray | None, broadening: float | None, kernel: Kernel
) -> xr.DataArray:
    unit = str(spectra.attrs.get("units", ""))
    siemens = conductance_factor(unit)
    if siemens is None:
        raise InputError(
            f"normalise 'feenstra' needs a conductance, and the map has the unit {unit!r}: calibrate the "
            "lock-in as well"
        )
    flow = current_of(spectra, current, "normalise 'feenstra'")
    factor = volts_factor(spectra, "normalise 'feenstra'")
    energy, units = energies_of(spectra), energy_units(spectra)
    width = float(np.ptp(energy)) / 10 if broadening is None else float(broadening)
    offset = zero_current(sample_of(flow, SAMPLE), energy)
    work = partial(
        _over_ratio, volts=energy * factor, width=width * factor, kernel=kernel, siemens=siemens,
        offset=0.0 if np.isnan(offset) else offset,
    )  # fmt: skip
    removed = "no offset of the current removed, since the sweep does not cross zero" if np.isnan(offset) else (
        f"offset of the current of {offset * 1e12:.3g} pA removed"
    )  # fmt: skip
    sentence = f"(dI/dV) / (I/V), broadened by {with_units(width, units)} ({kernel}), {removed}"
    return _done(spectra, over_spectra(spectra, work, flow), sentence, "(dI/dV) / (I/V)")


def _over_ratio(
    values: NDArray[np.float64],
    flow: NDArray[np.float64],
    volts: NDArray[np.float64],
    width: float,
    kernel: Kernel,
    siemens: float,
    offset: float,
) -> NDArray[np.float64]:
    return values * siemens / broadened_ratio(flow - offset, volts, width, kernel)


def _by_average(
    values: NDArray[np.float64], energy: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    return values / average_between(values, energy, low, high)[:, None]


def _by_largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values / largest(values)[:, None]


def _done(spectra: xr.DataArray, found: xr.DataArray, sentence: str, name: str) -> xr.DataArray:
    """Return a normalised map, with the number of values that were lost where it is in memory."""
    lost = ""
    if not is_lazy(found):
        gone = int((np.isfinite(spectra.values) & ~np.isfinite(found.values)).sum())
        if gone:
            lost = f"; {counted(gone, 'value')} without a positive denominator {'is' if gone == 1 else 'are'} missing"
    return noted(found, f"Normalised: {sentence}{lost}.", units="1", long_name=name)
