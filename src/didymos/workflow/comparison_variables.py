"""A comparison as a Dataset: what several methods found under the names and with the attributes of the schema."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, average_precision_score

from didymos.core.latent.distance_correlation import correlate_distances, distance_to_mean
from didymos.core.latent.separability import separability
from didymos.methods.agglomerative import cluster_sizes
from didymos.methods.interface import Tree
from didymos.schema import COMPARISON_VARIABLES, VERSION, Region
from didymos.workflow.assembly import add_map, add_regions
from didymos.workflow.comparison_settings import ComparisonSettings
from didymos.workflow.dataset import Assembly
from didymos.workflow.outcomes import Finding
from didymos.workflow.points import Points

GROUPS = 8
"""How many of the largest groups have an average spectrum."""
PLANE = 2
MERGE_FIELDS = ("left", "right", "height", "spectra")


class ComparisonAssembly(Assembly):
    """A comparison under construction."""

    variables = COMPARISON_VARIABLES


def assemble_comparison(
    points: Points,
    findings: Sequence[Finding],
    skipped: Mapping[str, str],
    truth: xr.DataArray | None,
    settings: ComparisonSettings,
) -> xr.Dataset:
    """Put what several methods found into one Dataset.

    Parameters
    ----------
    points : Points
    findings : sequence of Finding
        At least one.
    skipped : mapping of str to str
        Methods that were left out, and why.
    truth : xarray.DataArray of int8, optional
        1 defect, 0 none, -1 not counted.
    settings : ComparisonSettings

    Returns
    -------
    xarray.Dataset
        A comparison, see :data:`didymos.schema.COMPARISON_VARIABLES`.
    """
    assembly = ComparisonAssembly(points)
    add_map(assembly)
    add_regions(assembly, np.full(int(points.usable.sum()), Region.MAJORITY, dtype=np.int8))
    assembly.coordinate("algorithm", [finding.method.name for finding in findings])
    add_methods(assembly, findings)
    add_groups(assembly, findings)
    add_latent_planes(assembly, findings)
    add_distance_correlations(assembly, findings)
    add_truth(assembly, findings, truth, settings.seed)
    add_trees(assembly, {finding.method.name: finding.outcome.tree for finding in findings})
    source = points.map.attrs
    assembly.result.attrs.update(
        {
            "skipped_methods": json.dumps(dict(skipped), ensure_ascii=False),
            "preparation_notes": "\n".join(points.notes),
            "truth_source": "" if truth is None else str(truth.attrs.get("source", "")),
            "settings": settings.to_json(),
            "didymos_version": VERSION,
            "input_file": str(source.get("input_file", "")),
            "input_sha256": str(source.get("input_sha256", "")),
            "seed": settings.seed,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
    )
    return assembly.result


def add_methods(assembly: Assembly, findings: Sequence[Finding]) -> None:
    """Add names, notes, scores, labels and costs of the methods."""
    points = assembly.points
    assembly.add("method_title", [finding.method.title for finding in findings])
    notes = (map(_one_line, finding.outcome.notes) for finding in findings)
    assembly.add("method_note", ["\n".join(lines) for lines in notes])
    scores = [points.spread(finding.outcome.score, points.usable, dtype=np.float64) for finding in findings]
    assembly.add("method_score", np.stack(scores))
    labels = [points.spread(finding.label, points.usable, -1, np.int16) for finding in findings]
    assembly.add("method_label", np.stack(labels))
    assembly.add("seconds", [finding.cost.seconds for finding in findings])
    assembly.add("peak_memory", [finding.cost.peak_memory for finding in findings])


def add_groups(assembly: Assembly, findings: Sequence[Finding]) -> None:
    """Add number, sizes, average spectra and centres of the groups (the paper, Fig. 3c)."""
    points = assembly.points
    values = points.spectra[:]
    spectra = np.full((len(findings), GROUPS, values.shape[1]), np.nan)
    centres = np.full((len(findings), GROUPS, PLANE), np.nan)
    sizes = [np.bincount(finding.label, minlength=GROUPS + 1)[1:] for finding in findings]
    for index, finding in enumerate(findings):
        for group in range(min(len(sizes[index]), GROUPS)):
            if sizes[index][group]:
                spectra[index, group] = values[finding.label == group + 1].mean(axis=0, dtype=np.float64)
        if finding.centres is not None:
            shown = finding.centres[:GROUPS]
            centres[index, : len(shown)] = shown
    assembly.add("group_count", [int(np.count_nonzero(size)) for size in sizes])
    assembly.add("group_size", np.stack([size[:GROUPS] for size in sizes]).astype(np.int64))
    assembly.add("group_spectrum", spectra)
    assembly.add("group_centre", centres)
    assembly.coordinate("group", np.arange(1, GROUPS + 1))


def add_latent_planes(assembly: Assembly, findings: Sequence[Finding]) -> None:
    """Add the first two dims of every latent space, NaN where there is none."""
    points = assembly.points
    plane = np.full((len(findings), int(points.usable.sum()), PLANE), np.nan)
    origin = np.full((len(findings), PLANE), np.nan)
    for index, finding in enumerate(findings):
        if finding.outcome.space is not None and finding.origin is not None:
            dims = min(finding.outcome.space.shape[1], PLANE)
            plane[index, :, :dims] = finding.outcome.space[:, :dims]
            origin[index, :dims] = finding.origin[:dims]
    assembly.add("latent", np.stack([points.spread(each, points.usable) for each in plane]))
    assembly.add("latent_origin", origin)
    assembly.coordinate("latent_component", np.arange(1, PLANE + 1))


def add_distance_correlations(assembly: Assembly, findings: Sequence[Finding]) -> None:
    """Add the distances from the mean spectrum against those in the latent spaces (the paper, Figs. 5 and 6)."""
    points = assembly.points
    raw = distance_to_mean(points.spectra[:])
    assembly.add("distance_to_mean", points.spread(raw, points.usable))
    latent = [finding.latent_distance for finding in findings]
    found = [None if each is None else correlate_distances(raw, each) for each in latent]
    edges = correlate_distances(raw, raw).raw_edges
    bins = len(edges) - 1

    counts, middle = np.full((len(found), bins, bins), np.nan), np.full((len(found), bins), np.nan)
    for index, one in enumerate(found):
        if one is not None:
            counts[index], middle[index] = one.counts, _middle(one.latent_edges)
    assembly.add("distance_correlation", counts)
    assembly.add("latent_distance", middle)
    for name in ("line_share", "step_share", "step_index"):
        assembly.add(name, [np.nan if one is None else getattr(one, name) for one in found])
    assembly.coordinate("raw_distance_bin", _middle(edges))


def add_truth(assembly: Assembly, findings: Sequence[Finding], truth: xr.DataArray | None, seed: int) -> None:
    """Add the truth at the usable points, -1 elsewhere, and how well scores and labels agree with it."""
    points = assembly.points
    known = np.full(int(points.usable.sum()), -1) if truth is None else truth.values.ravel()[points.usable]
    attrs = {} if truth is None else {name: value for name, value in truth.attrs.items() if name != "source"}
    assembly.add("truth", points.spread(known, points.usable, -1, np.int8), **attrs)
    counted = known >= 0
    defect = known[counted]
    precision, held, agreement = np.full((3, len(findings)), np.nan)
    if 0 < defect.sum() < len(defect):
        for index, finding in enumerate(findings):
            precision[index] = average_precision_score(defect, finding.outcome.score[counted])
            if finding.outcome.space is not None:
                held[index] = separability(finding.outcome.space[counted], defect == 1, seed=seed)
            if finding.label.any():
                agreement[index] = adjusted_rand_score(defect, finding.label[counted])
    assembly.add("average_precision", precision)
    assembly.add("latent_average_precision", held)
    assembly.add("adjusted_rand_index", agreement)


def add_trees(assembly: Assembly, trees: Mapping[str, Tree | None]) -> None:
    """Add the upper ends of the hierarchies, NaN beyond the end of a smaller one (the paper, Fig. 3d)."""
    found = {name: tree for name, tree in trees.items() if tree is not None and len(tree.leaf_size) > 1}
    if not found:
        return
    leaves = max(len(tree.leaf_size) for tree in found.values())
    merges = np.full((len(found), leaves - 1, len(MERGE_FIELDS)), np.nan)
    sizes = np.full((len(found), leaves), np.nan)
    splits = np.full((len(found), leaves - 1), np.nan)
    for index, tree in enumerate(found.values()):
        number = len(tree.leaf_size)
        merges[index, : number - 1] = tree.merges
        sizes[index, :number] = tree.leaf_size
        splits[index, : number - 1] = split_sizes(tree)
    assembly.add("merges", merges)
    assembly.add("leaf_size", sizes)
    assembly.add("split_size", splits)
    assembly.coordinate("linkage", list(found))
    assembly.coordinate("merge_field", list(MERGE_FIELDS))
    assembly.coordinate("order", np.arange(2, leaves + 1))


def split_sizes(tree: Tree) -> NDArray[np.float64]:
    """Return the number of spectra in the smaller of the two clusters that each split makes.

    Parameters
    ----------
    tree : Tree

    Returns
    -------
    array, shape (n_leaves - 1,)
        Of the split into 2, 3 ... n_leaves clusters: the merges backwards.
    """
    size = cluster_sizes(tree.merges, tree.leaf_size)
    smaller = size[tree.merges[:, :2].astype(np.intp)].min(axis=1)
    return np.asarray(smaller[::-1], dtype=np.float64)


def _middle(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    return (edges[1:] + edges[:-1]) / 2


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
