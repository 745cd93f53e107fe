"""What a result holds about the distances between spectra (the paper, Figs. 4 and 5)."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.core.latent.distance_correlation import correlate_distances, distance_to_mean, log_distance_correlation
from didymos.core.numeric.lengths import distance_to
from didymos.core.pairs import abundance
from didymos.core.pairs.mixture import gain_standard_error, log_histogram
from didymos.core.pairs.settings import MixtureSettings
from didymos.schema import VERSION
from didymos.workflow.dataset import Assembly
from didymos.workflow.features import Features
from didymos.workflow.pair_distances import Pairs
from didymos.workflow.points import Points
from didymos.workflow.settings import Settings

DISTANCE_BINS = 256
SWEEP_BINS = (400, 10_000)
"""Fewest and most."""
BINS_IN_A_CURVE = 40
SHARES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
Space = tuple[NDArray[np.floating], NDArray[np.floating]]
"""All spectra and the mean spectrum in a latent space."""
PCA_PLANE = 2
"""Principal components of the paper's latent space."""


def add_pairs(assembly: Assembly, pairs: Pairs, offsets: tuple[float, ...] | None = None) -> None:
    """Add the histograms of the pair distances, the fitted Gaussians and what each spectrum's own histogram says."""
    statistics, mixture = pairs.statistics, pairs.mixture
    histogram = statistics.histogram
    edges = np.linspace(0.0, histogram.edges[-1], DISTANCE_BINS + 1)
    assembly.add("distance_histogram", histogram.rebin(edges))
    assembly.coordinate("distance_bin", (edges[1:] + edges[:-1]) / 2)
    log_edges, counts = log_histogram(histogram, mixture.offset)
    width = np.diff(log_edges)
    assembly.add("log_distance_histogram", counts / (counts.sum() * width))
    assembly.add("log_distance_histogram_std", statistics.share(log_edges, mixture.offset)[1] / width)
    assembly.coordinate("log_distance_bin", (log_edges[1:] + log_edges[:-1]) / 2)
    assembly.add("distance_components", np.stack([mixture.weight, mixture.mean, mixture.sd], axis=1))
    assembly.coordinate("parameter", ["weight", "mean", "sd"])
    if "component" not in assembly.result.coords:
        assembly.coordinate("component", [1, 2])
    assembly.add("distance_moments", histogram.moments())
    assembly.coordinate("moment", ["mean", "sd", "skewness", "kurtosis"])
    assembly.add("distance_quantile", [histogram.quantile(share) for share in SHARES])
    assembly.coordinate("pair_share", SHARES)
    _add_sweep(assembly, pairs, offsets)
    _add_each_spectrum(assembly, pairs, log_edges)


def usual_distance(pairs: Pairs) -> float:
    """Return the median distance of two spectra, the largest one where half of the pairs are identical."""
    histogram = pairs.statistics.histogram
    return histogram.quantile(0.5) or float(histogram.edges[-1])


def _add_sweep(assembly: Assembly, pairs: Pairs, offsets: tuple[float, ...] | None) -> None:
    """Add the histograms of log(d + n) for several n over one axis (Fig. 4b)."""
    histogram = pairs.statistics.histogram
    usual = usual_distance(pairs)
    multiples = MixtureSettings().multiples
    values = np.array(offsets if offsets is not None else [multiple * usual for multiple in multiples])
    near, far = histogram.quantile(1e-4), histogram.edges[-1]
    low, high = np.log(near + values.min()), np.log(far + values.max())
    # where all distances are the same, or n covers them, a curve has no width
    high, narrowest = max(high, low + 1e-9), max(high - np.log(near + values.max()), 1e-9)
    edges = np.linspace(low, high, int(np.clip(BINS_IN_A_CURVE * (high - low) / narrowest, *SWEEP_BINS)) + 1)
    counts = np.stack([histogram.rebin(edges, float(offset)) for offset in values])
    assembly.add("log_distance_sweep", counts / (max(histogram.pairs, 1) * np.diff(edges)))
    assembly.coordinate("sweep_offset", values)
    assembly.coordinate("sweep_bin", (edges[1:] + edges[:-1]) / 2)


