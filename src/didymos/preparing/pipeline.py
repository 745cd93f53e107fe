"""All steps of preparing in their order, as the settings say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import overload

import xarray as xr

from didymos.preparing.aligning import align_energies
from didymos.preparing.binning import bin_map
from didymos.preparing.cleaning import despike, smooth, subtract_background
from didymos.preparing.corrupted import mark_artefacts
from didymos.preparing.drifting import correct_drift
from didymos.preparing.heights import level
from didymos.preparing.labelled import as_map
from didymos.preparing.scaling import calibrate_lockin, normalise
from didymos.preparing.selecting import crop, mask
from didymos.preparing.settings import PreparingSettings, preparing_of
from didymos.preparing.units import CURRENT, with_current
from didymos.schema import ENERGY
from didymos.stored.passes import Passes

PREPARED = "prepared_with"
"""The attribute of a map that holds the settings it was prepared with, as JSON."""


@overload
def prepared(
    data: xr.DataArray,
    settings: PreparingSettings | None = None,
    *,
    current: xr.DataArray | None = None,
    spatial: bool = True,
    passes: Passes | None = None,
) -> xr.DataArray: ...
@overload
def prepared(
    data: xr.DataArray | xr.Dataset,
    settings: PreparingSettings | None = None,
    *,
    current: xr.DataArray | None = None,
    spatial: bool = True,
    passes: Passes | None = None,
) -> xr.DataArray | xr.Dataset: ...
def prepared(
    data: xr.DataArray | xr.Dataset,
    settings: PreparingSettings | None = None,
    *,
    current: xr.DataArray | None = None,
    spatial: bool = True,
    passes: Passes | None = None,
) -> xr.DataArray | xr.Dataset:
    """Prepare a map: mask, crop, despike, level, drift, calibrate, align, background, normalise, smooth, bin.

    Corrupted spectra are found before the first of the steps from align on, see
    :func:`didymos.preparing.corrupted.mark_artefacts`.

    Parameters
    ----------
    data : spectral map, or a Dataset with the variable ``spectra``
    settings : PreparingSettings, optional
        The default does nothing.
    current : spectral map, optional
        The recorded current, for calibrate and feenstra; without it the one that the map carries
        (:func:`didymos.preparing.with_current`), or the variable ``current`` of a Dataset.
    spatial : bool
        Whether spectra are compared with their neighbours when corrupted ones are looked for.
    passes : Passes, optional
        Who works on a map that is not in memory.

    Returns
    -------
    xarray.DataArray
        The attribute ``preparation`` says what was done, one sentence a line; ``prepared_with`` holds the settings,
        or a list of them where it was prepared several times.
        Where nothing is asked for, and where the map was prepared with the same settings before, it is the map given.

    Raises
    ------
    InputError
        Where a step cannot be done; the message says what and what to do.
    """
    chosen = settings or PreparingSettings()
    if chosen.nothing or _already(data, chosen):
        return data
    spectra = _with_known_current(data, current)
    if chosen.mask is not None:
        spectra = mask(spectra, chosen.mask)
    spectra = crop(spectra, chosen.crop_x, chosen.crop_y)
    if chosen.despike:
        spectra = despike(spectra)
    if chosen.level != "none":
        spectra = level(spectra, chosen.level)
    if chosen.drift_reference is not None:
        spectra = correct_drift(spectra, chosen.drift_reference)
    if chosen.calibrate:
        spectra = calibrate_lockin(spectra)
    if chosen.changes_values:
        spectra = mark_artefacts(spectra, spatial=spatial, passes=passes)
    spectra = _in_energy(spectra, chosen)
    result = bin_map(spectra.drop_vars(CURRENT, errors="ignore"), chosen.bin_space, chosen.bin_energy)
    result.attrs[PREPARED] = _noted_settings(prepared_before(data), chosen)
    return result


def _in_energy(spectra: xr.DataArray, chosen: PreparingSettings) -> xr.DataArray:
    """Do the steps along the energies."""
    if chosen.align:
        spectra = align_energies(spectra)
    if chosen.background != "none":
        spectra = subtract_background(
            spectra, chosen.background, window=chosen.background_range, width=chosen.background_width
        )
    if chosen.normalise != "none":
        spectra = normalise(
            spectra, chosen.normalise, broadening=chosen.broadening, kernel=chosen.kernel, set_point=chosen.set_point
        )
    return smooth(spectra, chosen.smooth, chosen.smooth_order)


def _with_known_current(data: xr.DataArray | xr.Dataset, current: xr.DataArray | None) -> xr.DataArray:
    """Return a map with its current, where one is known."""
    spectra = as_map(data)
    if current is None and isinstance(data, xr.Dataset) and "current" in data and ENERGY in data["current"].dims:
        current = as_map(data["current"])
    return spectra if current is None else with_current(spectra, as_map(current))


def prepared_before(spectra: xr.DataArray | xr.Dataset) -> tuple[PreparingSettings, ...]:
    """Return the settings that a map was prepared with, one after the other; none where it does not say.

    Settings of another version that this one does not know are left out with all others.
    """
    held = spectra.get("spectra") if isinstance(spectra, xr.Dataset) else spectra
    try:
        return settings_in_turn(str(getattr(held, "attrs", {}).get(PREPARED, "")))
    except ValueError:
        return ()


def settings_in_turn(text: str) -> tuple[PreparingSettings, ...]:
    """Return the settings that ``prepared_with`` names, one after the other.

    Raises
    ------
    ValueError
        Where the text is no JSON; an InputError where it names what this version does not know.
    """
    given = json.loads(text) if text else []
    return tuple(preparing_of(one) for one in (given if isinstance(given, list) else [given]))


def prepared_in_turn(data: xr.DataArray | xr.Dataset, steps: Sequence[PreparingSettings]) -> xr.DataArray | xr.Dataset:
    """Prepare a map with several settings, one after the other, but for those it was prepared with before."""
    before = prepared_before(data)
    known = len(before) if _alike(before, steps[: len(before)]) else 0
    for settings in steps[known:]:
        data = prepared(data, settings)
    return data


def _already(data: xr.DataArray | xr.Dataset, chosen: PreparingSettings) -> bool:
    """Tell whether a map was prepared like this last; its own crop and mask are no matter where none is asked for."""
    before = prepared_before(data)
    return bool(before) and (before[-1] == chosen or before[-1].elsewhere() == chosen)


def _alike(some: Sequence[PreparingSettings], others: Sequence[PreparingSettings]) -> bool:
    return [one.elsewhere() for one in some] == [one.elsewhere() for one in others]


def _noted_settings(before: Sequence[PreparingSettings], chosen: PreparingSettings) -> str:
    """Return what ``prepared_with`` says: the settings, or a list of them."""
    values = [dataclasses.asdict(one) for one in (*before, chosen)]
    return json.dumps(values if len(values) > 1 else values[0])
