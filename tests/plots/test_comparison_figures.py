from typing import Any

import numpy as np
import pytest
from comparison_builder import NAMES, build_comparison
from legibility import assert_legible
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram, fcluster, linkage

from didymos import plots
from didymos.plots import figure_of
from didymos.plots.comparison_groups import upper_end
from didymos.plots.comparison_sheet import SMALL, can_draw_small
from didymos.plots.maps import over_space

MANY = (*NAMES, "agglomerative-single", *(f"further-{number}" for number in range(10)))
FEW = ("kmeans-3", "agglomerative-ward", "umap")


@pytest.fixture(scope="module")
def comparisons():
    made = {
        "image": build_comparison(names=(*NAMES, "agglomerative-single")),
        "points": build_comparison("points", names=FEW),
        "wide": build_comparison("wide", names=FEW[:1]),
        "row": build_comparison("row", names=FEW[:2]),
        "no truth": build_comparison(names=FEW[:1], truth=False),
    }
    made["no topography"] = made["points"].drop_vars("topography")
    return made


KINDS = ("image", "points", "row", "no truth")
FURTHER = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("wide", "no topography")]


def drawable(comparison):
    for name in comparison["algorithm"].values:
        one = plots.of_method(comparison, str(name))
        yield from ((one, entry) for entry in plots.METHOD_FIGURES.values() if entry.can_draw(one))


@pytest.mark.parametrize("kind", [*KINDS, *FURTHER])
def test_every_figure_of_a_comparison_is_legible(kind, comparisons):
    for entry in plots.COMPARISON_FIGURES.values():
        assert_legible(entry.figure(comparisons[kind]))


@pytest.mark.parametrize("kind", [*KINDS, FURTHER[0]])
def test_every_figure_of_a_method_is_legible(kind, comparisons):
    for one, entry in drawable(comparisons[kind]):
        if one["algorithm"] in ("pca", "log-rescaled", "agglomerative-ward"):
            continue  # they have nothing that the other methods lack
        assert_legible(entry.figure(one))
        assert len(entry.caption(one)) > 60


@pytest.mark.parametrize("count", [1, 16])
def test_one_method_and_sixteen_fit_on_the_sheet(count):
    comparison = build_comparison("points", names=MANY[:count])
    figure = figure_of(plots.comparison_overview(comparison))
    assert_legible(figure)
    assert len(figure.axes) == 3 * count
    assert figure.get_figheight() < 13


def test_a_method_has_what_it_holds(comparisons):
    comparison = comparisons["image"]
    tree = plots.of_method(comparison, "agglomerative-single")
    assert tree["merges"].dims == ("merge", "merge_field")
    np.testing.assert_array_equal(tree["merges"], comparison["merges"].sel(linkage="agglomerative-single"))
    assert "merges" not in plots.of_method(comparison, "pca")
    np.testing.assert_array_equal(plots.of_method(comparison, "umap")["latent"], comparison["latent"][4])
    names = {name for name, entry in plots.METHOD_FIGURES.items() if entry.can_draw(tree)}
    assert names == set(plots.METHOD_FIGURES)


def test_a_method_without_a_space_has_no_plane(comparisons):
    one = plots.of_method(comparisons["image"], "log-rescaled")
    assert not plots.METHOD_FIGURES["plane"].can_draw(one)
    assert [kind for kind in SMALL if can_draw_small(one, kind)] == ["map", "distances"]
    figure = figure_of(plots.comparison_overview(comparisons["image"]))
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["none"]


def test_no_method_has_a_space():
    comparison = build_comparison("points", names=FEW, latent=False)
    comparison["distance_correlation"][1] = 0
    comparison["latent_distance"][1] = np.nan
    comparison["step_index"][1] = np.nan
    assert_legible(figure_of(plots.comparison_overview(comparison)))
    titles = [axes.get_title(loc="left") for axes in figure_of(plots.distance_correlations(comparison)).axes]
    assert len([title for title in titles if title]) == 2
    names = [
        name for name, entry in plots.METHOD_FIGURES.items() if entry.can_draw(plots.of_method(comparison, "umap"))
    ]
    assert names == ["score-map", "group-map", "spectra", "distance-correlation"]


def test_a_space_with_one_dim_is_drawn_against_the_score(comparisons):
    one = plots.of_method(comparisons["image"], "kmeans-3").copy(deep=True)
    one["latent"][..., 1] = np.nan
    one["group_centre"][:, 1] = np.nan
    figure = figure_of(plots.method_plane(one))
    assert_legible(figure)
    assert figure.axes[0].get_ylabel().startswith("score (")


def test_every_spectrum_is_a_dot_in_the_colour_of_its_group(comparisons):
    one = plots.of_method(comparisons["no truth"], "kmeans-3")
    panel = figure_of(plots.method_plane(one)).axes[0]
    sizes = sorted(
        len(np.asarray(dots.get_offsets())) for dots in panel.collections if type(dots).__name__ == "PathCollection"
    )
    assert sizes == sorted(one["group_size"].values[:3].tolist())


def test_boundaries_lie_where_two_centres_are_equally_near(comparisons):
    one = plots.of_method(comparisons["no truth"], "kmeans-3")
    panel = figure_of(plots.method_plane(one)).axes[0]
    marks = next(line for line in panel.lines if line.get_marker() == "X")
    centres = np.array(marks.get_data()).T
    assert len(centres) == 3
    lines = [drawn for drawn in panel.collections if type(drawn).__name__ == "QuadContourSet"]
    corners = np.concatenate([path.vertices for drawn in lines for path in drawn.get_paths()])
    distances = np.sort(np.linalg.norm(corners[:, np.newaxis] - centres, axis=-1), axis=1)
    spacing = np.ptp(panel.get_xlim()) / 300
    assert len(corners) > 50
    assert np.abs(distances[:, 1] - distances[:, 0]).max() < spacing


