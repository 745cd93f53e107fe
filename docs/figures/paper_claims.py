"""The claims of the paper, each with what is measured for it here; the table of them on the page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import paper_measures as measures
import paper_measures_of_methods as methods
from paper_verdicts import YES, Here

BEGIN, END = "<!-- claims -->", "<!-- end of claims -->"
HEADER = "| claim of the paper | where | here | holds? |\n|---|---|---|---|\n"
EASY = "The simulated vacancies are strong and the surface is uniform, so the vacancies lie at one end of the plane."


@dataclass(frozen=True)
class Claim:
    """A claim of the paper.

    Attributes
    ----------
    text, where : str
        What is claimed, and the figure.
    measure : callable
        From the data to the number and whether the claim holds.
    why : str
        What is said where it does not hold, or only partly.
    """

    text: str
    where: str
    measure: Callable[[Any], Here]
    why: str = ""


CLAIMS = (
    Claim("Two principal components hold over 99 % of the variance of the curves", "1c", measures.clouds_variance),
    Claim("An affine map takes their plane to the parameters", "1d", measures.affine_residual),
    Claim("k-means with 2 finds the two clouds", "1d", measures.clouds_found),
    Claim("The gap is about 4 meV wide", "2b", measures.gap_width,
          "The simulated gap is 2.3 meV to either side; temperature and modulation move the maxima outwards."),
    Claim("The conductance varies about four-fold", "2b", measures.signal_spread),
    Claim("Vacancies fill the gap", "2b", measures.in_gap),
    Claim("A slice at −1 mV, segmented, shows the vacancies", "2a", measures.iso_energy,
          "The spectra of surface and vacancy cross near −1 mV here; other energies separate vacancy and surface."),
    Claim("Vacancies change the whole spectrum, not the gap alone", "2b", measures.change_outside_gap),
    Claim("Two principal components hold over 90 % of the variance of the map", "3a",
          partial(measures.variance, modes=2, least=0.9)),
    Claim("Three hold over 99 %", "3a", partial(measures.variance, modes=3, least=0.99),
          "The noise of 512 energies is spread over all components; without it they do."),
    Claim("Vacancies and surface are apart in the plane of the first two", "3a", measures.pca_direction),
    Claim("There is no clear break between them", "3a", measures.pca_gap),
    Claim("k-means with 2 finds the vacancies approximately", "3b", partial(measures.kmeans, number=2)),
    Claim("A third cluster splits the surface instead", "3b, c", measures.third_cluster),
    Claim("The third cluster assigns a few spurious positions to the vacancies", "3c", measures.spurious,
          "What it holds beside vacancies lies between."),
    *(
        Claim(f"Agglomerative, {linkage} linkage: up to 300 clusters none but the main one exceeds 10 spectra", "3d",
              partial(measures.second_cluster, linkage=linkage), why)
        for linkage, why in (
            ("single", "These are groups of vacancies, which split off one after the other, each a little different."),
            ("average", "The surface itself is cut in parts."),
            ("complete", "The surface itself is cut in parts."),
            ("ward", "This linkage makes clusters of similar size."),
        )
    ),
    Claim("What splits off is most often a single spectrum", "3d", measures.single_splits,
          "It depends on the linkage and, for single linkage, on how far one goes."),
    Claim("To agglomerative clustering the vacancies are not distinct", "3d", measures.agglomerative_truth,
          "Ward, average and complete linkage find them with two clusters."),
    Claim("Pairwise distances have a long tail", "4a", measures.tail),
    Claim("The tail comes at least partly from the vacancies", "4a", measures.tail_of_surface),
    Claim("The logarithm makes the distribution of distances symmetric", "4b", measures.symmetric,
          "It does for small *n*; from the median distance on little is gained."),
    Claim("Rescaled, the main peak has a shoulder", "4b", measures.shoulder),
    Claim("Two Gaussians fit log(*d* + *n*) better than one", "4c", measures.two_gaussians),
    Claim("Two Gaussians describe it", "4c", measures.two_gaussians_misfit,
          "The surface varies smoothly, and its pairs alone are no Gaussian."),
    Claim("The abundance at the second peak shows the vacancies", "4d", measures.abundance),
    Claim("Labelled by their own histograms, the minority are the vacancies", "4d", measures.own_label),
    Claim("Histograms of the minority peak at the second peak, of the majority at the first", "4d", measures.typical),
    Claim("The distance correlation of PCA is a straight line", "5a", partial(methods.line, method="pca", least=0.98)),
    Claim("That of log-rescaling is a logarithm, by design", "5b", methods.log_curve),
    Claim("Rescaling redistributes the points: the tail is gone", "5b", methods.log_tail,
          "It is shorter, but there."),
    Claim("Kernel PCA squeezes the space", "6a", methods.squeezed),
    Claim("Kernel PCA depends strongly on its parameters", "6a", methods.kernel_settings),
    Claim("UMAP keeps the distance scale", "6c", methods.umap_scale,
          "It keeps neighbours: far groups are laid where there is room."),
    *(
        Claim(f"No clear separation: {name}", where, partial(methods.no_separation, method=method), EASY)
        for name, where, method in (
            ("kernel PCA, wide kernel", "6a", "kernel-pca-wide"),
            ("kernel PCA, narrow kernel", "6a", "kernel-pca-narrow"),
            ("NMF", "6b", "nmf"),
            ("UMAP", "6c", "umap"),
            ("autoencoder", "6d", "autoencoder"),
            ("t-SNE", "text", "tsne"),
        )
    ),
    Claim("The autoencoder splits its space in about three regions", "6d", methods.autoencoder_regions,
          "Both are of the surface, as in the paper; the vacancies, few and spread out, make no third."),
    Claim("The distance correlation of the twin is the nearest to a step", "7b", methods.nearest_step,
          "It bends, but the many spectra between follow the distance in the data; what scores higher has levels "
          "that do not separate vacancies."),
    Claim("Two levels explain more of its latent distance than of any other's", "7b", methods.most_step_share),
    Claim("Vacancies are well separated from the surface in the embedding", "7b", methods.twin_separation),
    Claim("Two trainings with different pairs agree qualitatively", "7b", methods.agreement),
    Claim("Training is sensitive to parameters, with qualitatively similar results", "7b", methods.threshold),
    Claim("The score is a label: low on the surface, high at vacancies, between in between", "7c, d",
          methods.score_levels,
          "Most spectra between hold little of a vacancy: their distance from the surface is under the threshold."),
    Claim("The transition region lies between the two", "7c, d", methods.transition),
    Claim("The map of the score shows the extent of the vacancies", "7d", methods.extent),
    Claim("The twin outperforms the other methods", "7", methods.outperforms,
          "On a map as easy as this one the distance from the mean spectrum finds every vacancy, too."),
    Claim("Spectral weight moves in the whole window", "8a, b", methods.whole_window),
    Claim("Two windows are anticorrelated: −15 to −5 mV and 7 to 15 mV", "8c", methods.anticorrelated),
    Claim("The window from 0 to 7 mV is intermediate", "8c", methods.intermediate),
    Claim("Vacancies have fewer filled states and more empty ones", "8a, c", methods.weight_moved,
          "The gain at high bias is no larger than the loss next to the gap."),
)  # fmt: skip


def table(data: Any) -> str:
    """Return the table of claims as it stands on the page."""
    return HEADER + "".join(row(claim, claim.measure(data)) for claim in CLAIMS)


def row(claim: Claim, here: Here) -> str:
    """Return one line of the table."""
    why = f" {claim.why}" if claim.why and here.holds != YES else ""
    return f"| {claim.text} | {claim.where} | {here.words}.{why} | {here.holds} |\n"


def write_table(page: Path, data: Any) -> None:
    """Put the table between the marks of the page."""
    text, made = page.read_text("utf-8"), table(data)
    between = re.compile(f"(?<={re.escape(BEGIN)}\n).*(?={re.escape(END)})", re.DOTALL)
    if not between.search(text):
        raise ValueError(f"{page.name} has no {BEGIN} and {END}, each on a line of its own")
    page.write_text(between.sub(lambda _: f"\n{made}\n", text), "utf-8")
