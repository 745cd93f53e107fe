"""The result: every array of an analysis under the names and with the attributes of the schema."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.energies.energy_correlation import energy_correlation, energy_windows, weight_transfer
from didymos.core.energies.energy_histogram import region_distance_histogram, region_mean_and_std, signal_histogram
from didymos.core.energies.iso_energy import choose_energy, otsu_level, segment
from didymos.core.numeric.principal_components import principal_components
from didymos.schema import (
    ENERGY,
    RESULT_VARIABLES,
    SPECTRAL_REGIONS,
    InputError,
    Region,
    region_attributes,
)
from didymos.twin.ensemble import Ensemble
from didymos.twin.storage import TwinModel
from didymos.workflow.dataset import Assembly
from didymos.workflow.defects import add_defects
from didymos.workflow.distance_variables import add_distance_correlation, add_pairs, pair_attributes
from didymos.workflow.points import Points
from didymos.workflow.settings import Settings
from didymos.workflow.steps import Distances, Regions

PCA_MODES = 20


def assemble(
    points: Points,
    settings: Settings,
    distances: Distances,
    model: TwinModel,
    ensembles: tuple[Ensemble, Ensemble],
    regions: Regions,
) -> xr.Dataset:
    """Put everything that an analysis found into one Dataset.

    Parameters
    ----------
    points, settings, distances, model, ensembles, regions
        What the steps of :func:`didymos.workflow.analysis.run` gave.

    Returns
    -------
    xarray.Dataset
        A result, see :data:`didymos.schema.RESULT_VARIABLES`.
    """
    assembly = Assembly(points)
    add_map(assembly)
    add_scores(assembly, model)
    add_regions(assembly, regions.region)
    add_region_probability(assembly, regions.probability)
    assembly.add("kind", points.spread(regions.kind, points.usable, 0, np.int16))
    add_principal_components(assembly)
    add_spectra_of_regions(assembly, regions)
    add_defects(assembly, regions.region, regions.kind)
    add_pairs(assembly, distances.pairs)
    mean = model.predict(assembly.moments.mean[np.newaxis])[0][0]
    add_distance_correlation(assembly, distances.pairs, {"twin network": (assembly.usable("embedding"), mean)})
    add_energies(assembly, regions)
    add_iso_energy(assembly, settings)
    add_training(assembly, ensembles)
    assembly.result.attrs.update(_attributes(points, settings, distances, regions, model))
    assembly.result.attrs.update(_training_attributes(ensembles, distances))
    return assembly.result


def add_map(assembly: Assembly) -> None:
    """Add the spectra with their attributes and the topography where there is one."""
    source = assembly.points.map
    assembly.add("spectra", source.values)
    assembly.result["spectra"].attrs.update(source.attrs)
    if "topography" in source.coords and source.coords["topography"].dims == assembly.space:
        topography = source.coords["topography"]
        assembly.add("topography", topography.values, **{**topography.attrs, "long_name": "Topography"})


def add_scores(assembly: Assembly, model: TwinModel) -> None:
    """Add score, its spread, embedding and distance of every spectrum without a gap."""
    points = assembly.points
    embedding, score, spread, distance = model.predict(points.values[points.finite])
    assembly.add("score", points.spread(score, points.finite))
    assembly.add("score_std", points.spread(spread, points.finite))
    assembly.add("distance_to_majority", points.spread(distance, points.finite))
    components = embedding.shape[1]
    values = points.spread(embedding, points.finite)
    if components == 2:
        assembly.add("embedding", values)
        assembly.coordinate("component", [1, 2])
    else:
        # the two Gaussians own the dim `component` of length two
        dims = (*assembly.space, "embedding_component")
        assembly.result["embedding"] = (dims, values, {"long_name": RESULT_VARIABLES["embedding"].meaning})
        assembly.coordinate("embedding_component", np.arange(1, components + 1))


def add_regions(assembly: Assembly, region: NDArray[np.int8]) -> None:
    """Add the regions of the usable points, shape (n_usable,), and which points are spoiled or missing."""
    points = assembly.points
    everywhere = np.full(len(points.values), Region.ARTEFACT, dtype=np.int8)
    everywhere[points.usable] = region
    everywhere[points.missing] = Region.MISSING
    assembly.add("region", everywhere.reshape(points.map.shape[:-1]), **region_attributes())


def add_region_probability(assembly: Assembly, probability: NDArray[np.float64]) -> None:
    """Add the probability of every region at the usable points, shape (n_usable, 3)."""
    points = assembly.points
    assembly.add("region_probability", points.spread(probability, points.usable))
    assembly.coordinate("region_name", [region.name.lower() for region in SPECTRAL_REGIONS])


def add_principal_components(assembly: Assembly) -> None:
    """Add scores, spectra and explained variance of the principal components of the spectra as they are."""
    points = assembly.points
    usable = points.values[points.usable]
    modes = min(PCA_MODES, usable.shape[1], len(usable))
    components = principal_components(assembly.moments, modes)
    units = str(points.map.attrs.get("units", ""))
    assembly.add("pca", points.spread(components.scores(points.values[points.finite]), points.finite), units=units)
    assembly.add("pca_spectrum", components.spectra)
    assembly.add("explained_variance_ratio", components.variance_ratio[:modes])
    assembly.coordinate("mode", np.arange(1, modes + 1))


def add_spectra_of_regions(assembly: Assembly, regions: Regions) -> None:
    """Add the average spectra of regions and kinds (the paper, Fig. 8a)."""
    points = assembly.points
    usable = points.values[points.usable]
    units = {"units": str(points.map.attrs.get("units", ""))}
    averages = [region_mean_and_std(usable, regions.region, region) for region in SPECTRAL_REGIONS]
    assembly.add("region_spectrum", np.stack([mean for mean, _ in averages]), **units)
    assembly.add("region_spectrum_std", np.stack([spread for _, spread in averages]), **units)
    assembly.add("region_size", [int((regions.region == region).sum()) for region in SPECTRAL_REGIONS])
    kinds = range(1, int(regions.kind.max(initial=0)) + 1)
    means = [region_mean_and_std(usable, regions.kind, kind)[0] for kind in kinds]
    assembly.add("kind_spectrum", np.reshape(means, (len(kinds), usable.shape[1])), **units)
    assembly.add("kind_size", np.array([int((regions.kind == kind).sum()) for kind in kinds], dtype=np.int64))
    assembly.coordinate("kind_index", np.array(kinds, dtype=np.int64))


def add_energies(assembly: Assembly, regions: Regions) -> None:
    """Add what is resolved in energy: histogram, differences of regions, correlation, windows (Figs. 2b, 8b, 8c)."""
    points = assembly.points
    usable = points.values[points.usable]
    majority, minority = (usable[regions.region == region] for region in (Region.MAJORITY, Region.MINORITY))
    signal = {"units": str(points.map.attrs.get("units", ""))}
    edges, counts = signal_histogram(usable)
    assembly.add("signal_histogram", counts)
    assembly.coordinate("signal_bin", (edges[1:] + edges[:-1]) / 2, **signal)
    edges, counts = region_distance_histogram(majority, minority)
    assembly.add("region_distance_histogram", counts)
    assembly.coordinate("region_distance_bin", (edges[1:] + edges[:-1]) / 2, **signal)
    correlation = energy_correlation(assembly.moments.covariance)
    assembly.add("energy_correlation", correlation.astype(np.float32))
    energy_attrs = dict(points.map[ENERGY].attrs)
    assembly.coordinate("energy_2", points.energy, **energy_attrs)
    windows = energy_windows(correlation, points.energy, spectra=len(usable))
    moved = np.array([weight_transfer(majority, minority, points.energy, window) for window in windows]).reshape(-1, 2)
    units = f"{signal['units']} {energy_attrs.get('units', '')}".strip()
    assembly.add("window_start", [window.start for window in windows], **energy_attrs)
    assembly.add("window_stop", [window.stop for window in windows], **energy_attrs)
    assembly.add("window_sign", np.array([window.sign for window in windows], dtype=np.int8))
    assembly.add("window_strength", np.array([window.strength for window in windows], dtype=float))
    assembly.add("window_weight_transfer", moved[:, 0], units=units)
    assembly.add("window_weight_transfer_std", moved[:, 1], units=units)
    for name in ("window_start", "window_stop"):
        assembly.result[name].attrs["long_name"] = RESULT_VARIABLES[name].meaning


def check_iso_energy(points: Points, settings: Settings) -> None:
    """Refuse an iso-energy outside the map, before any work is done."""
    low, high = points.energy[[0, -1]]
    if settings.iso_energy != "auto" and not low <= settings.iso_energy <= high:
        raise InputError(f"iso_energy is {settings.iso_energy}; the map spans {low:g} to {high:g}")


def add_iso_energy(assembly: Assembly, settings: Settings) -> None:
    """Add the simple reference: an iso-energy slice cut at its Otsu level (the paper, Fig. 2a)."""
    points = assembly.points
    energy = points.energy
    if settings.iso_energy == "auto":
        index = choose_energy(points.values[points.usable])
    else:
        index = int(np.abs(energy - settings.iso_energy).argmin())
    level = otsu_level(points.values[points.usable, index])
    label = segment(points.values[points.finite, index], level)
    attrs = {"energy": float(energy[index]), "level": float(level)}
    assembly.add("iso_energy_label", points.spread(label, points.finite, -1, np.int8), **attrs)


def add_training(assembly: Assembly, ensembles: tuple[Ensemble, Ensemble]) -> None:
    """Add the held-out loss of both twins over the training, NaN after a twin has stopped."""
    losses = [ensemble.trained.loss for ensemble in ensembles]
    stretches = max(loss.shape[1] for loss in losses)
    table: NDArray[np.float32] = np.full((2, len(losses[0]), stretches), np.nan, dtype=np.float32)
    for row, loss in zip(table, losses, strict=True):
        row[:, : loss.shape[1]] = loss
    assembly.add("training_loss", table)
    assembly.coordinate("network", ["embedding", "score"])
    assembly.coordinate("member", np.arange(1, table.shape[1] + 1))
    assembly.coordinate("step", np.arange(1, stretches + 1) * ensembles[0].trained.steps)


def _attributes(
    points: Points, settings: Settings, distances: Distances, regions: Regions, model: TwinModel
) -> dict[str, Any]:
    first, second = (np.nan, np.nan) if regions.model is None else regions.model.thresholds
    return {
        **pair_attributes(points, settings, distances.pairs),
        "distinct_population": int(regions.model is not None),
        "distinct_population_p_value": regions.population.p_value,
        "score_threshold_majority": first,
        "score_threshold_minority": second,
        "reference_member": model.reference + 1,
    }


def _training_attributes(ensembles: tuple[Ensemble, Ensemble], distances: Distances) -> dict[str, Any]:
    first, second = ensembles
    # without a population the second twin has nothing to tell apart, and nothing went wrong
    told = [("embedding", first.notes), ("score", second.notes if distances.population.distinct else ())]
    return {
        "embedding_agreement": first.mean_agreement,
        "score_agreement": second.mean_agreement,
        "training_notes": "\n".join(f"{name}: {note}" for name, notes in told for note in notes),
    }
