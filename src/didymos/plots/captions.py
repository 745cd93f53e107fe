"""How to read each figure, in a few short sentences."""

from __future__ import annotations

import math
from typing import Any

import xarray as xr

from didymos.plots.distances import distance_units
from didymos.plots.latent import MODES_SHOWN
from didymos.plots.maps import has_relief
from didymos.plots.numbers import number
from didymos.plots.pairs import is_swept
from didymos.plots.transfer import has_both_signs
from didymos.plots.units import plain, units_of
from didymos.schema import Region

SMALLEST = 0.001
"""Probability below which no number is given."""
MARKED = (Region.TRANSITION, Region.MINORITY)


def score_map(result: xr.Dataset) -> str:
    """Caption of the score map."""
    if str(result.attrs.get("score_source")) == "distance":
        score = "score: the distance to the majority, rescaled to 0 to 1"
        if result.sizes.get("phase_index", 1) > 1:
            score += ", and high throughout the phases other than the largest"
    elif nothing_found(result):
        score = "score: 0 for the most ordinary spectra, 1 for the most unusual"
    else:
        score = "score: 0 for the majority, 1 for the most distinct population"
    outlines = " Outlines mark the transition and the minority." if has_marked(result) else ""
    return f"(a) The {score}. (b) {ground(result)}.{outlines}{_flagged(result)}"


def ground(result: xr.Dataset) -> str:
    """Return what the map in grey shows: topography, or the mean signal where there is no relief."""
    if has_relief(result):
        return "The topography, levelled for the figure: the plane of the ground is subtracted"
    return "The signal averaged over all energies"


def nothing_found(result: xr.Dataset) -> bool:
    """Return whether a test found no distinct population, and no examples of the user say what is distinct."""
    found = result.attrs.get("distinct_population")
    return found is not None and int(found) != 1 and str(result.attrs.get("similarity")) != "examples"


def has_marked(result: xr.Dataset) -> bool:
    """Return whether any spectrum is in the transition or the minority."""
    return bool(result["region"].isin([int(region) for region in MARKED]).any())


def region_map(result: xr.Dataset) -> str:
    """Caption of the region map."""
    counted = "Each point has the colour of its most probable region. Numbers in parentheses count spectra."
    if nothing_found(result):
        tail = " Transition and minority are the tail of the common spectra, not a population of their own."
        return counted + tail * has_marked(result)
    return f"{counted} Defects usually form compact patches. Single points scattered over the map are typical of noise."


def kind_map(result: xr.Dataset) -> str:
    """Caption of the kind map."""
    if int(result["kind"].max()) < 2:
        return "All minority spectra resemble each other: they are of one kind."
    return (
        "Minority spectra that resemble each other form one kind. Kind 1 is the most frequent. "
        "Two kinds usually stand for two different defects or for two parts of an extended defect."
    )


def phase_map(result: xr.Dataset) -> str:
    """Caption of the phase map."""
    return (
        "Populations that cover a large, connected part of the map, such as domains and islands. All phases count "
        "as majority; the score concerns the rare spectra within them."
    )


def score_uncertainty(result: xr.Dataset) -> str:
    """Caption of the uncertainty of the score."""
    return (
        "Standard deviation of the score over independently trained twin networks. A small value means that the "
        "networks agree. The largest values are expected at intermediate scores, for spectra between the populations."
    )


def region_spectra(result: xr.Dataset) -> str:
    """Caption of the region spectra."""
    return (
        "Lines are averages over all spectra of a region. Bands are one standard deviation of the single spectra, "
        "including noise. Bands can therefore overlap where the averages differ clearly. Numbers in parentheses count "
        "spectra."
    )


def kind_spectra(result: xr.Dataset) -> str:
    """Caption of the kind spectra."""
    return (
        "Lines are averages over all spectra of one kind, with the average of the majority for comparison. "
        "A kind differs from the majority at the energies where the two lines separate."
    )


