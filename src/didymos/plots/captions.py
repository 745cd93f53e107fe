"""How to read each figure, in two or three plain sentences."""

from __future__ import annotations

import math
from typing import Any

import xarray as xr

from didymos.plots.distances import distance_units
from didymos.plots.pairs import is_swept
from didymos.plots.units import plain, units_of
from didymos.schema import Region

FAIR, SMALLEST = 0.05, 0.001
"""Probabilities from which on something is no evidence, and below which no number is said."""


def score_map(result: xr.Dataset) -> str:
    """Caption of the score map."""
    ground = "the topography" if "topography" in result else "the signal averaged over all energies"
    return (
        "Left (or above), the twin score of every point: 0 means the spectrum is like the majority, 1 like the most "
        f"distinct population, and what lies between changes gradually. The other panel shows {ground} with the "
        "transition and the minority outlined, so that the odd spectra can be found again on the surface."
        + _flagged(result)
    )


def region_map(result: xr.Dataset) -> str:
    """Caption of the region map."""
    return (
        "Each point has the colour of the region that it most probably belongs to; numbers in parentheses count "
        "spectra. Compact patches are what defects look like; single points scattered everywhere are what chance looks "
        "like."
    )


def kind_map(result: xr.Dataset) -> str:
    """Caption of the kind map."""
    return (
        "Minority spectra that resemble each other form one kind; kind 1 is the most frequent. "
        "Two kinds usually stand for two different defects, or for two parts of an extended one."
    )


def score_uncertainty(result: xr.Dataset) -> str:
    """Caption of the uncertainty of the score."""
    return (
        "Independently trained twin networks score every point; drawn is the standard deviation of their answers. "
        "Where it is small they agree. It is naturally largest between 0 and 1, where a spectrum is on neither side."
    )


def region_spectra(result: xr.Dataset) -> str:
    """Caption of the region spectra."""
    return (
        "Lines are averages over all spectra of a region, bands are one standard deviation of the single spectra "
        "(noise included, so bands may overlap where the averages differ clearly). Numbers in parentheses count them."
    )


def kind_spectra(result: xr.Dataset) -> str:
    """Caption of the kind spectra."""
    return (
        "Lines are averages over all spectra of one kind, with the average of the majority for comparison. "
        "Where a line leaves that of the majority, this kind of spectrum is different."
    )


def signal_histogram(result: xr.Dataset) -> str:
    """Caption of the signal histogram."""
    return (
        "All spectra on top of each other: the darker, the more of them pass through (logarithmic scale). "
        "A narrow band means that spectra agree at this energy. Lines are the averages of the regions."
    )


def scree_and_latent(result: xr.Dataset) -> str:
    """Caption of the principal components."""
    rank = result.attrs.get("rank")
    noise = f" {rank} components stand above the noise." if rank is not None else ""
    return (
        "(a) Share of the variance that each principal component carries; the flat tail is noise." + noise + " "
        "(b) Every spectrum as a dot in the plane of the first two components. A gap between the colours would make "
        "separation easy; a continuous cloud is why similarity is learnt from pairs instead."
    )


def distance_statistics(result: xr.Dataset) -> str:
    """Caption of the distance statistics."""
    threshold = _number(result.attrs.get("distance_threshold"))
    nearer = f"d = {threshold}" if threshold else "it"
    robust = str(result.attrs.get("metric")) == "robust"
    unit = " Distances count standard deviations (σ) of the majority's own variation." if robust else ""
    trained = " when a twin network is trained" if "embedding" not in result else " for the twin network"
    return (
        f"(a, b) How often each distance between two spectra occurs among {_pairs(result)}; spectra unlike the rest "
        "make the long tail. (c) The same over a logarithm of the distance, with two fitted Gaussians and their sum. "
        f"{_two_gaussians(result)}Pairs nearer than the dotted line ({nearer}) count as similar{trained}.{unit}"
    )


def distance_sweep(result: xr.Dataset) -> str:
    """Caption of the sweep of n."""
    offset = _number(result.attrs.get("distance_offset"))
    where = "of the n chosen" if offset and is_swept(result) else "of the n nearest to the one chosen"
    thick = f" The thick curve is that {where} ({offset} {plain(distance_units(result))})." if offset else ""
    return (
        "Each curve shows how the distances d of all pairs spread over log(d + n) for one n, scaled to its own peak. "
        "A large n leaves distances as they are, a small one draws the long tail together; with a good n, pairs of "
        f"unlike spectra form a second peak or a shoulder.{thick}"
    )