def test_boundaries_need_all_centres(comparisons):
    one = plots.of_method(comparisons["no truth"], "kmeans-3").copy(deep=True)
    one["group_count"] = 4  # one group is beyond those stored
    panel = figure_of(plots.method_plane(one)).axes[0]
    assert not [drawn for drawn in panel.collections if type(drawn).__name__ == "QuadContourSet"]


def test_the_score_map_shows_the_score_between_its_quantiles(comparisons):
    one = plots.of_method(comparisons["image"], "pca")
    image = figure_of(plots.method_score_map(one)).axes[0].images[0]
    score = one["method_score"].values
    shown: np.ndarray = np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan)
    np.testing.assert_allclose(shown / np.nanmax(shown), score / np.nanmax(score))
    low, high = np.nanquantile(shown, [0.005, 0.995])
    assert image.get_clim() == pytest.approx((low, high))


def test_true_defects_are_outlined_where_they_are(comparisons):
    for kind, expected in (("image", True), ("no truth", False)):
        one = plots.of_method(comparisons[kind], "kmeans-3")
        texts = [text.get_text() for text in figure_of(plots.method_score_map(one)).legends[0].get_texts()]
        assert any(text.startswith("true defect (") for text in texts) is expected
    rings = figure_of(plots.method_score_map(plots.of_method(comparisons["points"], "umap"))).axes[0].collections[-1]
    true = comparisons["points"]["truth"].values == 1
    x = comparisons["points"]["x"].values[true] * 1e9
    np.testing.assert_allclose(np.asarray(rings.get_offsets())[:, 0], x)


def test_groups_are_counted_in_the_legend(comparisons):
    one = plots.of_method(comparisons["image"], "umap")
    labels = over_space(one, "method_label")
    texts = [text.get_text() for text in figure_of(plots.method_group_map(one)).legends[0].get_texts()]
    expected = [f"group {number} ({int((labels == number).sum())})" for number in range(1, 9)]
    assert texts[:9] == [*expected, f"further groups ({int((labels > 8).sum())})"]


@pytest.mark.parametrize("method", ["ward", "single", "average"])
def test_the_upper_end_of_a_tree_is_that_of_scipy(method):
    values = np.random.default_rng(3).normal(size=(40, 4))
    tree = linkage(values, method)
    comparison = build_comparison("points", names=["agglomerative-ward"])
    one = plots.of_method(comparison, "agglomerative-ward").drop_dims(["merge", "leaf"])
    padded = np.full((45, 4), np.nan)  # a larger tree beside it leaves room
    padded[:39] = tree
    one["merges"] = (("merge", "merge_field"), padded)
    one["leaf_size"] = ("leaf", np.append(np.ones(40), np.full(6, np.nan)))
    upper, sizes = upper_end(one, 12)
    assert sizes.sum() == 40
    np.testing.assert_allclose(upper[:, 2], tree[-11:, 2])
    cut = np.bincount(fcluster(tree, 12, "maxclust"))[1:]
    assert sorted(sizes) == sorted(cut)
    drawn, full = (dendrogram(tree, 12, "lastp", no_plot=True), dendrogram(upper, no_plot=True))
    assert sorted(map(max, drawn["dcoord"])) == pytest.approx(sorted(map(max, full["dcoord"])))
    assert upper_end(one, 100)[1].tolist() == [1] * 40


def test_a_tree_names_the_sizes_of_its_leaves(comparisons):
    one = plots.of_method(comparisons["image"], "agglomerative-ward")
    axes = figure_of(plots.method_dendrogram(one)).axes[0]
    shown = [int(label.get_text()) for label in axes.get_xticklabels()]
    assert sum(shown) == int(one["leaf_size"].sum())
    assert len(shown) == 24


def test_flat_trees_and_splits_of_one_are_drawn(comparisons):
    one = plots.of_method(comparisons["image"], "agglomerative-ward").copy(deep=True)
    one["merges"][:, 2] = 0.0
    one["split_size"][:] = 1
    assert_legible(figure_of(plots.method_dendrogram(one)))
    assert_legible(figure_of(plots.method_split_sizes(one)))


def test_the_curves_are_the_stored_averages(comparisons):
    one = plots.of_method(comparisons["image"], "kmeans-3")
    lines = figure_of(plots.method_spectra(one)).axes[0].lines
    curves = [curve for line in lines if len(curve := np.asarray(line.get_ydata())) == one.sizes["energy"]]
    np.testing.assert_allclose(np.array(curves) * 1e-6, one["group_spectrum"].values[:3])


def test_small_pictures_have_no_words(comparisons):
    for name in ("kmeans-3", "umap"):
        for kind in SMALL:
            figure = figure_of(plots.thumbnail(plots.of_method(comparisons["points"], name), kind))
            panel = figure.axes[0]
            assert not panel.get_xlabel() + panel.get_ylabel()
            assert not [*panel.get_xticks(), *panel.get_yticks()]
            assert panel.collections or panel.images


@pytest.mark.parametrize("name", ["score-map", "group-map", "spectra", "distance-correlation", "dendrogram"])
def test_figures_take_the_axes_of_the_caller(name, comparisons):
    one = plots.of_method(comparisons["image"], "agglomerative-ward")
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    assert isinstance(axes, Axes)
    drawn: Any = plots.METHOD_FIGURES[name].draw  # the entries tell of the data only
    assert drawn(one, axes) is axes