def signal_histogram(result: xr.Dataset) -> str:
    """Caption of the signal histogram."""
    return (
        "Density of all spectra over energy and signal, on a logarithmic scale. Dark areas hold many spectra. "
        "A narrow band means that the spectra agree at this energy. Lines are the averages of the regions."
    )


def scree_and_latent(result: xr.Dataset) -> str:
    """Caption of the principal components."""
    shown, rank = min(result.sizes["mode"], MODES_SHOWN), result.attrs.get("rank")
    divided = (
        f" The metric has components of its own, of the spectra divided by their noise: {rank} of these stand above "
        "the noise."
        if rank is not None and str(result.attrs.get("metric")) == "robust"
        else ""
    )
    return (
        f"(a) Share of the variance of the first {shown} principal components of the spectra as measured.{divided} "
        "(b) Every spectrum as a dot in the plane of the first two components. This plane keeps the largest "
        "variation: rare spectra can lie within the cloud of the others."
    )


def distance_statistics(result: xr.Dataset) -> str:
    """Caption of the distance statistics."""
    threshold = _number(result.attrs.get("distance_threshold"))
    at = f" (d = {threshold})" if threshold else ""
    robust = str(result.attrs.get("metric")) == "robust"
    unit = " Distances are in standard deviations (σ) of the variation within the majority." if robust else ""
    trained = str(result.attrs.get("similarity")) in ("evidence", "examples") and "embedding" in result
    unused = " The networks were not trained with this threshold." if trained else ""
    return (
        f"(a, b) Number of pairs of spectra at each distance, among {_pairs(result)}. Pairs with an unusual "
        "spectrum form the long tail. (c) The same over the logarithm of the distance, with two fitted Gaussians and "
        "their sum. "
        f"{_two_gaussians(result)}The dotted line{at} is the threshold for similar pairs.{unused}{unit}"
    )


def distance_sweep(result: xr.Dataset) -> str:
    """Caption of the sweep of the shift of the logarithm, n."""
    offset = _number(result.attrs.get("distance_offset"))
    where = "the chosen shift" if offset and is_swept(result) else "the shift nearest to the chosen shift"
    thick = f" The thick curve has {where} ({offset} {plain(distance_units(result))})." if offset else ""
    return (
        "Each curve is the density of all pairs over log(d + n) for one shift of the logarithm, n, scaled to its peak. "
        "A large shift leaves the distances d unchanged. A small shift compresses the long tail. With a suitable "
        f"shift, pairs of dissimilar spectra form a second peak or a shoulder.{thick}"
    )


def abundance(result: xr.Dataset) -> str:
    """Caption of the abundance."""
    labels = result.get("distance_label")
    none = " No spectrum is in the second group." if labels is not None and not bool((labels == 1).any()) else ""
    return (
        "(a) Density of the distances of each spectrum at the peak of the component of large distances, the dotted "
        "line in (b). (b) Distances of a single spectrum to all others, averaged over two groups: spectra with mostly "
        "small distances and spectra with mostly large distances. These groups describe the distances alone. They are "
        f"not the regions of the score.{none}{_flagged(result) if 'region' in result else ''}"
    )


def distance_correlation(result: xr.Dataset) -> str:
    """Caption of the distance correlation."""
    known = "step_index" in result and bool(result["step_index"].notnull().all())
    none = "" if known else " The step index is undefined where all latent distances are equal."
    return (
        "Distance of every spectrum from the mean spectrum, in the data and in a latent space. Dark areas hold many "
        "spectra. A straight line keeps the distances of the data, a curve rescales them, and a step divides the "
        "spectra into two groups. The step index is 1 for a step, −1 for a line, and near 0.5 for unrelated distances. "
        f"Only an index well above 0.5 indicates a step.{none}"
    )


def embedding(result: xr.Dataset) -> str:
    """Caption of the embedding."""
    clouds = (
        "No distinct population was detected: separate clouds show only which spectra the training calls dissimilar."
        if nothing_found(result)
        else "Separate clouds are distinct populations. A bridge between two clouds is a transition."
    )
    return (
        "In the embedding of the twin network, similar spectra are close and dissimilar spectra at least one margin "
        "apart. Only distances have a meaning, not directions and signs. Colour is the score. "
        f"{clouds}"
    )


