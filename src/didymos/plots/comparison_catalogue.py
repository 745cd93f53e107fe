"""Every figure of a comparison and of one of its methods, with title, caption, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from didymos.plots import captions
from didymos.plots.catalogue import FigureEntry
from didymos.plots.comparison import compared_surface, has_truth, method_group_map, method_score_map
from didymos.plots.comparison_groups import method_dendrogram, method_spectra, method_split_sizes
from didymos.plots.comparison_plane import distance_correlations, method_distance_correlation, method_plane
from didymos.plots.comparison_sheet import comparison_overview


def _surface(comparison: xr.Dataset) -> str:
    ground = captions.ground(comparison)
    outlined = ", with the true defects outlined." if has_truth(comparison) else "."
    return f"{ground}, the same map for all methods{outlined}"


def _overview(comparison: xr.Dataset) -> str:
    coloured = "truth" if has_truth(comparison) else "group"
    return (
        "One row for each method. Left is the score, bright for unusual spectra, with colours from the 0.5 to the "
        "99.5 % quantile of each score. In the middle is the plane of the latent space, with the spectra coloured by "
        f"{coloured}. Right is the distance from the mean spectrum, in the data (across) and in the latent space (up)."
    )


def _score_map(one: xr.Dataset) -> str:
    outlined = " True defects are outlined." if has_truth(one) else ""
    return (
        "Score of each spectrum, high for unusual spectra. Every method has a scale of its own, so only the order has "
        f"a meaning. Colours run from the 0.5 to the 99.5 % quantile of the score.{outlined}"
    )


def _group_map(one: xr.Dataset) -> str:
    outlined = " True defects are outlined." if has_truth(one) else ""
    return (
        "The group to which the method assigns each spectrum. Group 1 is the largest. Numbers in parentheses count "
        f"spectra. A group is not necessarily a kind of defect.{outlined}"
    )


def _plane(one: xr.Dataset) -> str:
    centres = "group_centre" in one and bool(one["group_centre"].notnull().any())
    drawn = " Crosses are the centres of the groups. Lines are the boundaries between groups." if centres else ""
    if not has_truth(one):
        return f"Every spectrum as a dot in the plane of the method, coloured by its group.{drawn}"
    return (
        f"Every spectrum as a dot in the plane of the method, (a) coloured by its group, (b) by the truth.{drawn} "
        "Where (b) shows one cloud without a gap, no boundary in this plane separates the defects."
    )


def _spectra(one: xr.Dataset) -> str:
    return (
        "Averages over the spectra of each of the largest groups. Numbers in parentheses count spectra. A method that "
        "divides a continuous variation gives averages that differ only gradually."
    )


def _dendrogram(one: xr.Dataset) -> str:
    return (
        "The last clusters that merge, over the height of the merge. Numbers below count the spectra in each cluster. "
        "Distinct kinds of spectra would form a few large clusters that merge at a large height."
    )


def _split_sizes(one: xr.Dataset) -> str:
    return (
        "Number of spectra in the smaller part of each split of the tree, from the top down. A long row of splits that "
        "separate single spectra shows outliers, not groups."
    )


COMPARISON_FIGURES: Mapping[str, FigureEntry] = {
    "surface": FigureEntry(
        compared_surface,
        "The map",
        _surface,
        "Map of the topography or the mean signal in grey, with known defects outlined.",
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
        "Distances in each latent space",
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
        "Map of the score of the method, dark for ordinary and bright for unusual spectra.",
        ("method_score", "spectra"),
    ),
    "group-map": FigureEntry(
        method_group_map,
        "Groups",
        _group_map,
        "Map in which every point has the colour of its group.",
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
        "Distances in the latent space",
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