def abundance(result: xr.Dataset) -> str:
    """Caption of the abundance."""
    labels = result.get("distance_label")
    none = " None does." if labels is not None and not bool((labels == 1).any()) else ""
    return (
        "(a) Which part of the other spectra lies about as far from each spectrum as the farther of the two Gaussians: "
        "little for the majority, much for a sparse minority. (b) Distances of a single spectrum to all others, "
        "averaged over the spectra of the majority and of the minority; the dotted line is the farther peak. A "
        "spectrum belongs to the minority here if most of its distances belong to the farther Gaussian, whatever the "
        f"twin networks say.{none}{_flagged(result) if 'region' in result else ''}"
    )


def distance_correlation(result: xr.Dataset) -> str:
    """Caption of the distance correlation."""
    known = "step_index" in result and bool(result["step_index"].notnull().all())
    none = "" if known else " There is none where all latent distances are the same."
    return (
        "Each panel compares how far every spectrum is from the mean spectrum in the data and in one latent space; "
        "darker means more spectra. A straight line keeps the distances of the data, a curve rescales them, a step "
        "sorts the spectra into two groups. The step index is 1 for a step and −1 for a line; it is near 0.5 where the "
        f"two distances have nothing to do with each other, so only well above that there is a step.{none}"
    )


def embedding(result: xr.Dataset) -> str:
    """Caption of the embedding."""
    return (
        "The twin network places every spectrum in a space where similar ones are close and dissimilar ones at least "
        "one margin apart. Directions and signs have no meaning, only distances do. Colour is the score: separate "
        "clouds are separate populations, a bridge between them is a transition."
    )


def training_loss(result: xr.Dataset) -> str:
    """Caption of the training loss."""
    return (
        "Error of the networks on pairs that they were not trained on, one line for each independent training. "
        "Lines that level off together mean that training was long enough and does not depend on chance."
    )


def weight_transfer(result: xr.Dataset) -> str:
    """Caption of the weight transfer."""
    has_pairs = "region_distance_histogram" in result and bool((result["region_distance_histogram"] > 0).any())
    pairs = "The grey density shows how much minority and majority spectra differ at each energy. " if has_pairs else ""
    moved = (
        "Bars show the spectral weight that the minority has more (red) or less (blue) than the majority in each "
        "energy window, with standard errors. "
        if "window_weight_transfer" in result and bool(result["window_weight_transfer"].notnull().any())
        else ""
    )
    return (
        pairs
        + moved
        + "The square shows how the signals at two energies vary together over the map: red together, blue "
        "in opposite directions. Dotted lines are the window boundaries found in it; + and − tell the two sides apart."
    )


def iso_energy(result: xr.Dataset) -> str:
    """Caption of the iso-energy reference."""
    energy = result["iso_energy_label"].attrs.get("energy")
    units = units_of(result["energy"])
    at = f" ({_number(energy)} {units})".replace(" )", ")") if energy is not None else ""
    return (
        f"What can be had without any learning: the signal at a single energy{at}, cut at an automatic level (Otsu). "
        "The outlined points are the same in both panels. Where outlines and bright score agree, the simple way "
        "suffices; where they do not, the score saw something at other energies."
    )


def score_against_truth(result: xr.Dataset) -> str:
    """Caption of score against truth."""
    return (
        "This map was simulated, so the truth is known. (a) How much of a defect is in each spectrum. (b) The score "
        "against it: a rising line is right, dots at the top left are false alarms, at the bottom right missed defects."
    )


def _flagged(result: xr.Dataset) -> str:
    region = result["region"].values
    sentences = (
        " Hatched or crossed points hold no measured spectrum." if (region == Region.MISSING).any() else "",
        " Artefacts are spoiled spectra that took no part." if (region == Region.ARTEFACT).any() else "",
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
    found = int(result.attrs.get("distinct_population", 1)) == 1
    enough = "no evidence" if chance >= FAIR else "" if found else "not enough evidence"
    words = f": that alone is {enough} for a second population" if enough else ""
    return (
        "In a single population of as many spectra, two Gaussians would fit so much better than one with a "
        f"probability of {probability}{words}. "
    )


def _count(value: Any) -> str:
    try:
        return f"{int(value):,}".replace(",", "\u202f")
    except (TypeError, ValueError, OverflowError):
        return ""


def _number(value: Any) -> str:
    try:
        return f"{float(value):.3g}".replace("-", "−") if math.isfinite(float(value)) else ""
    except (TypeError, ValueError):
        return ""
