"""Every figure with its title, its caption, and what a result must hold for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import xarray as xr
from matplotlib.figure import Figure

from didymos.io.blocks import any_finite
from didymos.plots import captions
from didymos.plots.distances import distance_statistics
from didymos.plots.histogram import signal_histogram
from didymos.plots.latent import embedding, scree_and_latent
from didymos.plots.latent_distances import distance_correlation
from didymos.plots.pairs import abundance, distance_sweep
from didymos.plots.reference import iso_energy, score_against_truth
from didymos.plots.regions import kind_map, phase_map, region_map
from didymos.plots.score import score_map, score_uncertainty
from didymos.plots.sheets import Panels, detached, figure_of
from didymos.plots.spectra import kind_spectra, region_spectra
from didymos.plots.training import training_loss
from didymos.plots.transfer import weight_transfer
from didymos.schema.given import is_dataset, no_result


@dataclass(frozen=True)
class FigureEntry:
    """One figure of the catalogue.

    Attributes
    ----------
    draw : callable
        The function that draws it from a result and returns its axes.
    title : str
        What it is, in a few words.
    caption : callable
        From a result to a few sentences on how to read it.
    alternative : str
        What is seen, for readers who cannot see it.
    needs : tuple of str
        Variables without which it is left out; each must hold at least one number.
    positive : tuple of str
        Variables that must hold a value above zero besides.
    several : tuple of str
        Variables that must hold a value above one besides.
    """

    draw: Callable[[xr.Dataset], Panels]
    title: str
    caption: Callable[[xr.Dataset], str]
    alternative: str
    needs: tuple[str, ...]
    positive: tuple[str, ...] = ()
    several: tuple[str, ...] = ()

    def figure(self, result: xr.Dataset) -> Figure:
        """Return the figure of a result, which pyplot does not know: it is to be written, not shown."""
        with detached():
            return figure_of(self.draw(result))

    def can_draw(self, result: xr.Dataset) -> bool:
        """Return whether a result holds what the figure shows."""
        known = all(name in result and _has_numbers(result[name]) for name in self.needs)
        over = [*((name, 0) for name in self.positive), *((name, 1) for name in self.several)]
        return known and all(name in result and bool((result[name] > least).any()) for name, least in over)


def _has_numbers(data: xr.DataArray) -> bool:
    return data.size > 0 and any_finite(data)


FIGURES: Mapping[str, FigureEntry] = {
    "score_map": FigureEntry(
        score_map,
        "Map of the score",
        captions.score_map,
        "Two maps: the score in colour, and the topography or the mean signal in grey with the regions marked.",
        ("score", "region", "spectra"),
    ),
    "region_map": FigureEntry(
        region_map,
        "Regions",
        captions.region_map,
        "Map in which every point has the colour of its region.",
        ("region", "spectra"),
    ),
    "kind_map": FigureEntry(
        kind_map,
        "Kinds of minority spectra",
        captions.kind_map,
        "Map in which the points of the minority have the colour of their kind.",
        ("kind", "region", "spectra"),
        ("kind",),
    ),
    "phase_map": FigureEntry(
        phase_map,
        "Phases",
        captions.phase_map,
        "Map in which every point has the colour of its phase.",
        ("phase", "region", "spectra"),
        several=("phase",),
    ),
    "score_uncertainty": FigureEntry(
        score_uncertainty,
        "Agreement of the networks",
        captions.score_uncertainty,
        "Map of the standard deviation of the score, and this deviation plotted against the score.",
        ("score", "score_std", "spectra"),
    ),
    "region_spectra": FigureEntry(
        region_spectra,
        "Average spectra of the regions",
        captions.region_spectra,
        "Average signal against energy, one curve for each region, with bands of one standard deviation.",
        ("region_spectrum", "spectra"),
    ),
    "kind_spectra": FigureEntry(
        kind_spectra,
        "Average spectra of the kinds",
        captions.kind_spectra,
        "Average signal against energy, one curve for each kind of minority spectrum and one for the majority.",
        ("kind_spectrum", "spectra"),
    ),
    "signal_histogram": FigureEntry(
        signal_histogram,
        "All spectra",
        captions.signal_histogram,
        "Density of all spectra over energy and signal in grey, with the averages of the regions as lines.",
        ("signal_histogram", "spectra"),
    ),
    "scree_and_latent": FigureEntry(
        scree_and_latent,
        "Principal components",
        captions.scree_and_latent,
        "Left the share of the variance in each principal component, right the scores of the first two as dots.",
        ("pca", "explained_variance_ratio", "region"),
    ),
    "distance_statistics": FigureEntry(
        distance_statistics,
        "Distances between all pairs of spectra",
        captions.distance_statistics,
        "Histograms of pair distances: linear counts, logarithmic counts, and over the logarithm of the distance.",
        ("distance_histogram", "log_distance_histogram", "distance_components"),
    ),
    "distance_sweep": FigureEntry(
        distance_sweep,
        "Logarithms of the distances",
        captions.distance_sweep,
        "Distributions of log(d + n) over all pairs, one curve above the other for growing n, the chosen n thick.",
        ("log_distance_sweep",),
        ("log_distance_sweep",),
    ),
    "abundance": FigureEntry(
        abundance,
        "Groups by distance",
        captions.abundance,
        "Map of the density of large distances of each spectrum, and the typical histogram of each group by distance.",
        ("abundance", "typical_log_distance_histogram"),
    ),
    "distance_correlation": FigureEntry(
        distance_correlation,
        "Distances in latent spaces",
        captions.distance_correlation,
        "For each latent space, density of spectra over the distances from the mean in the data and in that space.",
        ("distance_correlation", "latent_distance"),
        ("distance_correlation",),
    ),
    "embedding": FigureEntry(
        embedding,
        "Embedding of the twin network",
        captions.embedding,
        "Every spectrum as a dot in the plane of the embedding, coloured by its score.",
        ("embedding", "score"),
    ),
    "training_loss": FigureEntry(
        training_loss,
        "Training loss",
        captions.training_loss,
        "Contrastive loss against training step, one falling curve for each twin network.",
        ("training_loss",),
    ),
    "weight_transfer": FigureEntry(
        weight_transfer,
        "Transfer of spectral weight",
        captions.weight_transfer,
        "Panels over a common energy axis: differences of the signal, weight moved per window, correlation matrix.",
        ("energy_correlation", "spectra"),
    ),
    "iso_energy": FigureEntry(
        iso_energy,
        "Segmentation at a single energy",
        captions.iso_energy,
        "Map of the signal at one energy beside the score map, the points above a level marked in both.",
        ("iso_energy_label", "score", "spectra"),
    ),
    "score_against_truth": FigureEntry(
        score_against_truth,
        "Score against truth",
        captions.score_against_truth,
        "Map of the true defect amplitude of a simulation, and the score of every point against it.",
        ("truth_amplitude", "score", "spectra"),
    ),
}
"""The figures by name, in the order in which they are read. The report and the export of files share this list."""


def available(result: xr.Dataset) -> dict[str, FigureEntry]:
    """Return the figures that a result can show, in order.

    Parameters
    ----------
    result : xarray.Dataset
        A result.

    Returns
    -------
    dict of str to FigureEntry
        The entries of :data:`FIGURES` whose variables are there.
    """
    if not is_dataset(result):
        raise no_result(result, "available")
    return {name: entry for name, entry in FIGURES.items() if entry.can_draw(result)}