def training_loss(result: xr.Dataset) -> str:
    """Caption of the training loss."""
    return (
        "Loss on held-out pairs, one line for each independently trained network. Lines that level off at the same "
        "value indicate that the training was long enough and does not depend on the random seed."
    )


def weight_transfer(result: xr.Dataset) -> str:
    """Caption of the weight transfer."""
    has_pairs = "region_distance_histogram" in result and bool((result["region_distance_histogram"] > 0).any())
    pairs = "Grey is the density of the differences between minority and majority spectra. " if has_pairs else ""
    moved = (
        "Bars are the spectral weight that the minority gains (red) or loses (blue) against the majority in each "
        "energy window, with standard errors. "
        if "window_weight_transfer" in result and bool(result["window_weight_transfer"].notnull().any())
        else ""
    )
    lines = " Dotted lines are the boundaries of the windows." if result.sizes.get("window", 0) else ""
    if has_both_signs(result):
        lines += " The signs + and − mark anticorrelated windows."
    square = (
        "The square is the correlation over the map of the signals at two energies: red where positive, blue where "
        "negative."
    )
    return f"{pairs}{moved}{square}{lines}"


def iso_energy(result: xr.Dataset) -> str:
    """Caption of the iso-energy reference."""
    energy = result["iso_energy_label"].attrs.get("energy")
    units = units_of(result["energy"])
    at = f" ({_number(energy)} {units})".replace(" )", ")") if energy is not None else ""
    return (
        f"The signal at a single energy{at}, segmented at Otsu's level. The marked points are the same in both "
        "panels. Where these points and a high score agree, a single energy suffices. Elsewhere the score depends on "
        "other energies."
    )


def score_against_truth(result: xr.Dataset) -> str:
    """Caption of score against truth."""
    return (
        "This map was simulated, so the truth is known. (a) True amplitude of the defects in each spectrum. "
        "(b) Score against true amplitude. A correct score rises with the amplitude. Dots at the top left are false "
        "positives. Dots at the bottom right are missed defects."
    )


def _flagged(result: xr.Dataset) -> str:
    region = result["region"].values
    sentences = (
        " Hatched or crossed points have no spectrum." if (region == Region.MISSING).any() else "",
        " Artefacts are corrupted spectra, excluded from the analysis." if (region == Region.ARTEFACT).any() else "",
    )
    return "".join(sentences)


def _pairs(result: xr.Dataset) -> str:
    pairs, references = (_count(result.attrs.get(f"distance_{name}")) for name in ("pairs", "references"))
    error = result.get("log_distance_histogram_std")
    if error is None or not bool((error > 0).any()):
        return f"all {pairs} pairs".replace("  ", " ")
    drawn = f"each spectrum with {references} drawn at random" if references else "a random sample"
    return f"{pairs} pairs ({drawn}; the band in c is the standard error)".lstrip()


def _two_gaussians(result: xr.Dataset) -> str:
    try:
        chance = float(result.attrs.get("two_gaussians_p_value", math.nan))
    except (TypeError, ValueError):
        return ""
    if not math.isfinite(chance):
        return ""
    probability = f"{chance:.2g}" if chance >= SMALLEST else f"less than {SMALLEST}"
    return (
        "The two Gaussians describe the distances of all pairs; the test for a distinct population is another one, in "
        f"the summary. Of single populations with long tails, drawn at random, a share of {probability} gives two "
        "Gaussians that lie as far apart. "
    )


def _count(value: Any) -> str:
    try:
        return number(int(value))
    except (TypeError, ValueError, OverflowError):
        return ""


def _number(value: Any) -> str:
    try:
        return number(value) if math.isfinite(float(value)) else ""
    except (TypeError, ValueError):
        return ""
