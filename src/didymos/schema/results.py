"""The variables and attributes of a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from didymos.schema.names import ENERGY


@dataclass(frozen=True)
class Variable:
    """One variable of a result: its dims (``"space"`` stands for y, x or point) and what it means."""

    dims: tuple[str, ...]
    meaning: str


RESULT_VARIABLES: Mapping[str, Variable] = {
    "spectra": Variable(("space", ENERGY), "the map at the energies analysed, NaN where a value is missing"),
    "topography": Variable(("space",), "height at each point"),
    "energy_shift": Variable(("space",), "energy by which each spectrum was shifted onto the median spectrum"),
    "score": Variable(("space",), "score: 0 like the majority, 1 like the most distinct population"),
    "score_std": Variable(("space",), "standard deviation of the score over the ensemble; NaN without networks"),
    "region": Variable(("space",), "region each point belongs to"),
    "region_probability": Variable(("space", "region_name"), "probability that a point belongs to each region"),
    "kind": Variable(("space",), "kind of minority spectrum: 0 none, 1 the largest"),
    "embedding": Variable(("space", "component"), "embedding of the twin network"),
    "pca": Variable(("space", "mode"), "principal component scores"),
    "pca_spectrum": Variable(("mode", ENERGY), "principal component spectra (unit length)"),
    "explained_variance_ratio": Variable(("mode",), "share of the variance in each principal component"),
    "distance_to_majority": Variable(("space",), "distance of each spectrum from the centre of the majority"),
    "region_spectrum": Variable(("region_name", ENERGY), "average spectrum of each region"),
    "region_spectrum_std": Variable(("region_name", ENERGY), "standard deviation of the spectra of each region"),
    "region_size": Variable(("region_name",), "number of spectra in each region"),
    "kind_spectrum": Variable(("kind_index", ENERGY), "average spectrum of each kind"),
    "kind_size": Variable(("kind_index",), "number of spectra of each kind"),
    "kind_name": Variable(("kind_index",), "name that the examples give to each kind"),
    "phase": Variable(("space",), "phase, a population that covers much of the map: 1 the largest, 0 missing"),
    "phase_spectrum": Variable(("phase_index", ENERGY), "average spectrum of the majority in each phase"),
    "phase_size": Variable(("phase_index",), "number of spectra of each phase"),
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
        ("sweep_offset", "sweep_bin"), "density of pairs of spectra over log(distance + n) for several shifts n"
    ),
    "distance_moments": Variable(("moment",), "mean, sd, skewness and excess kurtosis of the distances of all pairs"),
    "distance_quantile": Variable(("pair_share",), "distance that this share of the pairs does not exceed"),
    "mean_distance": Variable(("space",), "mean distance of each spectrum from all others"),
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
    "distance_to_mean": Variable(("space",), "Euclidean distance of each spectrum from the mean spectrum"),
    "distance_correlation": Variable(
        ("latent_space", "raw_distance_bin", "latent_distance_bin"),
        "number of spectra at each distance from the mean spectrum and from its position in a latent space",
    ),
    "latent_distance": Variable(
        ("latent_space", "latent_distance_bin"), "distance from the position of the mean spectrum"
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
