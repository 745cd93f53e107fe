"""What a page may ask the explorer, by the name of the request; every answer can be written as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.explorer.desk import Answer, Desk
from didymos.explorer.selection import average, inside
from didymos.io.spectra_text import read_spectrum
from didymos.schema import InputError
from didymos.views.layers import Layer
from didymos.views.payload import layer_entry
from didymos.workflow.alike import Alike, like_points, like_spectrum, noise_of
from didymos.workflow.progress import Report, silent

Request = Mapping[str, Any]
MOST_RANKED = 200
"""Spectra that a ranking names."""
SETTABLE = ("metric", "similarity", "threshold", "seed")
"""Settings with which a page may have a map analysed again."""


def hello(desk: Desk, request: Request, report: Report) -> Answer:
    """Tell a page that was opened what is on the desk; marks of a saved session are learnt."""
    desk.prepare(report)
    if desk.marks.labels and desk.taught is None:
        return {**desk.learn(desk.marks, report), "view": desk.view}
    lesson = {} if desk.taught is None else desk.lesson()
    return {**desk.state(), **lesson, "view": desk.view}


def mark(desk: Desk, request: Request, report: Report) -> Answer:
    """Label points, or take their labels away where the label is None."""
    points, label = points_in(desk, request), request.get("label")
    return desk.learn(desk.marks.remove(points) if label is None else desk.marks.add(points, str(label)), report)


def undo(desk: Desk, request: Request, report: Report) -> Answer:
    """Take the last change of the marks back."""
    return desk.learn(desk.marks.undo(), report)


def redo(desk: Desk, request: Request, report: Report) -> Answer:
    """Make the change again that was taken back last."""
    return desk.learn(desk.marks.redo(), report)


def evidence(desk: Desk, request: Request, report: Report) -> Answer:
    """Choose whether examples override the evidence of the map, or are all that trains."""
    desk.on_evidence = bool(request.get("on"))
    return desk.learn(desk.marks, report)


def average_of(desk: Desk, request: Request, report: Report) -> Answer:
    """Average a selection over all spectra at all energies."""
    polygons = request.get("polygons")
    if not isinstance(polygons, list):
        raise InputError("a selection has no polygons: give a list of them")
    chosen = inside(polygons, desk.shown, desk.settings.most_corners)
    points = desk.prepare(report).points
    found = average(points.values, points.finite, chosen)
    return {
        "energy": points.energy.tolist(),
        "mean": _finite(found.mean * desk.factor),
        "spread": _finite(found.spread * desk.factor),
        "count": found.count,
        "selected": found.selected,
    }


def alike(desk: Desk, request: Request, report: Report) -> Answer:
    """Rank all spectra by their similarity to points of the map, or to a spectrum that was pasted."""
    # labels of corrupted spectra change which ones the metric is fitted to
    ground = desk.prepare(report).ground if desk.taught is None else desk.taught.ground
    if "text" not in request:
        return _ranked(desk, like_points(ground.points, ground.features, points_in(desk, request)), 0.0)
    given = read_spectrum(str(request["text"]))
    noise = noise_of(ground.features.metric)
    return _ranked(desk, like_spectrum(ground.points, given.energy, given.values, noise=noise), -1.0)


def retrain(desk: Desk, request: Request, report: Report) -> Answer:
    """Analyse the map again with other settings."""
    wanted = request.get("settings")
    if not isinstance(wanted, Mapping):
        raise InputError("settings are no table of names and values")
    unknown = [name for name in wanted if name not in SETTABLE]
    if unknown:
        raise InputError(f"{unknown[0]!r} is to be set; allowed are {', '.join(SETTABLE)}")
    return desk.analyse_again({str(name): value for name, value in wanted.items()}, report)


def save(desk: Desk, request: Request, report: Report) -> Answer:
    """Save marks, view, and what the twins learnt."""
    return {**desk.state(), "saved": str(desk.save(str(request.get("view", "")), report))}


REQUESTS: Mapping[str, Callable[[Desk, Request, Report], Answer]] = {
    "hello": hello,
    "mark": mark,
    "undo": undo,
    "redo": redo,
    "evidence": evidence,
    "average": average_of,
    "alike": alike,
    "retrain": retrain,
    "save": save,
}
"""Requests by their name."""


def answer(desk: Desk, request: Request, report: Report = silent) -> Answer:
    """Do what is asked and return the answer; what was asked wrongly is answered with ``error``, one line.

    Parameters
    ----------
    desk : Desk
    request : mapping
        With ``do``, one of :data:`REQUESTS`, and what this needs.
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.

    Returns
    -------
    dict
        To be written as JSON.
    """
    act = REQUESTS.get(str(request.get("do")))
    try:
        if act is None:
            raise InputError(f"{str(request.get('do'))[:60]!r} is asked for; allowed are {', '.join(REQUESTS)}")
        with desk.lock:
            return act(desk, request, report)
    except InputError as error:
        return {"error": " ".join(str(error).split())}


def points_in(desk: Desk, request: Request) -> list[int]:
    """Return the points that a request names.

    Raises
    ------
    InputError
        Where they are no points of the map.
    """
    points, count = request.get("points"), int(desk.result["score"].size)
    whole = isinstance(points, list) and all(type(p) is int and 0 <= p < count for p in points)
    if not points or not whole:
        raise InputError(f"points are {str(points)[:60]}; allowed are numbers from 0 to {count - 1}")
    return [int(point) for point in points]


def _ranked(desk: Desk, found: Alike, low: float) -> Answer:
    values = found.similarity[desk.places.index].astype(np.float32)
    layer = Layer("alike", "similarity to the spectrum", values, low=low, high=1.0)
    return {"layer": layer_entry(layer), "ranked": found.order[:MOST_RANKED].tolist()}


def _finite(values: NDArray[np.floating]) -> list[float | None]:
    """Return numbers for JSON, None where there is none."""
    return [float(value) if np.isfinite(value) else None for value in values]
