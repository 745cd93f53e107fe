"""The numbers of a result as CSV files, in the units of the report."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos.plots.distances import distance_units
from didymos.plots.pairs import group_words
from didymos.plots.surface import length_scale
from didymos.plots.units import Scale, scale, units_of
from didymos.report.csv_files import Column, Table, write_table
from didymos.schema import RESULT_VARIABLES, Region, is_image, space_dims
from didymos.schema.given import check_path, is_dataset, no_result

PER_POINT = (
    "score",
    "score_std",
    "kind",
    "topography",
    "distance_to_majority",
    "mean_distance",
    "distance_to_mean",
    "abundance",
    "distance_label",
)
"""Variables that have a column in the table of the points."""
DISTANCES = ("distance_to_majority", "mean_distance")
"""Those of them in the unit of the metric."""


def write_tables(result: xr.Dataset, folder: str | os.PathLike[str]) -> list[Path]:
    """Write every table that a result holds as ``folder/tables/<name>.csv``.

    Lengths, signals and weights have the units of the report, which the headers name. Numbers have a decimal point and
    as many digits as tell them apart; missing ones are ``nan``. The result itself holds all digits.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    folder : path
        Where the folder ``tables`` is made.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    if not is_dataset(result):
        raise no_result(result, "write_tables")
    check_path(folder, "the folder")
    tables = Path(folder) / "tables"
    paths = []
    for name, build in TABLES.items():
        path = tables / f"{name}.csv"
        table = build(result)
        if table is None:
            # a table of an earlier result in the same folder would pass for one of this
            path.unlink(missing_ok=True)
            continue
        paths.append(write_table(table, path))
    return paths


def header(data: xr.DataArray, name: str, *, units: str | None = None) -> str:
    """Return a column name with its unit: ``energy (mV)``."""
    unit = str(data.attrs.get("units", "") if units is None else units).strip()
    return f"{name} ({unit})" if unit not in ("", "1") else name


def region_spectra(result: xr.Dataset) -> Table | None:
    """Average spectra of the regions with their standard deviations."""
    if "region_spectrum" not in result:
        return None
    signal, shown = _signal(result, result["region_spectrum"].values)
    names, columns = [header(result["energy"], "energy")], [result["energy"].values]
    for region in result["region_name"].values:
        for variable, words in (("region_spectrum", ""), ("region_spectrum_std", " standard deviation")):
            if variable in result:
                names.append(header(result[variable], f"{region} {signal}{words}", units=shown.units))
                columns.append(shown(result[variable].sel(region_name=region).values))
    return Table(tuple(names), tuple(columns))


def kind_spectra(result: xr.Dataset) -> Table | None:
    """Average spectra of the kinds."""
    if "kind_spectrum" not in result or not result["kind_spectrum"].size:
        return None
    spectra = result["kind_spectrum"].transpose("kind_index", "energy")
    signal, shown = _signal(result, spectra.values)
    numbers = result["kind_index"].values
    names = [header(spectra, f"kind {int(number)} {signal}", units=shown.units) for number in numbers]
    return Table((header(result["energy"], "energy"), *names), (result["energy"].values, *shown(spectra.values)))


def regions(result: xr.Dataset) -> Table | None:
    """How many spectra every region has."""
    if "region" not in result:
        return None
    flags = result["region"].values
    sizes = [int((flags == region).sum()) for region in Region]
    shares = [size / flags.size if flags.size else 0.0 for size in sizes]
    return Table(("region", "number of spectra", "share"), ([region.name.lower() for region in Region], sizes, shares))


def scores(result: xr.Dataset) -> Table | None:
    """Position, score, region, kind and distances of every point."""
    known = [name for name in PER_POINT if name in result]
    if not known:
        return None
    space = space_dims(result)
    columns: dict[str, np.ndarray[Any, Any]] = {}
    length = length_scale(result)
    for name, dim in (("x", space[-1]), ("y", space[0])):
        position = result[name] if name in result.coords else xr.DataArray(np.arange(result.sizes[dim]), dims=dim)
        spread = position.broadcast_like(result[known[0]]) if is_image(result) else position
        columns[header(position, name, units=length.units)] = length(spread.transpose(*space).values.ravel())
    for name in known:
        values = result[name].transpose(*space).values.ravel()
        units = distance_units(result) if name in DISTANCES else units_of(result[name])
        shown = _shown(values, units)
        columns[header(result[name], name, units=shown.units)] = shown(values) if shown.factor != 1 else values
    if "region" in result:
        words = {int(region): region.name.lower() for region in Region}
        flags = result["region"].transpose(*space).values.ravel().astype(int)
        columns["region"] = np.array([words[flag] for flag in flags.tolist()])
    return Table(tuple(columns), tuple(columns.values()))


def energy_windows(result: xr.Dataset) -> Table | None:
    """Boundaries of the energy windows and the spectral weight moved in each."""
    if "window_start" not in result or not result["window_start"].size:
        return None
    energy = units_of(result["energy"])
    moved = result["window_weight_transfer"].values if "window_weight_transfer" in result else np.zeros(0)
    shown = _shown(moved, weight_units(result))
    weight = shown.units
    named = {
        "window_start": ("start", energy),
        "window_stop": ("stop", energy),
        "window_sign": ("sign", ""),
        "window_strength": ("mean correlation with the opposite windows", ""),
        "window_weight_transfer": ("weight transfer", weight),
        "window_weight_transfer_std": ("weight transfer standard error", weight),
    }
    known = {name: words for name, words in named.items() if name in result}
    names = [header(result[name], words, units=units) for name, (words, units) in known.items()]
    columns = [
        shown(result[name].values) if name.startswith("window_weight") else result[name].values for name in known
    ]
    return Table(tuple(names), tuple(columns))


