"""The variables and attributes of a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from didymos.schema.names import ENERGY

SIGNAL, ENERGY_UNIT, LENGTH, HEIGHT, DISTANCE, WEIGHT = "signal", "energy", "length", "height", "distance", "weight"
NUMBER, TEXT, LATENT, SECONDS, MEGABYTES = "1", "", "arb. units", "s", "MB"
"""Kinds of units; those of the first line depend on the map, the others are the units themselves."""


@dataclass(frozen=True)
class Variable:
    """One variable of a result: its dims (``"space"`` stands for y, x or point), what it means, its kind of unit."""

    dims: tuple[str, ...]
    meaning: str
    unit: str = NUMBER


OF_THE_MAP = ("topography", "energy_shift", "saturated", "artefact")
"""Variables per point that belong to the map and not to what was found in it."""
RESULT_VARIABLES: Mapping[str, Variable] = {
    "spectra": Variable(("space", ENERGY), "the map at the energies analysed, NaN where a value is missing", SIGNAL),
    "topography": Variable(("space",), "height at each point", HEIGHT),
    "energy_shift": Variable(
        ("space",), "energy by which each spectrum was shifted onto the median spectrum", ENERGY_UNIT
    ),
    "saturated": Variable(("space",), "1 where a spectrum was clipped in a channel that it is computed from"),
    "artefact": Variable(("space",), "what was wrong with each spectrum before it was prepared: a sum of flags"),
    "score": Variable(("space",), "score: 0 like the majority, 1 like the most distinct population"),
    "score_std": Variable(("space",), "standard deviation of the score over the ensemble; NaN without networks"),
    "region": Variable(("space",), "region each point belongs to"),
    "region_probability": Variable(("space", "region_name"), "probability that a point belongs to each region"),
    "kind": Variable(("space",), "kind of minority spectrum: 0 none, 1 the largest"),
    "embedding": Variable(("space", "component"), "embedding of the twin network"),
    "pca": Variable(("space", "mode"), "principal component scores", SIGNAL),
    "pca_spectrum": Variable(("mode", ENERGY), "principal component spectra (unit length)"),
    "explained_variance_ratio": Variable(("mode",), "share of the variance in each principal component"),
    "distance_to_majority": Variable(("space",), "distance of each spectrum from the centre of the majority", DISTANCE),
    "region_spectrum": Variable(("region_name", ENERGY), "average spectrum of each region", SIGNAL),
    "region_spectrum_std": Variable(
        ("region_name", ENERGY), "standard deviation of the spectra of each region", SIGNAL
    ),
    "region_size": Variable(("region_name",), "number of spectra in each region"),
    "kind_spectrum": Variable(("kind_index", ENERGY), "average spectrum of each kind", SIGNAL),
    "kind_size": Variable(("kind_index",), "number of spectra of each kind"),
    "kind_name": Variable(("kind_index",), "name that the examples give to each kind", TEXT),
    "phase": Variable(("space",), "phase, a population that covers much of the map: 1 the largest, 0 missing"),
    "phase_spectrum": Variable(("phase_index", ENERGY), "average spectrum of the majority in each phase", SIGNAL),
    "phase_size": Variable(("phase_index",), "number of spectra of each phase"),
    "defect_x": Variable(("defect",), "position of each defect, a connected group of minority spectra", LENGTH),
    "defect_y": Variable(("defect",), "position of each defect", LENGTH),
    "defect_extent": Variable(("defect",), "largest distance between two spectra of each defect", LENGTH),
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
        ("sweep_offset", "sweep_bin"), "density of pairs of spectra over log(distance + n) for several shifts n"
    ),
    "distance_moments": Variable(
        ("moment",), "mean, sd, skewness and excess kurtosis of the distances of all pairs", DISTANCE
    ),
    "distance_quantile": Variable(("pair_share",), "distance that this share of the pairs does not exceed", DISTANCE),
    "mean_distance": Variable(("space",), "mean distance of each spectrum from all others", DISTANCE),
    "abundance": Variable(
        ("space",), "density of a spectrum's log(distance + offset) at the peak of the component of large distances"
    ),
    "distance_label": Variable(
        ("space",),
        "1 where most distances of a spectrum belong to the component of large distances, 0 where not, -1 missing",
    ),
    "typical_log_distance_histogram": Variable(
        ("distance_group", "log_distance_bin"), "average density of log(distance + offset) of single spectra, by label"
    ),
    "distance_group_size": Variable(("distance_group",), "number of spectra of each label"),
    "own_log_distance_histogram": Variable(
        ("space", "log_distance_bin"), "density of log(distance + offset) of each spectrum to all others"
    ),
    "distance_to_mean": Variable(("space",), "Euclidean distance of each spectrum from the mean spectrum", SIGNAL),
    "distance_correlation": Variable(
        ("latent_space", "raw_distance_bin", "latent_distance_bin"),
        "number of spectra at each distance from the mean spectrum and from its position in a latent space",
    ),
    "latent_distance": Variable(
        ("latent_space", "latent_distance_bin"), "distance from the position of the mean spectrum", LATENT
    ),
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
    "window_start": Variable(("window",), "lower edge of each energy window", ENERGY),
    "window_stop": Variable(("window",), "upper edge of each energy window", ENERGY),
    "window_sign": Variable(("window",), "+1 or -1: windows of opposite sign are anticorrelated"),
    "window_strength": Variable(("window",), "mean correlation of the window with the windows of opposite sign"),
    "window_weight_transfer": Variable(
        ("window",), "weight of the minority less that of the majority in the window", WEIGHT
    ),
    "window_weight_transfer_std": Variable(("window",), "standard error of window_weight_transfer", WEIGHT),
    "iso_energy_label": Variable(("space",), "1 above, 0 below the Otsu level of the iso-energy slice"),
    "training_loss": Variable(("network", "member", "step"), "contrastive loss on held-out pairs during training"),
}
"""Every variable that a result may hold."""

COORDINATES: Mapping[str, Variable] = {
    "x": Variable(("x",), "x", LENGTH),
    "y": Variable(("y",), "y", LENGTH),
    ENERGY: Variable((ENERGY,), "energy", ENERGY_UNIT),
    "energy_2": Variable(("energy_2",), "energy", ENERGY_UNIT),
    "component": Variable(("component",), "number of a component, of the embedding or of two Gaussians"),
    "embedding_component": Variable(("embedding_component",), "number of a component of the embedding"),
    "region_name": Variable(("region_name",), "name of a region", TEXT),
    "mode": Variable(("mode",), "number of a principal component"),
    "kind_index": Variable(("kind_index",), "number of a kind"),
    "phase_index": Variable(("phase_index",), "number of a phase"),
    "defect": Variable(("defect",), "number of a defect"),
    "distance_bin": Variable(("distance_bin",), "distance of two spectra", DISTANCE),
    "log_distance_bin": Variable(("log_distance_bin",), "log(distance + offset)"),
    "parameter": Variable(("parameter",), "parameter of a Gaussian", TEXT),
    "moment": Variable(("moment",), "moment of the distances; skewness and kurtosis are numbers", TEXT),
    "pair_share": Variable(("pair_share",), "share of the pairs"),
    "sweep_offset": Variable(("sweep_offset",), "shift of the logarithm, n", DISTANCE),
    "sweep_bin": Variable(("sweep_bin",), "log(distance + n)"),
    "distance_group": Variable(("distance_group",), "group by distance", TEXT),
    "latent_space": Variable(("latent_space",), "name of a latent space", TEXT),
    "raw_distance_bin": Variable(("raw_distance_bin",), "distance from the mean spectrum", SIGNAL),
    "signal_bin": Variable(("signal_bin",), "signal", SIGNAL),
    "region_distance_bin": Variable(("region_distance_bin",), "difference of the signal", SIGNAL),
    "network": Variable(("network",), "name of a twin network", TEXT),
    "member": Variable(("member",), "number of a member of the ensemble"),
    "step": Variable(("step",), "steps of the training"),
    "algorithm": Variable(("algorithm",), "name of a method", TEXT),
    "group": Variable(("group",), "number of a group, 1 the largest"),
    "latent_component": Variable(("latent_component",), "number of a component of the latent space"),
    "linkage": Variable(("linkage",), "name of an agglomerative method", TEXT),
    "merge_field": Variable(("merge_field",), "what a column of merges holds", TEXT),
    "order": Variable(("order",), "number of clusters after a split"),
}
"""Every coordinate that a result or a comparison may have."""

RESULT_ATTRIBUTES: Mapping[str, str] = {
    "distinct_population": "1 where a population distinct from the majority was detected, else 0",
    "distinct_population_p_value": "probability of such evidence in one smoothly varying population",
    "similarity": "where the similarity of pairs comes from: evidence, threshold or examples",
    "score_source": "twin networks, or distance where no network was trained",
    "distance_threshold": "pairs nearer than this count as similar",
    "distance_offset": "shift of the logarithm, n",
    "distance_peak": "log(d + n) at the peak of the component of large distances",
    "distance_references": "number of spectra that each spectrum was compared with",
    "two_gaussians_gain": "mean log-likelihood per pair of two Gaussians, above the value of one Gaussian",
    "two_gaussians_gain_std": "standard error of two_gaussians_gain",
    "two_gaussians_p_value": "share of the draws of one population with long tails whose Gaussians part as far",
    "embedding_agreement": "mean correlation of the embeddings of two members of the ensemble, aligned",
    "score_agreement": "mean correlation of the scores of two members of the ensemble",
    "training_notes": "problems of the training, one sentence a line; empty without problems",
    "preparation_notes": "preparation, what was left out or filled, points that lie unevenly: one sentence a line",
    "noise_notes": "how the noise depends on energy, signal and spectrum: one sentence a line",
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
