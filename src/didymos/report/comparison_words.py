"""The comparison of methods in plain words and numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from didymos.plots.comparison import has_truth
from didymos.plots.numbers import number
from didymos.report.csv_files import Table
from didymos.report.typography import percent, typeset
from didymos.schema import Region

NONE = "–"
DESCRIPTIONS: Mapping[str, str] = {
    "pca": "The plane of the two directions of largest variance. "
    "A spectrum is unusual where it is far from the mean spectrum in this plane.",
    "kmeans": "The plane of the first two principal components, divided into a given number of groups. Each spectrum "
    "belongs to the nearest centre. A spectrum is unusual where it is far from the centre of the largest group.",
    "agglomerative": "Single spectra merge into ever larger clusters, the nearest clusters first. The last two "
    "clusters are the groups. A spectrum is unusual where it joins most other spectra late.",
    "log-rescaled": "Two Gaussians describe the logarithms of the distances of all pairs. "
    "A spectrum is unusual where many of its distances belong to the component of large distances.",
    "kernel-pca": "Principal components of similarities that decrease with distance as a Gaussian. "
    "A spectrum is unusual where it is far from the mean spectrum in the plane of the first two components.",
    "nmf": "A sum of two non-negative spectra approximates every spectrum. "
    "A spectrum is unusual where its two weights are far from the weights of the mean spectrum.",
    "umap": "A plane in which each spectrum stays near its nearest neighbours. Large distances carry little meaning. "
    "A spectrum is unusual where it is far from the position of the mean spectrum.",
    "tsne": "A plane in which neighbours stay neighbours. The sizes of clusters and of gaps carry little meaning. "
    "A spectrum is unusual where it is far from the position of the mean spectrum.",
    "autoencoder": "A network compresses every spectrum to two numbers and restores the spectrum from these numbers. "
    "A spectrum is unusual where the error of the restored spectrum is large.",
    "twin": "Two copies of one network receive a pair of spectra. Training places similar spectra close together. "
    "A second, smaller network maps the embedding to one score for each spectrum.",
}
"""What the methods do, in a few sentences, by the name of the family."""


@dataclass(frozen=True)
class Column:
    """One number of every method.

    Attributes
    ----------
    name : str
        The variable.
    heading, meaning : str
        Short and in words with its unit.
    digits : int
        Decimals that are shown; -1 for as many as two figures take.
    best : callable, optional
        Of the numbers, returns the best.
    glance : bool
        Whether it stands beside the small pictures.
    """

    name: str
    heading: str
    meaning: str
    digits: int
    best: Callable[[list[float]], float] | None = None
    glance: bool = True

    def cell(self, value: float) -> str:
        """Return a number as it is shown."""
        if not math.isfinite(value):
            return NONE
        return number(value, 2) if self.digits < 0 else f"{value:.{self.digits}f}".replace("-", "−")


COLUMNS = (
    Column("average_precision", "AP", "average precision of the score against the truth, 1 is best", 3, max),
    Column(
        "latent_average_precision",
        "latent AP",
        "average precision of a nearest-neighbour classifier in the latent space, trained on the truth",
        3,
        max,
    ),
    Column("adjusted_rand_index", "ARI", "adjusted Rand index of the groups against the truth, 1 is best", 3, max),
    Column("step_index", "step index", "1 for a step of the latent distance, −1 for a line", 2, max),
    Column("seconds", "time (s)", "seconds the method took", -1, min, glance=False),
    Column("peak_memory", "memory (MB)", "peak memory during the method, above the memory before", 0, glance=False),
    Column("group_count", "groups", "number of groups", 0, glance=False),
)
"""The columns of the table of all methods."""


@dataclass(frozen=True)
class Cell:
    """A number as it is shown, and whether it is the best of its column."""

    text: str
    best: bool = False


def values_of(comparison: xr.Dataset, column: Column) -> list[float]:
    """Return one number of every method, NaN where it is not known."""
    if column.name not in comparison:
        return [math.nan] * comparison.sizes["algorithm"]
    return [float(value) for value in comparison[column.name].values]


def shown_columns(comparison: xr.Dataset) -> list[Column]:
    """Return the columns of which a comparison knows any number."""
    return [column for column in COLUMNS if any(map(math.isfinite, values_of(comparison, column)))]


def cells(comparison: xr.Dataset) -> list[list[Cell]]:
    """Return the table of all methods row by row, its columns those of :func:`shown_columns`.

    With a truth the best of each column is marked, at the precision shown; without one no method is known to be best.
    """
    columns = []
    for column in shown_columns(comparison):
        values = values_of(comparison, column)
        texts = [column.cell(value) for value in values]
        known = [value for value in values if math.isfinite(value)]
        best = column.cell(column.best(known)) if column.best and known and has_truth(comparison) else ""
        # one value alone, or the same for all, is no distinction
        marked = {best} if len(set(texts) - {NONE}) > 1 else set()
        columns.append([Cell(text, text in marked) for text in texts])
    return [list(row) for row in zip(*columns, strict=True)] or [[] for _ in comparison["algorithm"].values]


def summary_table(comparison: xr.Dataset) -> Table:
    """One row for each method: name, title, numbers, note."""
    texts = {name: [str(text) for text in comparison[name].values] for name in ("algorithm", "method_title")}
    notes = [str(note) for note in comparison["method_note"].values]
    numbers = {column.name: np.array(values_of(comparison, column)) for column in COLUMNS}
    numbers["group_count"] = comparison["group_count"].values.astype(int)
    units = {"seconds": "seconds (s)", "peak_memory": "peak_memory (MB)"}
    header = ("method", "title", *(units.get(name, name) for name in numbers), "note")
    return Table(header, (texts["algorithm"], texts["method_title"], *numbers.values(), notes))


def compared(comparison: xr.Dataset) -> str:
    """Return the one sentence that stands on top."""
    flags = comparison["region"].values
    kept = int((flags == Region.MAJORITY).sum())
    methods = comparison.sizes["algorithm"]
    file = str(comparison.attrs.get("input_file", "") or "a spectral map")
    subject = "method was" if methods == 1 else "methods were"
    how = f"{number(methods)} {subject} applied to the same {number(kept)} spectra of {file}."
    if not has_truth(comparison):
        return f"{how} The truth is not known, so the table does not show which method is correct."
    truth = comparison["truth"].values
    defects, counted = int((truth == 1).sum()), int((truth >= 0).sum())
    source = str(comparison.attrs.get("truth_source", ""))
    known = f"{number(defects)} of {number(counted)} counted spectra ({percent(defects, counted)}) are true defects"
    return f"{how} {known}{f' (from {source})' if source else ''}."


def left_out(comparison: xr.Dataset) -> list[str]:
    """Return which points were excluded from all methods."""
    flags = comparison["region"].values
    missing, artefact = (int((flags == region).sum()) for region in (Region.MISSING, Region.ARTEFACT))
    lines = [f"{number(missing)} without a spectrum"] if missing else []
    return lines + ([f"{number(artefact)} corrupted (region artefact)"] if artefact else [])


def skipped(comparison: xr.Dataset) -> list[tuple[str, str]]:
    """Return the methods that were left out, and why."""
    try:
        found = json.loads(str(comparison.attrs.get("skipped_methods", "{}")))
    except ValueError:
        return []
    return [(str(name), typeset(str(why))) for name, why in found.items()] if isinstance(found, Mapping) else []


def description(name: str) -> str:
    """Return what a method does; empty for methods of other packages."""
    families = (family for family in DESCRIPTIONS if name == family or name.startswith(f"{family}-"))
    return DESCRIPTIONS.get(next(families, ""), "")


def notes(one: xr.Dataset) -> list[str]:
    """Return the notes on the run of one method, as sentences."""
    lines = (line.strip() for line in typeset(str(one["method_note"].item())).splitlines())
    return [f"{line[0].upper()}{line[1:]}{'' if line.endswith(('.', '!', '?')) else '.'}" for line in lines if line]