def _add_each_spectrum(assembly: Assembly, pairs: Pairs, log_edges: NDArray[np.float64]) -> None:
    """Add what the histogram of each spectrum's own distances says (Fig. 4d)."""
    points, statistics, mixture = assembly.points, pairs.statistics, pairs.mixture
    labels = abundance.label(abundance.farther_share(statistics, mixture))
    assembly.add("abundance", points.spread(abundance.abundance(statistics, mixture), points.usable))
    assembly.add("distance_label", points.spread(labels, points.usable, -1, np.int8))
    assembly.add("mean_distance", points.spread(statistics.mean_distance, points.usable))
    typical = abundance.typical_histograms(statistics, labels, log_edges, mixture.offset)
    assembly.add("typical_log_distance_histogram", typical)
    assembly.add("distance_group_size", [int((labels == each).sum()) for each in abundance.LABELS])
    assembly.coordinate("distance_group", ["majority", "minority"])


def add_own_histograms(assembly: Assembly, pairs: Pairs) -> None:
    """Add the histogram of log(d + n) of every spectrum over the bins of all pairs."""
    statistics, offset = pairs.statistics, pairs.mixture.offset
    edges = log_histogram(statistics.histogram, offset)[0]
    counts = statistics.log_histogram(edges, offset)
    number = statistics.counts.sum(axis=1, dtype=np.int64)
    counts[:, 0] += number - counts.sum(axis=1)  # as for all pairs, the very near ones are in the first bin
    density = counts / (number[:, np.newaxis] * np.diff(edges))
    assembly.add("own_log_distance_histogram", assembly.points.spread(density, assembly.points.usable))


def add_distance_correlation(
    assembly: Assembly,
    pairs: Pairs,
    latent_spaces: dict[str, Space] | None = None,
) -> None:
    """Add the distances from the mean spectrum against those in latent spaces (Figs. 5 and 6).

    Parameters
    ----------
    assembly : Assembly
    pairs : Pairs
    latent_spaces : dict of str to (array, array), shapes (n_usable, n_components) and (n_components,)
        Spectra and mean spectrum in other spaces than the principal components and the logarithm of the distance,
        whose n is the same multiple of the median distance from the mean as it is of the median pair distance.
    """
    points = assembly.points
    spectra = points.spectra
    in_memory = isinstance(spectra, np.ndarray)
    raw = distance_to_mean(spectra[:]) if in_memory else distance_to(spectra, assembly.moments.mean)
    scores = assembly.usable("pca")[:, :PCA_PLANE]
    # the offset in the units of the raw distance: the same multiple of the usual one
    multiple = pairs.mixture.offset / usual_distance(pairs)
    found = {
        "principal components": correlate_distances(raw, distance_to_mean(scores)),
        "log-rescaled": log_distance_correlation(raw, multiple * float(np.median(raw) or raw.max())),
    }
    for name, (space, origin) in (latent_spaces or {}).items():
        found[name] = correlate_distances(raw, np.linalg.norm(space - origin, axis=1))
    every = list(found.values())
    assembly.add("distance_to_mean", points.spread(raw, points.usable))
    assembly.add("distance_correlation", np.stack([each.counts for each in every]))
    assembly.add("latent_distance", np.stack([_middle(each.latent_edges) for each in every]))
    for name in ("line_share", "step_share", "step_index"):
        assembly.add(name, np.array([getattr(each, name) for each in every]))
    assembly.coordinate("latent_space", list(found))
    assembly.coordinate("raw_distance_bin", _middle(every[0].raw_edges))


def pair_attributes(points: Points, settings: Settings, features: Features, pairs: Pairs) -> dict[str, Any]:
    """Return the attributes of a result that say where it comes from and how spectra were compared."""
    source, statistics = points.map.attrs, pairs.statistics
    others = len(statistics.counts) - 1 if statistics.references is None else len(statistics.references)
    return {
        "distance_threshold": pairs.threshold,
        "distance_offset": pairs.mixture.offset,
        "distance_peak": abundance.farther_peak(statistics.histogram, pairs.mixture),
        "distance_pairs": statistics.histogram.pairs,
        "distance_references": others,
        "two_gaussians_gain": pairs.mixture.log_likelihood_gain,
        "two_gaussians_gain_std": gain_standard_error(statistics, pairs.mixture),
        **({} if pairs.one_population is None else {"two_gaussians_p_value": pairs.one_population.p_value}),
        "preparation_notes": "\n".join(points.notes),
        "noise_notes": "\n".join(features.notes),
        "metric": settings.metric,
        "rank": features.metric.rank,
        "settings": settings.to_json(),
        "didymos_version": VERSION,
        "input_file": str(source.get("input_file", "")),
        "input_sha256": str(source.get("input_sha256", "")),
        "seed": settings.seed,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _middle(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return (edges[1:] + edges[:-1]) / 2
