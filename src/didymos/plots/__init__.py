"""Figures: each function draws what a result holds and returns a matplotlib figure; nothing is computed here."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.plots.catalogue import FIGURES, FigureEntry, available
    from didymos.plots.comparison import compared_surface, method_group_map, method_score_map, of_method
    from didymos.plots.comparison_catalogue import COMPARISON_FIGURES, METHOD_FIGURES
    from didymos.plots.comparison_groups import method_dendrogram, method_spectra, method_split_sizes
    from didymos.plots.comparison_plane import distance_correlations, method_distance_correlation, method_plane
    from didymos.plots.comparison_sheet import comparison_overview, thumbnail
    from didymos.plots.distances import distance_statistics
    from didymos.plots.export import rendered, save_figure, save_figures
    from didymos.plots.histogram import signal_histogram
    from didymos.plots.latent import embedding, scree_and_latent
    from didymos.plots.latent_distances import distance_correlation
    from didymos.plots.pairs import abundance, distance_sweep
    from didymos.plots.reference import iso_energy, score_against_truth
    from didymos.plots.regions import kind_map, phase_map, region_map
    from didymos.plots.score import score_map, score_uncertainty
    from didymos.plots.sheets import figure_of
    from didymos.plots.spectra import kind_spectra, region_spectra
    from didymos.plots.styling import style
    from didymos.plots.training import training_loss
    from didymos.plots.transfer import weight_transfer

__all__ = [
    "COMPARISON_FIGURES",
    "FIGURES",
    "METHOD_FIGURES",
    "FigureEntry",
    "abundance",
    "available",
    "compared_surface",
    "comparison_overview",
    "distance_correlation",
    "distance_correlations",
    "distance_statistics",
    "distance_sweep",
    "embedding",
    "figure_of",
    "iso_energy",
    "kind_map",
    "kind_spectra",
    "method_dendrogram",
    "method_distance_correlation",
    "method_group_map",
    "method_plane",
    "method_score_map",
    "method_spectra",
    "method_split_sizes",
    "of_method",
    "phase_map",
    "region_map",
    "region_spectra",
    "rendered",
    "save_figure",
    "save_figures",
    "score_against_truth",
    "score_map",
    "score_uncertainty",
    "scree_and_latent",
    "signal_histogram",
    "style",
    "thumbnail",
    "training_loss",
    "weight_transfer",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "catalogue": (
            "FIGURES",
            "FigureEntry",
            "available",
        ),
        "comparison": (
            "compared_surface",
            "method_group_map",
            "method_score_map",
            "of_method",
        ),
        "comparison_catalogue": (
            "COMPARISON_FIGURES",
            "METHOD_FIGURES",
        ),
        "comparison_groups": (
            "method_dendrogram",
            "method_spectra",
            "method_split_sizes",
        ),
        "comparison_sheet": (
            "comparison_overview",
            "thumbnail",
        ),
        "comparison_plane": (
            "distance_correlations",
            "method_distance_correlation",
            "method_plane",
        ),
        "distances": ("distance_statistics",),
        "export": (
            "rendered",
            "save_figure",
            "save_figures",
        ),
        "histogram": ("signal_histogram",),
        "latent": (
            "embedding",
            "scree_and_latent",
        ),
        "latent_distances": ("distance_correlation",),
        "pairs": (
            "abundance",
            "distance_sweep",
        ),
        "reference": (
            "iso_energy",
            "score_against_truth",
        ),
        "regions": (
            "kind_map",
            "phase_map",
            "region_map",
        ),
        "score": (
            "score_map",
            "score_uncertainty",
        ),
        "sheets": ("figure_of",),
        "spectra": (
            "kind_spectra",
            "region_spectra",
        ),
        "styling": ("style",),
        "training": ("training_loss",),
        "transfer": ("weight_transfer",),
    },
)
