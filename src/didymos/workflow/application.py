"""A trained model on another map."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.numeric.rows import Spectra
from didymos.io.blocks import is_lazy
from didymos.preparing.completion import Completed, completed
from didymos.preparing.labelled import NOTES
from didymos.preparing.pipeline import prepared_in_turn, settings_in_turn
from didymos.preparing.settings import PreparingSettings
from didymos.schema import ENERGY, VERSION, InputError
from didymos.schema.given import check_kind
from didymos.schema.positions import positions_of
from didymos.stored.spectra import StoredSpectra
from didymos.twin.model import TwinModel
from didymos.workflow.assembly import add_map, add_region_probability, add_regions, add_scores
from didymos.workflow.dataset import Assembly
from didymos.workflow.maps import as_map, check_map, read_otherwise
from didymos.workflow.points import points_from
from didymos.workflow.regions import by_score, regions_of

SMALLEST_OVERLAP = 0.999
"""Share of the model's energy range that a map must cover."""


def apply(model: TwinModel, data: xr.DataArray | xr.Dataset) -> xr.Dataset:
    """Score a map with a model that was trained on another one.

    Parameters
    ----------
    model : TwinModel
    data : spectral map
        It is prepared as the first map was, but for its crop, mask and reference of the drift, and its energies are
        interpolated to those of the model where they differ.

    Returns
    -------
    xarray.Dataset
        ``spectra``, ``score``, ``score_std``, ``region``, ``region_probability``, ``distance_to_majority``, and where
        there are any, ``embedding`` and topography. Without a distinct population in the training
        no region is minority.

    Raises
    ------
    InputError
        Where the map does not cover the model's energies or has other units.
    """
    if isinstance(model, str | os.PathLike):
        raise InputError(f"apply needs a TwinModel; a path came: load it with didymos.load_model({os.fspath(model)!r})")
    check_kind(model, TwinModel, "apply", "give the model first, then the map: apply(model, map)")
    check_map(data, "apply")
    spectra = as_map(prepared_in_turn(data, preparing_for(model)))
    positions = positions_of(spectra)
    points = points_from(_at_energies_of(model, spectra, positions), positions, fewest=1)
    assembly = Assembly(points, str(model.about.get("metric", "robust")))
    add_map(assembly)
    add_scores(assembly, model)
    # the neighbourhood of a defect on another map is not known: the score alone gives the region
    probability = by_score(model.regions, assembly.usable("score"))
    add_regions(assembly, regions_of(probability))
    add_region_probability(assembly, probability)
    notes = (*read_otherwise(spectra, read_before(model)), *by_hand(model, spectra), *points.notes)
    assembly.result.attrs.update(
        {
            "metric": str(model.about.get("metric", "")),
            "similarity": str(model.about.get("similarity", "")),
            "score_source": model.score_source,
            "rank": model.metric.rank,
            "preparation_notes": "\n".join(notes),
            "settings": str(model.about.get("settings", "{}")),
            "didymos_version": VERSION,
            "input_file": str(points.map.attrs.get("input_file", "")),
            "input_sha256": str(points.map.attrs.get("input_sha256", "")),
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
    )
    return assembly.result


def read_before(model: TwinModel) -> dict[str, object]:
    """Return how the map of a model was read from its file; nothing where the model does not say."""
    given = model.about.get("read")
    return dict(given) if isinstance(given, dict) else {}


def preparing_for(model: TwinModel) -> tuple[PreparingSettings, ...]:
    """Return how a map is prepared for a model: as the first one was, without what names places of that one.

    The first map may have been prepared by the settings of its analysis, or before, or both.

    Raises
    ------
    InputError
        Where the model was prepared in a way that this version does not know.
    """
    try:
        steps = settings_in_turn(str(model.about.get("prepared_with", "")))
    except InputError:
        raise
    except ValueError:
        raise InputError("the model does not say how its map was prepared: train it again") from None
    return tuple(settings.elsewhere() for settings in steps)


def by_hand(model: TwinModel, spectra: xr.DataArray) -> tuple[str, ...]:
    """Return a warning where the map of a model was prepared step by step, which nobody repeats, and a map was not."""
    before = str(model.about.get("preparation", ""))
    if not before or model.about.get("prepared_with") or spectra.attrs.get(NOTES):
        return ()
    steps = ", ".join(dict.fromkeys(line.split(":")[0] for line in before.splitlines()))
    return (f"The map of the model was prepared step by step ({steps}) and this one was not: prepare it in the same "
            "way, or the scores mean little.",)  # fmt: skip


def _at_energies_of(model: TwinModel, spectra: xr.DataArray, positions: NDArray[np.float64]) -> Completed:
    """Fill the gaps of a map at its own energies, then bring it to those of the model.

    Parameters
    ----------
    model : TwinModel
    spectra : spectral map
    positions : array, shape (n_points, 2)

    Returns
    -------
    Completed
    """
    needed = slice(*_beside(np.asarray(spectra[ENERGY].values, dtype=float), model.energy))
    cropped = spectra.isel({ENERGY: needed})
    if is_lazy(cropped):
        cropped = cropped.chunk({ENERGY: -1})
    found = completed(cropped, positions, choose=False)
    resampled = resample(cropped.where(np.isfinite(cropped)), model)
    values = _resampled_values(found, model)
    # a spectrum with gaps that were not filled has gaps at any energies
    whole = found.known == found.values.shape[1]
    known = np.where(whole, values.shape[1], np.minimum(found.known, values.shape[1] - 1))
    return replace(found, map=resampled, values=values, known=known)


def _resampled_values(found: Completed, model: TwinModel) -> Spectra:
    """Return the filled spectra at the energies of a model."""
    if not isinstance(found.values, StoredSpectra):
        filled = resample(found.map.copy(data=found.values[:].reshape(found.map.shape)), model)
        return np.ascontiguousarray(filled.values).reshape(found.values.shape[0], -1)
    energy = found.map[ENERGY]
    # what linear interpolation makes of the value at every single energy
    ones = xr.DataArray(np.eye(len(energy)), dims=("point", ENERGY), coords={ENERGY: energy}, attrs=found.map.attrs)
    weights = np.asarray(resample(ones, model).values)
    if weights.shape[0] == weights.shape[1] and np.array_equal(weights, np.eye(len(weights))):
        return found.values
    return replace(found.values, weights=weights)


def _beside(energy: NDArray[np.float64], wanted: NDArray[np.float64]) -> tuple[int, int]:
    """Return the range of the energies between which those of a model lie; all where they do not overlap."""
    margin = 1e-6 * np.ptp(wanted)
    first = max(int(np.searchsorted(energy, wanted[0] + margin, side="right")) - 1, 0)
    stop = min(int(np.searchsorted(energy, wanted[-1] - margin, side="left")) + 1, len(energy))
    return (first, stop) if stop - first >= 2 else (0, len(energy))


def resample(spectra: xr.DataArray, model: TwinModel) -> xr.DataArray:
    """Bring a map to the energies of the model by linear interpolation.

    Parameters
    ----------
    spectra : spectral map
    model : TwinModel

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where units differ or the map does not cover the model's energies.
    """
    for what, found in (
        ("energy_units", spectra[ENERGY].attrs.get("units", "")),
        ("signal_units", spectra.attrs.get("units", "")),
    ):
        expected = model.about.get(what, found)
        if found != expected:
            raise InputError(
                f"the map has {what.replace('_', ' ')} {found!r}, the model {expected!r}: convert the map or train anew"
            )
    energy = np.asarray(spectra[ENERGY].values, dtype=float)
    wanted = model.energy
    if energy.shape == wanted.shape and np.allclose(energy, wanted, rtol=0, atol=1e-6 * np.ptp(wanted)):
        return spectra
    covered = min(energy[-1], wanted[-1]) - max(energy[0], wanted[0])
    if covered < SMALLEST_OVERLAP * np.ptp(wanted):
        raise InputError(
            f"the map spans {energy[0]:g} to {energy[-1]:g}, the model needs {wanted[0]:g} to {wanted[-1]:g}: "
            "measure that range or train on the range both have (energy_range)"
        )
    inside = np.clip(wanted, energy[0], energy[-1])
    resampled = spectra.interp({ENERGY: inside}).assign_coords({ENERGY: (ENERGY, wanted, spectra[ENERGY].attrs)})
    resampled.attrs.update(spectra.attrs)
    return resampled
