"""Measurement, findings and computation of a result, in plain sentences with numbers."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import xarray as xr

from didymos.plots.styling import SUPERSCRIPTS
from didymos.plots.units import scale, units_of
from didymos.report.tables import weight_units
from didymos.schema import Region, is_image

THIN = "\u202f"
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
    "No network was trained because no distinct population was detected; the score is the distance to the majority, "
    "rescaled to 0 to 1."
)
SMALLEST_P = 1e-12
"""No model of noise is right to smaller probabilities than this."""


def number(value: Any, digits: int = 3) -> str:
    """Write a number for people: a true minus, thin spaces between thousands, powers of ten where needed."""
    try:
        size = float(value)
    except (TypeError, ValueError):
        return str(value)
    if not math.isfinite(size):
        return "unknown"
    if size == int(size) and abs(size) < 1e15:
        return f"{int(size):,}".replace(",", THIN).replace("-", "−")
    text = f"{size:.{digits}g}"
    mantissa, power, exponent = text.partition("e")
    written = mantissa.replace("-", "−")
    return f"{written}\xa0×\xa010{str(int(exponent)).translate(SUPERSCRIPTS)}" if power else written


def percent(part: int, whole: int) -> str:
    """Write a share in per cent."""
    return f"{number(100 * part / whole, 2)} %" if whole else "0 %"


def verdict(result: xr.Dataset) -> str:
    """Return the one sentence that stands on top."""
    found = result.attrs.get("distinct_population")
    if found is None:
        return UNDECIDED
    return FOUND if int(found) == 1 else ONLY_COMMON if phases(result) > 1 else NOT_FOUND


def phases(result: xr.Dataset) -> int:
    """Return the number of phases; 1 where they were not looked for."""
    return int(result.sizes.get("phase_index", 1))


def measured(result: xr.Dataset) -> list[tuple[str, str]]:
    """Return the properties of the measurement, as terms with their descriptions."""
    spectra = result["spectra"]
    energy = result["energy"]
    values, units = energy.values, units_of(energy)
    rows = [
        ("File", str(result.attrs.get("input_file", "unknown"))),
        ("Points", _points(result)),
        (
            str(energy.attrs.get("long_name", "") or "Energies").capitalize(),
            f"{number(values.size)} values from {number(values.min())} to {number(values.max())} {units}".rstrip(),
        ),
        ("Signal", _signal(spectra)),
    ]
    chosen = (("Channel", "channel"), ("Rule for the channel", "channel_rule"), ("Prepared by", "derived"))
    for term, name in chosen:
        if words := _words(spectra.attrs.get(name)):
            rows.append((term, words))
    return rows


def found(result: xr.Dataset) -> list[str]:
    """Return the findings and their significance, sentence by sentence."""
    sentences = [*_population(result), *_certainty(result)]
    return [sentence for sentence in (*sentences, *_excluded(result), *prepared(result)) if sentence]


def prepared(result: xr.Dataset) -> list[str]:
    """Return what was left out and filled before the analysis, sentence by sentence."""
    return _notes(result, "preparation_notes")


def computed(result: xr.Dataset) -> list[str]:
    """Return what was done about the noise and how the score was computed, as far as the result records it."""
    if "score" not in result:
        return []
    return [*_notes(result, "noise_notes"), *_compared(result)]


def _notes(result: xr.Dataset, name: str) -> list[str]:
    """Return the sentences of an attribute that has one a line."""
    return str(result.attrs.get(name, "")).splitlines()


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
        more = "more" if change > 0 else "less"
        amount = number(abs(change)) + (f"\xa0±\xa0{number(spread, 2)}" if math.isfinite(spread) else "")
        sentences.append(
            f"Between {number(low)} and {number(high)} {energy} the minority has {amount}\xa0{joined} {more} "
            "spectral weight than the majority."
        )
    return sentences


def _population(result: xr.Dataset) -> list[str]:
    sizes = _sizes(result)
    scored = sum(sizes[region] for region in (Region.MAJORITY, Region.TRANSITION, Region.MINORITY))
    minority, transition = sizes[Region.MINORITY], sizes[Region.TRANSITION]
    between = f"{number(transition)} spectra ({percent(transition, scored)}) are in the transition to the majority."
    if result.attrs.get("similarity") == "examples" and "kind_name" in result:
        named = ", ".join(_words(name) for name in result["kind_name"].values) or "the named kinds"
        return [
            f"{number(minority)} of {number(scored)} spectra ({percent(minority, scored)}) are like the examples of "
            f"{named}: the minority. {between}",
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
    if verdict(result) == ONLY_COMMON:
        return [
            *_common(result),
            "Within the phases the variation of the spectra is consistent with one population each.",
            "The score still ranks the spectra from ordinary to unusual. This order is not evidence of rare spectra.",
        ]
    marked = (
        f" The {number(minority + transition)} spectra in the regions minority and transition are the tail of this "
        "population."
        if minority + transition
        else ""
    )
    return [
        f"The variation of the {number(scored)} spectra is consistent with a single population.{marked}",
        "The score still ranks the spectra from ordinary to unusual. This order is not evidence of two populations.",
        "A population whose signal is weaker than the noise of a single spectrum can remain undetected.",
    ]


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
        value = f"p\xa0=\xa0{number(size, 2)}" if size >= SMALLEST_P else f"p\xa0<\xa0{number(SMALLEST_P, 1)}"
        sentences.append(
            f"The probability of such evidence in a map with one smoothly varying population is {value}: "
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
    second = "evidence for a second population"
    if verdict(result) == NOT_FOUND:
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


def _points(result: xr.Dataset) -> str:
    if not is_image(result):
        return f"{number(result.sizes['point'])} scattered points"
    columns, rows = result.sizes["x"], result.sizes["y"]
    text = f"{number(columns)} × {number(rows)} (x × y)"
    if not {"x", "y"} <= set(result.coords):
        return text
    spans = [float(np.ptp(result[name].values)) for name in ("x", "y")]
    steps = [span / max(count - 1, 1) * count for span, count in zip(spans, (columns, rows), strict=True)]
    length = scale(max(steps), units_of(result["x"]) or "pixel")
    width, height = length(steps)
    size = f"{number(width)} × {number(height)}" if min(spans) > 0 else number(max(width, height))
    return f"{text}, {size} {length.units}" if max(spans) > 0 and length.units != "pixel" else text


def _signal(spectra: xr.DataArray) -> str:
    units = units_of(spectra)
    return str(spectra.attrs.get("long_name", "signal")) + (f" in {units}" if units not in ("", "1") else "")


def _words(value: Any) -> str:
    if value is None or value is False or str(value).strip().lower() in ("", "0", "none", "false"):
        return ""
    return "numerical derivative" if str(value).strip().lower() in ("1", "true") else str(value)
