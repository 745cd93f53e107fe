"""What was measured and what was found, in plain sentences with numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from didymos.plots.style import SUPERSCRIPTS
from didymos.plots.units import scale, units_of
from didymos.report.tables import weight_units
from didymos.schema import Region, is_image

THIN = "\u202f"
FOUND, NOT_FOUND = "A distinct population was found", "No distinct population was found"
UNDECIDED = "Whether there is a distinct population was not tested"
STRONG, FAIR = 1e-3, 0.05
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
    return UNDECIDED if found is None else FOUND if int(found) == 1 else NOT_FOUND


def measured(result: xr.Dataset) -> list[tuple[str, str]]:
    """Return what was measured, as terms with their descriptions."""
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
    chosen = (("Channel", "channel"), ("How it was chosen", "channel_rule"), ("Prepared by", "derived"))
    for term, name in chosen:
        if words := _words(spectra.attrs.get(name)):
            rows.append((term, words))
    return rows


def found(result: xr.Dataset) -> list[str]:
    """Return what was found and how sure it is, sentence by sentence."""
    sentences = [*_population(result), *_certainty(result)]
    return [sentence for sentence in (*sentences, *_excluded(result)) if sentence]


def moved(result: xr.Dataset) -> list[str]:
    """Return one sentence for each energy window with the spectral weight moved in it."""
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
    between = f"{number(transition)} ({percent(transition, scored)}) lie between it and the majority"
    if verdict(result) == FOUND:
        kinds = int(np.nanmax(result["kind"].values, initial=0)) if "kind" in result else 0
        return [
            f"{number(minority)} of {number(scored)} spectra ({percent(minority, scored)}) are distinct from the rest "
            f"(the minority), {between}.",
            f"The minority holds {kinds} different kinds of spectra." if kinds > 1 else "",
            *moved(result),
        ]
    if "score" not in result:
        return ["This is what the distances of all pairs say; no twin network was trained."]
    if verdict(result) == UNDECIDED:
        return [f"By the score, {number(minority)} of {number(scored)} spectra are in the minority, {between}."]
    marked = (
        f" The {number(minority + transition)} spectra marked as minority or transition are its tail."
        if minority + transition
        else ""
    )
    return [
        "The spectra vary, but they vary as one population does: nothing sets a group of them apart from the "
        f"{number(scored)} others.{marked}",
        "The score and the figures below still rank the spectra from ordinary to unusual; they must not be read as "
        "evidence of two populations. A signal weaker than the noise of a single spectrum would also look like this.",
    ]


def _certainty(result: xr.Dataset) -> list[str]:
    sentences = []
    if (chance := result.attrs.get("distinct_population_p_value")) is not None and math.isfinite(float(chance)):
        size = float(chance)
        value = f"p\xa0=\xa0{number(size, 2)}" if size >= SMALLEST_P else f"p\xa0<\xa0{number(SMALLEST_P, 1)}"
        sentences.append(
            f"In a map with one smoothly varying population, evidence like this would turn up with a probability of "
            f"{value}: that is {strength(result, size)}. (Each spectrum is compared with its surroundings; the "
            "probability is that of a model of a smooth surface with noise, not a frequency counted on real ones.)"
        )
    if "score_std" in result and np.isfinite(result["score_std"].values).any():
        spread = result["score_std"].values
        members = f"the {result.sizes['member']} " if result.sizes.get("member", 0) > 1 else ""
        inside = spread[result["region"].values == Region.MINORITY] if "region" in result else spread[:0]
        also = f", and by {number(np.nanmedian(inside), 2)} within the minority" if np.isfinite(inside).any() else ""
        sentences.append(
            f"Between {members}independently trained twin networks the score of a point typically differs by "
            f"{number(np.nanmedian(spread), 2)}{also} (median standard deviation; the score runs from 0 to 1)."
        )
    agreements = [float(result.attrs.get(f"{name}_agreement", math.nan)) for name in ("embedding", "score")]
    if all(map(math.isfinite, agreements)):
        sentences.append(
            f"Two networks agree with a correlation of {number(agreements[0], 2)} in the projected space and "
            f"{number(agreements[1], 2)} in the score."
        )
    for note in str(result.attrs.get("training_notes", "")).splitlines():
        sentences.append(f"In the training of the {note}.")
    return sentences


def strength(result: xr.Dataset, chance: float) -> str:
    """Return how evidence is called that turns up by chance with some probability; it never contradicts the verdict."""
    second = "evidence for a second population"
    if verdict(result) == NOT_FOUND:
        return f"not enough {second}" if chance < FAIR else f"no {second}"
    return f"strong {second}" if chance < STRONG else f"fair {second}" if chance < FAIR else f"weak {second}"


def _excluded(result: xr.Dataset) -> list[str]:
    sizes = _sizes(result)
    missing, artefact = sizes[Region.MISSING], sizes[Region.ARTEFACT]
    if not missing and not artefact:
        return ["Every point holds a sound spectrum."]
    parts = [f"{number(missing)} {_plural(missing, 'point')} without a spectrum" if missing else ""]
    if artefact:
        parts.append(
            f"{number(artefact)} spoiled {_plural(artefact, 'spectrum', 'spectra')} (artefacts: tip jumps, clipping)"
        )
    left_out = " and ".join(part for part in parts if part)
    return [f"Left out of the analysis: {left_out}."]


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
