"""What a page with two methods side by side knows, against the comparison."""

import json

import numpy as np
import pytest
from comparison_builder import build_comparison

from didymos.plots import of_method
from didymos.plots.comparison_plane import plane
from didymos.views import ComparedSettings, ViewSettings, compared_views
from didymos.views.comparison_payload import compared_payload, first_sides, paired, quantised
from didymos.views.payload import decoded


def read(entry):
    """Values from their levels, as the page reads them."""
    level = decoded(entry["level"])
    values = entry["low"] + (level.astype(float) / 32767 + 1) / 2 * (entry["high"] - entry["low"])
    return np.where(level == -32768, np.nan, values)


def unpaired(entry, count):
    """Numbers from two in a byte, as the page reads them."""
    return np.array([(int(byte) >> shift) & 15 for byte in decoded(entry) for shift in (0, 4)])[:count] - 1


def test_scores_groups_and_planes_come_back():
    comparison = build_comparison(names=("pca", "kmeans-3", "umap", "log-rescaled"))
    values, _ = compared_payload(comparison, ComparedSettings())
    for index, method in enumerate(values["methods"]):
        one = comparison.isel(algorithm=index)
        score = one["method_score"].values.ravel()
        np.testing.assert_allclose(read(method["score"]), score, atol=np.ptp(score[np.isfinite(score)]) / 1e5)
        groups = np.minimum(one["method_label"].values.ravel(), 9)
        np.testing.assert_array_equal(unpaired(method["groups"], groups.size), groups)
        expected = plane(of_method(comparison, method["name"]))
        if not np.isfinite(expected.x).any():
            assert method["plane"] is None
            continue
        shown = values["planes"][method["plane"]]
        np.testing.assert_allclose(read(shown["x"]), expected.x, atol=np.nanmax(np.abs(expected.x)) / 5e4)
        assert shown["xLabel"] == expected.x_label


def test_methods_of_the_same_plane_share_it():
    values, _ = compared_payload(build_comparison(names=("pca", "kmeans-3", "umap")), ComparedSettings())
    assert [method["plane"] for method in values["methods"]] == [0, 0, 1]
    assert len(values["planes"]) == 2


@pytest.mark.parametrize(
    ("names", "sides"),
    [
        (["pca", "umap", "twin", "twin-robust"], ["twin", "pca"]),
        (["umap", "twin-euclidean", "twin-robust"], ["twin-robust", "umap"]),
        (["twin-mine", "nmf"], ["twin-mine", "nmf"]),
        (["nmf", "pca"], ["nmf", "pca"]),
        (["pca", "nmf"], ["pca", "nmf"]),
        (["pca"], ["pca", "pca"]),
    ],
)
def test_a_page_begins_with_the_twins_and_pca(names, sides):
    assert first_sides(names) == sides


@pytest.mark.parametrize("values", [[1.0, np.nan, 3.0, 2.0], [5.0, 5.0], [np.nan, np.nan], [-1e-30, 1e30]])
def test_quantised_values_come_back(values):
    values = np.array(values)
    found = read(quantised(values))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(values))
    known = np.isfinite(values)
    np.testing.assert_allclose(found[known], values[known], atol=np.ptp(values[known]) / 1e5 if known.any() else 0)


@pytest.mark.parametrize("count", [1, 2, 11])
def test_pairs_of_numbers_come_back(count):
    numbers = np.random.default_rng(0).integers(-1, 15, count)
    packed = paired(numbers)
    assert len(packed) == -(-count // 2)
    both = np.stack([packed & 15, packed >> 4], axis=1).ravel()[:count].astype(int) - 1
    np.testing.assert_array_equal(both, numbers)


def test_the_highest_mean_rank_of_a_block_is_kept():
    comparison = build_comparison(names=("pca", "umap"))
    values, places = compared_payload(comparison, ComparedSettings(ViewSettings(most_places=300)))
    rows, columns = comparison["region"].shape
    assert len(places.index) <= 300
    scores = comparison["method_score"].values.reshape(2, -1)
    known = np.isfinite(scores).all(axis=0)
    best = np.mean([np.argsort(np.argsort(np.nan_to_num(score, nan=-1))) for score in scores], axis=0)
    side = round(np.sqrt(rows * columns / len(places.index)))
    shown = set(places.index.tolist())
    for row in range(0, rows - side + 1, side):
        for column in range(0, columns - side + 1, side):
            block = [(row + i) * columns + column + j for i in range(side) for j in range(side)]
            block = [point for point in block if known[point]]
            assert not block or max(block, key=lambda point: best[point]) in shown
    assert values["places"]["points"] == rows * columns


def test_many_methods_leave_fewer_energies_and_the_page_its_size():
    names = ["pca", *(f"other-{number}" for number in range(5))]
    comparison = build_comparison(names=names)
    full, _ = compared_payload(comparison, ComparedSettings())
    assert len(full["spectra"]["energy"]) == comparison.sizes["energy"]
    small = ComparedSettings(most_bytes=70_000, least_energies=10)
    values, places = compared_payload(comparison, small)
    text = json.dumps({name: values[name] for name in ("methods", "planes")})
    held = len(places.index) * len(values["spectra"]["energy"])
    assert 10 < len(values["spectra"]["energy"]) < comparison.sizes["energy"]
    assert held + 0.75 * len(text) < 1.1 * small.most_bytes
    least, _ = compared_payload(comparison, ComparedSettings(most_bytes=1, least_energies=10))
    assert len(least["spectra"]["energy"]) == 10


def test_without_planes_groups_or_truth():
    comparison = build_comparison(names=("pca", "umap"), truth=False)[["spectra", "region", "method_score"]]
    views = compared_views(comparison, ["One", "Two"])
    assert views is not None
    assert views.colours == (("score", "score of each method"),)
    assert not views.has_planes
    assert views.methods == (("pca", "One"), ("umap", "Two"))


def test_nothing_to_show_is_no_view():
    comparison = build_comparison(names=("pca",))
    comparison["method_score"][:] = np.nan
    assert compared_views(comparison, ["PCA"]) is None
    assert compared_views(comparison.drop_vars("method_score"), ["PCA"]) is None
    assert compared_views(build_comparison(names=("pca",)).isel(y=[0], x=[0]), ["PCA"]) is None
