"""The result: every array of an analysis under the names and with the attributes of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.energies.energy_correlation import energy_correlation, energy_windows, weight_transfer, window_weights
from didymos.core.energies.energy_histogram import region_distance_histogram, signal_histogram
from didymos.core.energies.iso_energy import choose_energy, otsu_level, segment
from didymos.core.numeric.rows import column, in_memory, selected
from didymos.io.saturation import SATURATED
from didymos.preparing.labelled import MARK
from didymos.schema import (
    ENERGY,
    RESULT_VARIABLES,
    SPECTRAL_REGIONS,
    InputError,
    Region,
    region_attributes,
)
from didymos.schema.results import ENERGY_UNIT, SIGNAL
from didymos.twin.ensemble.members import Ensemble
from didymos.twin.model import Prediction, TwinModel
from didymos.workflow.averages import add_averages
from didymos.workflow.dataset import Assembly
from didymos.workflow.defects import add_defects
from didymos.workflow.distance_variables import Space, add_distance_correlation, add_pairs, pair_attributes
from didymos.workflow.evidence import Evidence
from didymos.workflow.features import Features
from didymos.workflow.pair_distances import describe_pairs
from didymos.workflow.points import Points
from didymos.workflow.progress import Report, silent
from didymos.workflow.regions import Regions
from didymos.workflow.settings import Settings
from didymos.workflow.similarity import PairSimilarity
from didymos.workflow.twins import Twins

PCA_MODES = 20
NETWORKS = ("embedding", "score")


@dataclass(frozen=True)
class Steps:
    """What the five steps of an analysis gave, and the regions."""

    points: Points
    features: Features
    evidence: Evidence
    similarity: PairSimilarity
    twins: Twins
    regions: Regions


def assemble(steps: Steps, settings: Settings, report: Report = silent) -> xr.Dataset:
    """Put everything that an analysis found into one Dataset, with what describes the map beside it.

    Parameters
    ----------
    steps : Steps
    settings : Settings
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.

    Returns
    -------
    xarray.Dataset
        A result, see :data:`didymos.schema.RESULT_VARIABLES`.
    """
    points, features, twins, regions = steps.points, steps.features, steps.twins, steps.regions
    assembly = Assembly(points, settings.metric)
    add_map(assembly)
    add_scores(assembly, twins.model, twins.prediction)
    add_regions(assembly, regions.region)
    add_region_probability(assembly, regions.probability)
    assembly.add("kind", points.spread(regions.kind, points.usable, 0, np.int16))
    add_principal_components(assembly)
    add_averages(assembly, regions, steps.evidence.phase)
    add_defects(assembly, regions.region, regions.kind)
    pairs = steps.similarity.pairs or describe_pairs(features, settings, report)
    add_pairs(assembly, pairs)
    add_distance_correlation(assembly, pairs, _latent_spaces(assembly, twins.model))
    add_energies(assembly, regions)
    add_iso_energy(assembly, settings)
    if twins.ensembles:
        add_training(assembly, twins.ensembles)
    assembly.result.attrs.update(pair_attributes(points, settings, features, pairs))
    assembly.result.attrs.update(evidence_attributes(steps.evidence) | learning_attributes(steps))
    return assembly.result


def _latent_spaces(assembly: Assembly, model: TwinModel) -> dict[str, Space]:
    """Return the embedding and the mean spectrum in it, where there is one."""
    mean = model.predict(assembly.moments.mean[np.newaxis]).embedding
    return {} if mean is None else {"twin network": (assembly.usable("embedding"), mean[0])}


def add_map(assembly: Assembly) -> None:
    """Add the spectra with their attributes, and the topography and the shifts in energy where there are any."""
    source = assembly.points.map
    assembly.add("spectra", source.data)
    assembly.result["spectra"].attrs.update(source.attrs)
    if "topography" in source.coords and source.coords["topography"].dims == assembly.space:
        topography = source.coords["topography"]
        assembly.add("topography", topography.values, **{**topography.attrs, "long_name": "Topography"})
    if "energy_shift" in source.coords:
        shift = source.coords["energy_shift"]
        assembly.add("energy_shift", shift.values, units=shift.attrs.get("units", ""))
    for name in (SATURATED, MARK):
        if name in source.coords:
            marks = source.coords[name]
            assembly.add(name, marks.values.astype(np.int8), **marks.attrs)


def add_scores(assembly: Assembly, model: TwinModel, usable: Prediction | None = None) -> None:
    """Add score, its spread, distance and, from networks, embedding of every spectrum without a gap.

    Parameters
    ----------
    assembly : Assembly
    model : TwinModel
    usable : Prediction, optional
        What the model predicts for the usable spectra, where that is known.
    """
    points = assembly.points
    rest = points.finite if usable is None else points.finite & ~points.usable
    parts = [(rest, model.predict(points.of(rest)))] if rest.any() else []
    if usable is not None:
        parts.append((points.usable, usable))

    def spread(name: str) -> NDArray[np.float32]:
        values = np.full((len(rest), *getattr(parts[0][1], name).shape[1:]), np.nan, dtype=np.float32)
        for where, part in parts:
            values[where] = getattr(part, name)
        return values.reshape(*points.map.shape[:-1], *values.shape[1:])

    assembly.add("score", spread("score"))
    assembly.add("score_std", spread("score_std"))
    assembly.add("distance_to_majority", spread("distance"))
    if model.networks is None:
        return
    values = spread("embedding")
    components = values.shape[-1]
    if components == 2:
        assembly.add("embedding", values)
        assembly.coordinate("component", [1, 2])
    else:
        # the two Gaussians own the dim `component` of length two
        dims = (*assembly.space, "embedding_component")
        attrs = {"long_name": RESULT_VARIABLES["embedding"].meaning, "units": "1"}
        assembly.result["embedding"] = (dims, values, attrs)
        assembly.coordinate("embedding_component", np.arange(1, components + 1))


def add_regions(assembly: Assembly, region: NDArray[np.int8]) -> None:
    """Add the regions of the usable points, shape (n_usable,), and which points are corrupted or missing."""
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
    modes = min(PCA_MODES, *points.spectra.shape)
    components = assembly.components(modes)
    assembly.add("pca", points.spread(components.scores(points.of(points.finite)), points.finite))
    assembly.add("pca_spectrum", components.spectra)
    assembly.add("explained_variance_ratio", components.variance_ratio[:modes])
    assembly.coordinate("mode", np.arange(1, modes + 1))


def add_energies(assembly: Assembly, regions: Regions) -> None:
    """Add what is resolved in energy: histogram, differences of regions, correlation, windows (Figs. 2b, 8b, 8c)."""
    points = assembly.points
    usable = points.spectra
    inside = [regions.region == region for region in (Region.MAJORITY, Region.MINORITY)]
    edges, counts = signal_histogram(usable)
    assembly.add("signal_histogram", counts)
    assembly.coordinate("signal_bin", (edges[1:] + edges[:-1]) / 2)
    majority, minority = (in_memory(selected(usable, one)) for one in inside)
    edges, counts = region_distance_histogram(majority, minority)
    assembly.add("region_distance_histogram", counts)
    assembly.coordinate("region_distance_bin", (edges[1:] + edges[:-1]) / 2)
    correlation = energy_correlation(assembly.moments.covariance)
    assembly.add("energy_correlation", correlation.astype(np.float32))
    assembly.coordinate("energy_2", points.energy, **points.map[ENERGY].attrs)
    windows = energy_windows(correlation, points.energy, spectra=len(usable))
    weights = [window_weights(usable, points.energy, windows)[one].T for one in inside]
    moved = np.array([weight_transfer(*pair) for pair in zip(*weights, strict=True)]).reshape(-1, 2)
    assembly.add("window_start", [window.start for window in windows])
    assembly.add("window_stop", [window.stop for window in windows])
    assembly.add("window_sign", np.array([window.sign for window in windows], dtype=np.int8))
    assembly.add("window_strength", np.array([window.strength for window in windows], dtype=float))
    assembly.add("window_weight_transfer", moved[:, 0])
    assembly.add("window_weight_transfer_std", moved[:, 1])


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
        index = choose_energy(in_memory(points.spectra))
    else:
        index = int(np.abs(energy - settings.iso_energy).argmin())
    of_energy = column(points.values, index)
    level = otsu_level(of_energy[points.usable])
    label = segment(of_energy[points.finite], level)
    attrs = {
        "energy": float(energy[index]),
        "energy_units": assembly.unit(ENERGY_UNIT),
        "level": float(level),
        "level_units": assembly.unit(SIGNAL),
    }
    assembly.add("iso_energy_label", points.spread(label, points.finite, -1, np.int8), **attrs)


def add_training(assembly: Assembly, ensembles: tuple[Ensemble, ...]) -> None:
    """Add the held-out loss of the twins over the training, NaN after a twin has stopped."""
    losses = [ensemble.trained.loss for ensemble in ensembles]
    stretches = max(loss.shape[1] for loss in losses)
    table: NDArray[np.float32] = np.full((len(losses), len(losses[0]), stretches), np.nan, dtype=np.float32)
    for row, loss in zip(table, losses, strict=True):
        row[:, : loss.shape[1]] = loss
    assembly.add("training_loss", table)
    assembly.coordinate("network", NETWORKS[: len(losses)])
    assembly.coordinate("member", np.arange(1, table.shape[1] + 1))
    assembly.coordinate("step", np.arange(1, stretches + 1) * ensembles[0].trained.steps)


def evidence_attributes(evidence: Evidence) -> dict[str, Any]:
    """Return what an analysis says about a distinct population, by the names of the attributes."""
    return {"distinct_population": int(evidence.distinct), "distinct_population_p_value": evidence.p_value}


def learning_attributes(steps: Steps) -> dict[str, Any]:
    """Return what is known of similarity, score and training, by the names of the attributes."""
    model, regions = steps.twins.model, steps.regions
    first, second = (np.nan, np.nan) if regions.model is None else regions.model.thresholds
    attributes = {
        "similarity": steps.similarity.source,
        "score_source": model.score_source,
        "score_threshold_majority": first,
        "score_threshold_minority": second,
        "training_notes": "",
    }
    if model.networks is None:
        return attributes
    named = list(zip(NETWORKS, steps.twins.ensembles, strict=False))
    return {
        **attributes,
        "reference_member": model.networks.reference + 1,
        **{f"{name}_agreement": ensemble.mean_agreement for name, ensemble in named},
        "training_notes": "\n".join(f"{name}: {note}" for name, ensemble in named for note in ensemble.notes),
    }
