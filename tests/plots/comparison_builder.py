"""A plausible comparison with every variable, made with scikit-learn and SciPy from a result of `result_builder`."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import xarray as xr
from result_builder import build_result
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

NAMES = ("pca", "kmeans-3", "agglomerative-ward", "log-rescaled", "umap")
TITLES = {
    "pca": "Principal components",
    "kmeans-3": "k-means, 3 clusters",
    "agglomerative-ward": "Agglomerative clustering, Ward linkage",
    "agglomerative-single": "Agglomerative clustering, single linkage",
    "log-rescaled": "Logarithm of the distances",
    "umap": "UMAP",
}
GROUPS, LEAVES, BINS = 8, 60, 24
QUALITIES = ("average_precision", "latent_average_precision", "adjusted_rand_index")
NUMBERS = ("line_share", "step_share", "step_index", "seconds", "peak_memory", *QUALITIES)


def build_comparison(layout="image", *, names=NAMES, truth=True, shape=None, latent=True, seed=0):
    """Return a comparison whose every variable fits the others; unknown names rotate the plane of PCA."""
    source = _source(layout, shape, seed)
    space = ("point",) if layout == "points" else ("y", "x")
    usable = np.isin(source["region"].values, (0, 1, 2))
    values = source["spectra"].values[usable].astype(float)
    data = source[["spectra", "topography"]].drop_vars(["energy_2"], errors="ignore")
    data["region"] = source["region"].where(~usable, 0).astype(np.int8)
    amplitude = source["truth_amplitude"].values
    known = np.where(amplitude > 0.5, 1, np.where(amplitude < 0.02, 0, -1))
    data["truth"] = (space, np.where(usable & truth, known, -1).astype(np.int8))
    raw = np.linalg.norm(values - values.mean(0), axis=1)
    data["distance_to_mean"] = (space, _spread(raw, usable), {"units": "V"})
    random = np.random.default_rng(seed)
    plane = PCA(2, random_state=0).fit_transform(values)
    single = [_method(name, values, plane, usable, raw, latent, random) for name in names]
    joined = xr.concat(single, "algorithm").rename({f"space_{index}": dim for index, dim in enumerate(space)})
    data = data.merge(joined).assign_coords(algorithm=list(names))
    for name in QUALITIES:
        data[name] = data[name] * (1.0 if truth else np.nan)
    data["group_spectrum"].attrs["units"] = "V"
    data.coords["raw_distance_bin"] = ("raw_distance_bin", _middle(np.linspace(0, raw.max(), BINS + 1)), {"units": "V"})
    _add_trees(data, [name for name in names if name.startswith("agglomerative")], values)
    data.attrs = _attributes(truth)
    return data


@cache
def _source(layout, shape, seed):
    return build_result(layout, shape=shape, seed=seed)


def _method(name, values, plane, usable, raw, latent, random):
    turn = random.normal(size=(2, 2))
    plane = plane if name in ("pca", "kmeans-3") else plane @ turn + random.normal(size=2) * np.ptp(plane)
    origin, groups = plane.mean(0), 3 if name == "kmeans-3" else 12 if name == "umap" else 2
    shares = np.linspace(0, 1, groups + 1)[1:-1] ** 1.5  # of different sizes
    found = np.digitize(plane[:, 0], np.quantile(plane[:, 0], shares))
    if name == "kmeans-3":
        fitted = KMeans(groups, n_init=1, random_state=0).fit(plane)
        found, centres = fitted.labels_, fitted.cluster_centers_
    if name.startswith("agglomerative"):
        found = fcluster(linkage(values, name.split("-")[1]), 2, "maxclust") - 1
    order = np.argsort(-np.bincount(found), kind="stable")
    labels = np.argsort(order)[found] + 1
    distance = np.linalg.norm(plane - origin, axis=1)
    spaceless = name == "log-rescaled" or not latent
    if spaceless:
        distance = np.log(raw + np.median(raw))
        plane, origin = np.full_like(plane, np.nan), np.full(2, np.nan)
    sides = np.linspace(distance.min(), distance.max(), BINS + 1)
    counts = np.histogram2d(raw, distance, [np.linspace(0, raw.max(), BINS + 1), sides])[0]
    space = tuple(f"space_{index}" for index in range(usable.ndim))
    one = xr.Dataset(
        {
            "method_title": TITLES.get(name, f"Method {name}"),
            "method_note": "Of 1,026 spectra 500 were clustered.\nThe rest followed." if "single" in name else "",
            "method_score": (space, _spread(distance, usable)),
            "method_label": (space, _spread(labels, usable, -1).astype(np.int32)),
            "group_count": groups,
            "latent": ((*space, "latent_component"), _spread(plane, usable)),
            "latent_origin": ("latent_component", origin),
            "distance_correlation": (("raw_distance_bin", "latent_distance_bin"), counts),
            "latent_distance": ("latent_distance_bin", _middle(sides)),
        }
    )
    one["group_centre"] = (("group", "latent_component"), np.full((GROUPS, 2), np.nan))
    if name == "kmeans-3":
        one["group_centre"][:groups] = centres[order]
    average, size = np.full((GROUPS, values.shape[1]), np.nan), np.zeros(GROUPS)
    for number in range(min(groups, GROUPS)):
        average[number] = values[labels == number + 1].mean(0)
        size[number] = (labels == number + 1).sum()
    one["group_spectrum"], one["group_size"] = (("group", "energy"), average), ("group", size.astype(int))
    for variable in NUMBERS:
        one[variable] = random.uniform(0.05, 1.0)
    one["seconds"], one["peak_memory"] = one["seconds"] * 90, one["peak_memory"] * 500
    return one.assign_coords(group=np.arange(1, GROUPS + 1), latent_component=[1, 2])


def _add_trees(data, names, values):
    if not names:
        return
    merges, leaves, splits = [], [], []
    for name in names:
        tree = linkage(values, name.split("-")[1])
        count = len(values)
        first = count - LEAVES
        upper = tree[first:].copy()
        inner = sorted({int(node) for node in upper[:, :2].ravel() if node < count + first})
        number = {node: index for index, node in enumerate(inner)}
        number |= {count + first + row: LEAVES + row for row in range(LEAVES - 1)}
        upper[:, :2] = [[number[int(node)] for node in row] for row in upper[:, :2]]
        sizes = np.array([1 if node < count else tree[node - count, 3] for node in inner])
        every = [*sizes, *upper[:, 3]]
        merges.append(upper)
        leaves.append(sizes)
        splits.append([min(every[int(left)], every[int(right)]) for left, right in upper[::-1, :2]])
    data.coords["linkage"] = names
    data.coords["order"] = np.arange(2, LEAVES + 1)
    data["merges"] = (("linkage", "merge", "merge_field"), np.array(merges), {"units": "V"})
    data["leaf_size"] = (("linkage", "leaf"), np.array(leaves, dtype=float))
    data["split_size"] = (("linkage", "order"), np.array(splits, dtype=float))


def _spread(values, usable, fill=np.nan):
    spread = np.full((*usable.shape, *values.shape[1:]), fill, dtype=float)
    spread[usable] = values
    return spread


def _middle(edges):
    return (edges[1:] + edges[:-1]) / 2


def _attributes(truth):
    return {
        "skipped_methods": json.dumps({"tsne": "it needs openTSNE: pip install openTSNE"}),
        "preparation_notes": "1 of 97 energies is missing in all spectra and is left out: 3 mV.",
        "truth_source": "the simulation" if truth else "",
        "settings": json.dumps({"methods": None, "seed": 7, "energy_range": None}),
        "didymos_version": "0.1.0",
        "input_file": "grid_007.3ds",
        "input_sha256": "ab" * 32,
        "seed": 7,
        "created": "2026-01-02T03:04:05Z",
    }
