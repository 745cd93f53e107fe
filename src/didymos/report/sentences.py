"""Measurement, findings and computation of a result, in plain sentences with numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import xarray as xr

from didymos.plots.numbers import number
from didymos.plots.units import scale, units_of
from didymos.report.tables import weight_units
from didymos.report.typography import p_value, percent, typeset, with_error
from didymos.schema import Region

FOUND, NOT_FOUND = "A distinct population was detected", "No distinct population was detected"
ONLY_COMMON = "Several common populations (phases) were detected, and no rare one"
UNDECIDED = "The map was not tested for a distinct population"
STRONG, FAIR = 1e-3, 0.05
SIMILARITY = {
    "evidence": "Pairs of background spectra and pairs of spectra of one kind of defect train the networks as similar; "
    "ambiguous spectra do not train.",
    "threshold": "A pair is similar where its distance is under the crossing of two Gaussians (the paper's way).",
    "examples": "The user's examples say which spectra are similar; unlabelled spectra do not train.",
}
"""How similarity was decided, by the attribute ``similarity``."""
BY_DISTANCE = (
    "No network was trained because no distinct population was detected; the score is the distance to the majority "
    "(to the nearest phase where there are several), rescaled to 0 to 1."
)
CLEAR = 2.0
"""Standard errors from which on a difference of spectral weight is reported as one."""


def verdict(result: xr.Dataset) -> str:
    """Return the one sentence that stands on top."""
    found = result.attrs.get("distinct_population")
    if found is None:
        return UNDECIDED
    return FOUND if int(found) == 1 else ONLY_COMMON if phases(result) > 1 else NOT_FOUND


def phases(result: xr.Dataset) -> int:
    """Return the number of phases; 1 where they were not looked for."""
    return int(result.sizes.get("phase_index", 1))


def found(result: xr.Dataset) -> list[str]:
    """Return the findings and their significance, sentence by sentence."""
    sentences = [*_population(result), *_certainty(result)]
    return [sentence for sentence in (*sentences, *_excluded(result)) if sentence]


def prepared(result: xr.Dataset) -> list[str]:
    """Return how a map was prepared, what was left out and what was filled, sentence by sentence."""
    return _notes(result, "preparation_notes")


def computed(result: xr.Dataset) -> list[str]:
    """Return what was done about the noise and how the score was computed, as far as the result records it."""
    if "score" not in result:
        return []
    return [*_notes(result, "noise_notes"), *_compared(result)]


def _notes(result: xr.Dataset, name: str) -> list[str]:
    """Return the sentences of an attribute that has one a line."""
    return typeset(str(result.attrs.get(name, ""))).splitlines()


def _compared(result: xr.Dataset) -> list[str]:
    """Return how the score was computed, sentence by sentence."""
    if str(result.attrs.get("score_source")) == "distance":
        return [BY_DISTANCE]
    similarity = str(result.attrs.get("similarity", ""))
    threshold = _fixed_threshold(result)
    if similarity == "threshold" and threshold is not None:
        return [f"A pair is similar where its distance is under {number(threshold)}, the threshold of the settings."]
    return [SIMILARITY[similarity]] if similarity in SIMILARITY else []


def moved(result: xr.Dataset) -> list[str]:
    """Return one sentence for each energy window with the spectral weight moved in the window."""
    names = ("window_start", "window_stop", "window_weight_transfer")
    if not all(name in result for name in names):
        return []
    start, stop, weight = (result[name].values for name in names)
    error = result.get("window_weight_transfer_std", result["window_weight_transfer"] * np.nan).values
    shown, energy = scale(weight, weight_units(result)), units_of(result["energy"])
    joined = shown.units.replace(" ", "\xa0")
    sentences = []
    for low, high, change, spread in zip(start, stop, shown(weight), shown(error), strict=True):
        if not math.isfinite(change):
            continue
        where = f"Between {number(low)} and {number(high)} {energy} the"
        if abs(change) < CLEAR * spread:
            amount = with_error(change, spread)
            sentences.append(
                f"{where} spectral weight of minority and majority agrees within the error: the difference is "
                f"{amount}\xa0{joined}."
            )
            continue
        more, amount = "more" if change > 0 else "less", with_error(abs(change), spread)
        sentences.append(f"{where} minority has {amount}\xa0{joined} {more} spectral weight than the majority.")
    return sentences


def _population(result: xr.Dataset) -> list[str]:
    sizes = _sizes(result)
    scored = sum(sizes[region] for region in (Region.MAJORITY, Region.TRANSITION, Region.MINORITY))
    minority, transition = sizes[Region.MINORITY], sizes[Region.TRANSITION]
    between = f"{number(transition)} spectra ({percent(transition, scored)}) are in the transition to the majority."
    if result.attrs.get("similarity") == "examples" and "kind_name" in result:
        named = ", ".join(filter(None, map(str, result["kind_name"].values))) or "the named kinds"
        return [
            f"{number(minority)} of {number(scored)} spectra ({percent(minority, scored)}) are like the examples of "
            f"{named}: the minority. {between}",
            "The test for a distinct population, below, does not use the examples.",
            *moved(result),
        ]
    if verdict(result) == FOUND:
        kinds = int(np.nanmax(result["kind"].values, initial=0)) if "kind" in result else 0
        return [
            f"{number(minority)} of {number(scored)} spectra ({percent(minority, scored)}) belong to the distinct "
            f"population, the minority. {between}",
            f"The minority comprises {kinds} kinds of spectra." if kinds > 1 else "",
            *_common(result),
            *moved(result),
        ]
    if "score" not in result:
        return ["This result holds the distances of pairs of spectra. No twin network was trained."]
    if verdict(result) == UNDECIDED:
        return [f"By the score, {number(minority)} of {number(scored)} spectra are in the minority. {between}"]
    tail = f"The {number(minority + transition)} spectra in the regions minority and transition are the tail of"
    if verdict(result) == ONLY_COMMON:
        return [
            *_common(result),
            "Within the phases the variation of the spectra is consistent with one population each.",
            f"{tail} these populations." if minority + transition else "",
            f"{_ranked(result)} This is not evidence of rare spectra.",
        ]
    marked = f" {tail} this population." if minority + transition else ""
    return [
        f"The variation of the {number(scored)} spectra is consistent with a single population.{marked}",
        f"{_ranked(result)} This order is not evidence of two populations.",
        "A population whose signal is weaker than the noise of a single spectrum can remain undetected.",
    ]


def _ranked(result: xr.Dataset) -> str:
    if phases(result) > 1 and str(result.attrs.get("score_source")) == "distance":
        return "The score is the distance from the largest phase here, and high throughout the other phases."
    return "The score still ranks the spectra from ordinary to unusual."


def _common(result: xr.Dataset) -> list[str]:
    """Return what is common where there are several phases."""
    if phases(result) < 2:
        return []
    sizes = result["phase_size"].values
    listed = ", ".join(f"phase {place} {percent(int(size), int(sizes.sum()))}" for place, size in enumerate(sizes, 1))
    return [
        f"The map has {len(sizes)} phases, populations that cover much of it: {listed} of the spectra. All count "
        "as majority."
    ]


def _certainty(result: xr.Dataset) -> list[str]:
    sentences = []
    if (chance := result.attrs.get("distinct_population_p_value")) is not None and math.isfinite(float(chance)):
        size = float(chance)
        without = "only the common populations" if phases(result) > 1 else "one smoothly varying population"
        sentences.append(
            f"The probability of such evidence in a map with {without} is {p_value(size)}: "
            f"{strength(result, size)}. The test compares each spectrum with its neighbourhood. The probability "
            "refers to a model of a smooth map with noise, not to a frequency observed on real samples."
        )
    if "score_std" in result and np.isfinite(result["score_std"].values).any():
        spread = result["score_std"].values
        members = f"the {result.sizes['member']} " if result.sizes.get("member", 0) > 1 else ""
        inside = spread[result["region"].values == Region.MINORITY] if "region" in result else spread[:0]
        also = f" and {number(np.nanmedian(inside), 2)} in the minority" if np.isfinite(inside).any() else ""
        sentences.append(
            f"The standard deviation of the score over {members}independently trained twin networks has a median of "
            f"{number(np.nanmedian(spread), 2)} over all points{also}."
        )
    agreements = [float(result.attrs.get(f"{name}_agreement", math.nan)) for name in ("embedding", "score")]
    if all(map(math.isfinite, agreements)):
        sentences.append(
            f"The mean correlation of two networks is {number(agreements[0], 2)} for the embedding and "
            f"{number(agreements[1], 2)} for the score."
        )
    for note in _notes(result, "training_notes"):
        sentences.append(f"In the training of the {note}.")
    return sentences


def strength(result: xr.Dataset, chance: float) -> str:
    """Return the strength of evidence with some probability of chance, in words that fit the verdict."""
    second = f"evidence for a {'rare' if phases(result) > 1 else 'second'} population"
    if verdict(result) in (NOT_FOUND, ONLY_COMMON):
        return f"not enough {second}" if chance < FAIR else f"no {second}"
    return f"strong {second}" if chance < STRONG else f"fair {second}" if chance < FAIR else f"weak {second}"


def _excluded(result: xr.Dataset) -> list[str]:
    sizes = _sizes(result)
    missing, artefact = sizes[Region.MISSING], sizes[Region.ARTEFACT]
    if not missing and not artefact:
        return ["No spectrum is missing or corrupted."]
    parts = [f"{number(missing)} {_plural(missing, 'point')} without a spectrum" if missing else ""]
    if artefact:
        parts.append(
            f"{number(artefact)} corrupted {_plural(artefact, 'spectrum', 'spectra')} "
            "(region artefact: sudden changes of the signal, spikes, clipping, too few values)"
        )
    left_out = " and ".join(part for part in parts if part)
    return [f"Excluded from the analysis: {left_out}."]


def _fixed_threshold(result: xr.Dataset) -> float | None:
    """Return the distance threshold that the settings fix; None where the two Gaussians gave the threshold."""
    try:
        return float(json.loads(str(result.attrs.get("settings", "")))["threshold"])
    except (KeyError, TypeError, ValueError):
        return None


def _sizes(result: xr.Dataset) -> dict[Region, int]:
    flags = result["region"].values if "region" in result else np.zeros(0)
    return {region: int((flags == region).sum()) for region in Region}


def _plural(count: int, one: str, many: str = "") -> str:
    return one if count == 1 else many or f"{one}s"