def weight_units(result: xr.Dataset) -> str:
    """Return the unit of spectral weight: that of the signal times that of the energy, unless one is stored."""
    stored = str(result["window_weight_transfer"].attrs.get("units", "")) if "window_weight_transfer" in result else ""
    parts = [str(result[name].attrs.get("units", "")).strip() for name in ("spectra", "energy") if name in result]
    return stored or " ".join(part for part in parts if part)


def defects(result: xr.Dataset) -> Table | None:
    """List the single defects: every variable ``defect_...`` with one dim; none where there is no defect."""
    names = [str(name) for name in result.data_vars if str(name).startswith("defect_")]
    order = [name for name in RESULT_VARIABLES if name.startswith("defect_")]
    names.sort(key=lambda name: (order.index(name) if name in order else len(order), name))
    flat = [name for name in names if result[name].ndim == 1]
    same = [name for name in flat if result[name].dims == result[flat[0]].dims]
    if not same or not result[same[0]].size:
        return None
    length = length_scale(result)
    headers, columns = [], []
    for name in same:
        is_length = name in ("defect_x", "defect_y", "defect_extent")
        units = length.units if is_length else units_of(result[name])
        headers.append(header(result[name], name.removeprefix("defect_"), units=units))
        columns.append(length(result[name].values) if is_length else result[name].values)
    return Table(("defect", *headers), (np.arange(1, len(columns[0]) + 1), *columns))


def distance_histogram(result: xr.Dataset) -> Table | None:
    """How many pairs of spectra have each distance."""
    if "distance_histogram" not in result:
        return None
    along = result["distance_bin"]
    names = (header(along, "distance", units=distance_units(result)), "number of pairs")
    return Table(names, (along.values, result["distance_histogram"].values))


def distance_moments(result: xr.Dataset) -> Table | None:
    """Mean, standard deviation, skewness and excess kurtosis of the distances, in one row."""
    if "distance_moments" not in result:
        return None
    moments = result["distance_moments"]
    names = [str(name) for name in moments["moment"].values]
    units = [distance_units(result) if name in ("mean", "sd") else "" for name in names]
    headers = [header(moments, name, units=unit) for name, unit in zip(names, units, strict=True)]
    return Table(tuple(headers), tuple(moments.values[:, np.newaxis]))


def distance_quantiles(result: xr.Dataset) -> Table | None:
    """Return the distances that some shares of the pairs do not exceed."""
    if "distance_quantile" not in result:
        return None
    quantile = result["distance_quantile"]
    names = ("share of pairs", header(quantile, "distance", units=distance_units(result)))
    return Table(names, (quantile["pair_share"].values, quantile.values))


def typical_histograms(result: xr.Dataset) -> Table | None:
    """Average histogram of log(distance + offset) of single spectra, for each group by distance."""
    if "typical_log_distance_histogram" not in result:
        return None
    density = result["typical_log_distance_histogram"].transpose("distance_group", "log_distance_bin")
    # not the names of the regions, which are other spectra
    names = [f"density of {group_words(str(name))}" for name in density["distance_group"].values]
    return Table(("log(distance + offset)", *names), (result["log_distance_bin"].values, *density.values))


def distance_correlation(result: xr.Dataset) -> Table | None:
    """How well a line and a step describe the distances in each latent space."""
    named = {
        "line_share": "share of variance explained by a line",
        "step_share": "share of variance explained by a step",
        "step_index": "step index",
    }
    known = {name: words for name, words in named.items() if name in result}
    if not known:
        return None
    spaces = result[next(iter(known))]["latent_space"].values
    return Table(("latent space", *known.values()), (spaces, *(result[name].values for name in known)))


def _along(variable: str, name: str, dim: str, position: str) -> Callable[[xr.Dataset], Table | None]:
    """Return a table of one variable along its only dim."""

    def build(result: xr.Dataset) -> Table | None:
        if variable not in result:
            return None
        along = result[dim]
        columns = (along.values, result[variable].values)
        return Table((header(along, position), header(result[variable], name)), columns)

    return build


TABLES: Mapping[str, Callable[[xr.Dataset], Table | None]] = {
    "region_spectra": region_spectra,
    "regions": regions,
    "scores": scores,
    "pca": _along("explained_variance_ratio", "explained variance ratio", "mode", "mode"),
    "distance_histogram": distance_histogram,
    "log_distance_histogram": _along(
        "log_distance_histogram", "density of pairs", "log_distance_bin", "log(distance + offset)"
    ),
    "distance_moments": distance_moments,
    "distance_quantiles": distance_quantiles,
    "typical_log_distance_histograms": typical_histograms,
    "distance_correlation": distance_correlation,
    "energy_windows": energy_windows,
    "kind_spectra": kind_spectra,
    "defects": defects,
}
"""The tables by name."""


def _signal(result: xr.Dataset, values: Column) -> tuple[str, Scale]:
    """Return the name of the signal, and the scale that suits some of its values."""
    data = result["spectra"] if "spectra" in result else result["region_spectrum"]
    return str(data.attrs.get("long_name", "") or "signal"), _shown(values, units_of(data))


def _shown(values: Column, units: str) -> Scale:
    """Return the scale of the report; plain numbers, and distances in σ, stay as they are."""
    return Scale(1.0, units) if units in ("", "1", "σ") else scale(np.asarray(values, dtype=float), units)
