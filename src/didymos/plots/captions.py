"""How to read each figure, in two or three plain sentences."""

from __future__ import annotations

import math
from typing import Any

import xarray as xr

from didymos.plots.units import units_of
from didymos.schema import Region


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
        "Each point has the colour of its region, which follows from its score; numbers in parentheses count spectra. "
        "Compact patches are what defects look like; single points scattered everywhere are what chance looks like."
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
    return (
        "(a, b) How often each distance between two spectra occurs among all pairs; spectra unlike the rest make the "
        "long tail. (c) The same over a logarithm of the distance, with two fitted Gaussians and their sum. Pairs "
        f"nearer than the dotted line ({nearer}) counted as similar when the twin network was trained.{unit}"
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


def _number(value: Any) -> str:
    try:
        return f"{float(value):.3g}".replace("-", "−") if math.isfinite(float(value)) else ""
    except (TypeError, ValueError):
        return ""
