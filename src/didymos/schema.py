"""What a spectral map and a result are: dims, coordinates, units, masks, validation.

A *spectral map* is an :class:`xarray.DataArray` named ``spectra`` with dims ``("y", "x", "energy")`` (an image) or
``("point", "energy")`` (scattered spectra), float32, energy ascending, missing spectra NaN throughout. Whatever is
known per point (``topography``, ``current`` ...) travels with it as a coordinate without the energy dim.

A *result* is an :class:`xarray.Dataset` that holds the map and everything derived from it under the names in
:data:`RESULT_VARIABLES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import xarray as xr

VERSION = "0.1.0"
ENERGY = "energy"
IMAGE_DIMS = ("y", "x")
POINT_DIMS = ("point",)


class InputError(ValueError):
    """The input or an option is at fault; the message is one line: what came, what is allowed, what to do."""


class Region(IntEnum):
    """The values of the variable ``region``."""

    MISSING = -1
    MAJORITY = 0
    TRANSITION = 1
    MINORITY = 2
    ARTEFACT = 3


SPECTRAL_REGIONS = (Region.MAJORITY, Region.TRANSITION, Region.MINORITY)
"""The regions that have an average spectrum, in the order of the dim ``region_name``."""


@dataclass(frozen=True)
class Variable:
    """One variable of a result: its dims (``"space"`` stands for y, x or point) and what it means."""

    dims: tuple[str, ...]
    meaning: str


RESULT_VARIABLES: Mapping[str, Variable] = {
    "spectra": Variable(("space", ENERGY), "the map as analysed"),
    "topography": Variable(("space",), "height of the tip at each point"),
    "score": Variable(("space",), "twin score: 0 like the majority, 1 like the most distinct population"),
    "score_std": Variable(("space",), "spread of the twin score over the ensemble"),
    "region": Variable(("space",), "region each point belongs to"),
    "region_probability": Variable(("space", "region_name"), "probability that a point belongs to each region"),
    "kind": Variable(("space",), "kind of minority spectrum: 0 none, 1 the largest"),
    "embedding": Variable(("space", "component"), "projected space of the twin network"),
    "pca": Variable(("space", "mode"), "principal component scores"),
    "pca_spectrum": Variable(("mode", ENERGY), "principal component spectra (unit length)"),
    "explained_variance_ratio": Variable(("mode",), "share of the variance in each principal component"),
    "distance_to_majority": Variable(("space",), "distance of each spectrum from the centre of the majority"),
    "region_spectrum": Variable(("region_name", ENERGY), "average spectrum of each region"),
    "region_spectrum_std": Variable(("region_name", ENERGY), "standard deviation of the spectra of each region"),
    "region_size": Variable(("region_name",), "number of spectra in each region"),
    "kind_spectrum": Variable(("kind_index", ENERGY), "average spectrum of each kind"),
    "kind_size": Variable(("kind_index",), "number of spectra of each kind"),
    "defect_x": Variable(("defect",), "position of each defect, a connected group of minority spectra"),
    "defect_y": Variable(("defect",), "position of each defect"),
    "defect_extent": Variable(("defect",), "largest distance between two spectra of each defect"),
    "defect_spectra": Variable(("defect",), "number of spectra of each defect"),
    "defect_kind": Variable(("defect",), "most common kind of each defect"),
    "defect_score": Variable(("defect",), "largest score of each defect"),
    "distance_histogram": Variable(("distance_bin",), "number of pairs of spectra at each distance"),
    "distance_components": Variable(
        ("component", "parameter"), "weight, mean and sd of the two Gaussians fitted to log(distance + offset)"
    ),
    "log_distance_histogram": Variable(("log_distance_bin",), "density of pairs over log(distance + offset)"),
    "log_distance_histogram_std": Variable(
        ("log_distance_bin",), "standard error of log_distance_histogram, 0 where every pair was taken"
    ),
    "log_distance_sweep": Variable(
        ("sweep_offset", "sweep_bin"), "density of pairs of spectra over log(distance + n) for several n"
    ),
    "distance_moments": Variable(("moment",), "mean, sd, skewness and excess kurtosis of the distances of all pairs"),
    "distance_quantile": Variable(("pair_share",), "distance that this share of the pairs does not exceed"),
    "mean_distance": Variable(("space",), "mean distance of each spectrum from all others"),
    "abundance": Variable(("space",), "density of a spectrum's log(distance + offset) at the farther peak"),
    "distance_label": Variable(
        ("space",), "1 where most distances of a spectrum belong to the farther Gaussian, 0 where not, -1 missing"
    ),
    "typical_log_distance_histogram": Variable(
        ("distance_group", "log_distance_bin"), "average density of log(distance + offset) of single spectra, by label"
    ),
    "distance_group_size": Variable(("distance_group",), "number of spectra of each label"),
    "own_log_distance_histogram": Variable(
        ("space", "log_distance_bin"), "density of log(distance + offset) of each spectrum to all others"
    ),
    "distance_to_mean": Variable(("space",), "Euclidean distance of each spectrum from the mean spectrum"),
    "distance_correlation": Variable(
        ("latent_space", "raw_distance_bin", "latent_distance_bin"),
        "number of spectra at each distance from the mean spectrum and from its place in a latent space",
    ),
    "latent_distance": Variable(("latent_space", "latent_distance_bin"), "distance from the mean spectrum's place"),
    "line_share": Variable(
        ("latent_space",), "share of the variance of the latent distance that a line in the raw distance explains"
    ),
    "step_share": Variable(("latent_space",), "share of the variance of the latent distance that two levels explain"),
    "step_index": Variable(("latent_space",), "whether a step (1) or a line (-1) describes the latent distance better"),
    "energy_correlation": Variable((ENERGY, "energy_2"), "correlation of the map at every two energies"),
    "signal_histogram": Variable(("signal_bin", ENERGY), "number of spectra at each signal and energy"),
    "region_distance_histogram": Variable(
        ("region_distance_bin", ENERGY), "number of majority-minority pairs at each difference of signal and energy"
    ),
    "window_start": Variable(("window",), "lower edge of each energy window"),
    "window_stop": Variable(("window",), "upper edge of each energy window"),
    "window_sign": Variable(("window",), "+1 or -1: windows of opposite sign are anticorrelated"),
    "window_strength": Variable(("window",), "mean correlation of the window with the windows of opposite sign"),
    "window_weight_transfer": Variable(("window",), "weight of the minority less that of the majority in the window"),
    "window_weight_transfer_std": Variable(("window",), "standard error of window_weight_transfer"),
    "iso_energy_label": Variable(("space",), "1 above, 0 below the Otsu level of the iso-energy slice"),
    "training_loss": Variable(("network", "member", "step"), "contrastive loss on held-out pairs during training"),
}
"""Every variable that a result may hold."""

RESULT_ATTRIBUTES: Mapping[str, str] = {
    "distinct_population": "1 where a population distinct from the majority was found, else 0",
    "distinct_population_p_value": "probability of such evidence in one smoothly varying population",
    "distance_threshold": "pairs nearer than this count as similar",
    "distance_offset": "n of log(d + n)",
    "distance_peak": "log(d + n) of the farther peak of all pairs",
    "distance_references": "number of spectra that each spectrum was compared with",
    "two_gaussians_gain": "mean log-likelihood per pair of two Gaussians over that of one",
    "two_gaussians_gain_std": "standard error of two_gaussians_gain",
    "two_gaussians_p_value": "share of the draws of one population with long tails whose Gaussians part as far",
    "embedding_agreement": "mean correlation of the embeddings of two members of the ensemble, laid on each other",
    "score_agreement": "mean correlation of the scores of two members of the ensemble",
    "training_notes": "what went wrong in the training, one sentence a line; empty where all went well",
    "metric": "similarity metric",
    "rank": "number of signal components above the noise",
    "settings": "all settings as JSON",
    "didymos_version": "version that wrote the result",
    "input_file": "name of the input file",
    "input_sha256": "SHA-256 of the input file",
    "seed": "seed of the random numbers",
    "created": "date and time (ISO 8601, UTC)",
}
"""Every global attribute that a result holds."""


def spectral_map(
    spectra: ArrayLike,
    energy: ArrayLike,
    *,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    energy_units: str = "mV",
    signal_units: str = "",
    signal_name: str = "signal",
    length_units: str | None = None,
    coords: Mapping[str, tuple[ArrayLike, str]] | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.DataArray:
    """Build a spectral map from plain arrays.

    Parameters
    ----------
    spectra : array_like, shape (y, x, energy) or (point, energy)
        The spectra; NaN where a value is missing.
    energy : array_like, shape (energy,)
        Energies in `energy_units`, strictly ascending or descending.
    x, y : array_like, optional
        Positions in `length_units` (default metres): of the columns and rows of an image, or of each point. Without
        them the index is the position, its unit is "pixel".
    energy_units, signal_units : str
        Units of the energies and of the spectra.
    signal_name : str
        What was measured, as axis label ("dI/dV").
    length_units : str, optional
        Unit of `x` and `y`.
    coords : mapping of name to (array, units), optional
        Values per point, shape (y, x) or (point,), such as ``topography``.
    attrs : mapping, optional
        Attributes to keep with the map.

    Returns
    -------
    xarray.DataArray
        A validated spectral map, float32, energy ascending.

    Raises
    ------
    InputError
        Where shapes do not agree or the energies are not monotonic.
    """
    values = np.asarray(spectra)
    if values.ndim not in (2, 3):
        raise InputError(
            f"spectra have {values.ndim} dimensions; allowed are (y, x, energy) or (point, energy): reshape them"
        )
    space = IMAGE_DIMS if values.ndim == 3 else POINT_DIMS
    units = length_units or ("pixel" if x is None and y is None else "m")
    sizes = (values.shape[0], values.shape[1] if values.ndim == 3 else values.shape[0])
    positions = {
        name: np.arange(size, dtype=float) if given is None else np.asarray(given, dtype=float)
        for name, given, size in (("y", y, sizes[0]), ("x", x, sizes[1]))
    }
    import xarray as xr  # half a second that who only needs arrays is spared

    array = xr.DataArray(values, dims=(*space, ENERGY), name="spectra")
    array.attrs.update({"units": signal_units, "long_name": signal_name, **(attrs or {})})
    array = _with_coordinate(array, ENERGY, (ENERGY,), np.asarray(energy, dtype=float), energy_units)
    for name, position in positions.items():
        array = _with_coordinate(array, name, (name,) if values.ndim == 3 else POINT_DIMS, position, units)
    for name, (per_point, unit) in (coords or {}).items():
        array = _with_coordinate(array, name, space, np.asarray(per_point), unit)
    return validate_map(array)


def _with_coordinate(
    array: xr.DataArray, name: str, dims: tuple[str, ...], values: NDArray[Any], units: str
) -> xr.DataArray:
    needed = tuple(array.sizes[dim] for dim in dims)
    if values.shape != needed:
        raise InputError(
            f"the coordinate {name!r} of shape {values.shape} does not fit spectra of shape {array.shape}: "
            f"give it the shape {needed}"
        )
    return array.assign_coords({name: (dims, values, {"units": units})})


def validate_map(array: xr.DataArray) -> xr.DataArray:
    """Check a spectral map and put it into the standard form: float32, energy last and ascending, named ``spectra``.

    Parameters
    ----------
    array : xarray.DataArray
        With the dims (y, x, energy) or (point, energy) in any order.

    Returns
    -------
    xarray.DataArray
        The same map in standard form; spectra with any non-finite value keep their finite values.

    Raises
    ------
    InputError
        Where a dim is missing, the spectra are not real numbers or the energies are not strictly monotonic.
    """
    allowed = ({*IMAGE_DIMS, ENERGY}, {*POINT_DIMS, ENERGY})
    if set(array.dims) not in allowed:
        raise InputError(
            f"a map has dims {tuple(map(str, array.dims))}; allowed are ('y', 'x', 'energy') or ('point', 'energy'): "
            "rename or select them"
        )
    if ENERGY not in array.coords:
        raise InputError("a map has no energy coordinate: assign one with its units, for example in mV")
    if array.dtype.kind not in "fiu":
        remedy = "take the real part or the magnitude" if array.dtype.kind == "c" else "convert them"
        raise InputError(f"spectra are of type {array.dtype}; allowed are real numbers: {remedy} first")
    array = array.transpose(*space_dims(array), ENERGY)
    energy = np.asarray(array[ENERGY].values, dtype=float)
    step = np.diff(energy)
    if not np.isfinite(energy).all() or not (np.all(step > 0) or np.all(step < 0)):
        raise InputError("the energies are not strictly ascending or descending: sort them and drop repeated ones")
    if energy.size > 1 and step[0] < 0:
        array = array.isel({ENERGY: slice(None, None, -1)})
    return array.astype(np.float32).rename("spectra")


def space_dims(data: xr.DataArray | xr.Dataset) -> tuple[str, ...]:
    """Return the spatial dims of a map or result: ``("y", "x")`` or ``("point",)``."""
    return POINT_DIMS if "point" in data.dims else IMAGE_DIMS


def is_image(data: xr.DataArray | xr.Dataset) -> bool:
    """Tell whether the spectra lie on a regular grid (dims y, x)."""
    return space_dims(data) == IMAGE_DIMS


def region_attributes() -> dict[str, Any]:
    """Return the CF attributes of the variable ``region``."""
    return {
        "flag_values": np.array([int(flag) for flag in Region], dtype=np.int8),
        "flag_meanings": " ".join(flag.name.lower() for flag in Region),
    }


def missing_points(array: xr.DataArray) -> NDArray[np.bool_]:
    """Return which spectra have no finite value at all, shape (y, x) or (point,)."""
    missing: NDArray[np.bool_] = ~np.isfinite(array.values).any(axis=-1)
    return missing
