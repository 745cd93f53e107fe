"""Every figure of a comparison and of one of its methods, with title, caption, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from didymos.plots import captions
from didymos.plots.catalogue import FigureEntry
from didymos.plots.comparison import compared_surface, has_truth, method_group_map, method_score_map
from didymos.plots.comparison_groups import method_dendrogram, method_spectra, method_split_sizes
from didymos.plots.comparison_overview import comparison_overview
from didymos.plots.comparison_plane import distance_correlations, method_distance_correlation, method_plane


def _surface(comparison: xr.Dataset) -> str:
    ground = "The topography" if "topography" in comparison else "The signal averaged over all energies"
    outlined = ", with the true defects outlined." if has_truth(comparison) else "."
    return f"{ground} of the surface that all methods were given{outlined}"


def _overview(comparison: xr.Dataset) -> str:
    coloured = "truth" if has_truth(comparison) else "group"
    return (
        "One row for each method: its score over the surface (bright is unusual; colours from the 0.5 to the 99.5 % "
        f"quantile of each method's own score), the plane of its latent space with the spectra coloured by {coloured}, "
        "and their distance from the mean spectrum in the data (across) and to the method (up)."
    )


def _score_map(one: xr.Dataset) -> str:
    outlined = " True defects are outlined." if has_truth(one) else ""
    return (
        "How unusual the method finds each spectrum. Only the order counts: every method has a scale of its own, and "
        f"the colours run from the 0.5 to the 99.5 % quantile of this one.{outlined}"
    )


def _group_map(one: xr.Dataset) -> str:
    outlined = " True defects are outlined." if has_truth(one) else ""
    return (
        "The group to which the method assigns each spectrum; group 1 is the largest, numbers in parentheses count "
        f"spectra. Groups say nothing on their own about what is a defect.{outlined}"
    )


def _plane(one: xr.Dataset) -> str:
    centres = "group_centre" in one and bool(one["group_centre"].notnull().any())
    drawn = " Crosses are the centres of the groups, lines the boundaries between them." if centres else ""
    if not has_truth(one):
        return f"Every spectrum as a dot in the plane of the method, coloured by its group.{drawn}"
    return (
        f"Every spectrum as a dot in the plane of the method, (a) coloured by its group, (b) by the truth.{drawn} "
        "Where (b) shows one cloud without a gap, no boundary in this plane separates the defects."
    )


def _spectra(one: xr.Dataset) -> str:
    return (
        "Averages over the spectra of each of the largest groups; numbers in parentheses count them. A method that "
        "divides a continuous variation gives averages that differ only gradually."
    )


def _dendrogram(one: xr.Dataset) -> str:
    return (
        "The last clusters that merge, and the height at which they do; below, the number of spectra in each cluster. "
        "Few large clusters that merge far up would be distinct kinds of spectra."
    )


def _split_sizes(one: xr.Dataset) -> str:
    return (
        "Going down the tree, each split makes one more cluster; drawn is the number of spectra in the smaller part. "
        "Splits that cut off single spectra all the way show outliers, not groups."
    )


COMPARISON_FIGURES: Mapping[str, FigureEntry] = {
    "surface": FigureEntry(
        compared_surface,
        "The surface",
        _surface,
        "Map of the surface in grey; where the defects are known they are outlined.",
        ("spectra",),
    ),
    "overview": FigureEntry(
        comparison_overview,
        "All methods at a glance",
        _overview,
        "Three small panels for each method: map of the score, latent plane, and distance correlation.",
        ("method_score", "spectra"),
    ),
    "distance-correlations": FigureEntry(
        distance_correlations,
        "Distances to each method",
        captions.distance_correlation,
        "For each method, density of spectra over the distances from the mean in the data and in its latent space.",
        ("distance_correlation", "latent_distance"),
        ("distance_correlation",),
    ),
}
"""Figures of a whole comparison by name."""

METHOD_FIGURES: Mapping[str, FigureEntry] = {
    "score-map": FigureEntry(
        method_score_map,
        "Score",
        _score_map,
        "Map of the surface coloured by the score of the method, dark for ordinary and bright for unusual spectra.",
        ("method_score", "spectra"),
    ),
    "group-map": FigureEntry(
        method_group_map,
        "Groups",
        _group_map,
        "Map of the surface in which every point has the colour of its group.",
        ("method_label", "spectra"),
        ("method_label",),
    ),
    "plane": FigureEntry(
        method_plane,
        "Latent plane",
        _plane,
        "Every spectrum as a dot in the first two latent components, coloured by group and, where known, by truth.",
        ("latent", "method_label"),
    ),
    "spectra": FigureEntry(
        method_spectra,
        "Average spectra of the groups",
        _spectra,
        "Average signal against energy, one curve for each of the largest groups.",
        ("group_spectrum", "spectra"),
    ),
    "distance-correlation": FigureEntry(
        method_distance_correlation,
        "Distances to the method",
        captions.distance_correlation,
        "Density of spectra over the distance from the mean in the data, across, and in the latent space, up.",
        ("distance_correlation", "latent_distance"),
        ("distance_correlation",),
    ),
    "dendrogram": FigureEntry(
        method_dendrogram,
        "Upper end of the tree",
        _dendrogram,
        "Tree of the last clusters over the height at which they merge, with the number of spectra in each below.",
        ("merges", "leaf_size"),
    ),
    "split-sizes": FigureEntry(
        method_split_sizes,
        "Sizes of the splits",
        _split_sizes,
        "Number of spectra in the smaller part of each split, against the number of clusters, logarithmic.",
        ("split_size",),
        ("split_size",),
    ),
}
"""Figures of one method of a comparison (:func:`didymos.plots.of_method`) by name."""
