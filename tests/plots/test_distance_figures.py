import matplotlib
import numpy as np
import pytest
from legibility import assert_legible
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from pair_builder import SPACES
from result_builder import SHAPES, build_result

from didymos import plots
from didymos.plots import captions, figure_of
from didymos.plots.latent_distances import step_words

NEW = ("distance_sweep", "abundance", "distance_correlation")


@pytest.fixture(scope="module")
def image():
    return build_result("image")


def changed(result, **attributes):
    return result.assign_attrs(attributes)


def names_in_legend(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def x_of(line):
    return np.asarray(line.get_xdata())


def y_of(line):
    return np.asarray(line.get_ydata())


def mesh_of(axes):
    mesh = axes.collections[0]
    assert isinstance(mesh, QuadMesh)
    return mesh


def band_of(figure):
    return [patch for patch in figure.axes[2].patches if patch.get_label() == "standard error"]


def test_they_follow_the_distance_statistics():
    names = list(plots.FIGURES)
    first = names.index("distance_statistics") + 1
    assert tuple(names[first : first + 3]) == NEW
    assert set(NEW) <= set(plots.__all__)


@pytest.mark.parametrize("name", NEW)
def test_they_are_left_out_without_what_they_need(name, image):
    assert name in plots.available(image)
    for needed in plots.FIGURES[name].needs:
        assert name not in plots.available(image.drop_vars(needed)), needed


def test_nothing_is_shown_of_a_single_spectrum():
    assert "abundance" not in plots.available(build_result("pixel"))


@pytest.mark.parametrize("layout", SHAPES)
def test_captions_are_short_in_every_layout(layout):
    result = build_result(layout)
    for name in NEW:
        assert 1 <= plots.FIGURES[name].caption(result).count(". ") <= 5


# the sweep


def test_every_n_of_the_sweep_has_its_curve(image):
    axes = figure_of(plots.distance_sweep(image)).axes[0]
    curves = sorted((line for line in axes.lines if len(x_of(line)) > 2), key=lambda line: y_of(line).min())
    offsets, bins = image["sweep_offset"].values, image["sweep_bin"].values
    assert len(curves) == len(offsets) == len(axes.get_yticks())
    heights = [y_of(line) - number for number, line in enumerate(curves)]
    assert [height.max() for height in heights] == pytest.approx([heights[0].max()] * len(offsets))
    assert all(height.min() == pytest.approx(0, abs=1e-9) for height in heights)
    for line, density in zip(curves, image["log_distance_sweep"].values, strict=True):
        assert x_of(line)[y_of(line).argmax()] == bins[density.argmax()]
        # the curve does not run along the axis where no pair is
        assert len(x_of(line)) <= np.ptp(np.flatnonzero(density)) + 3
    shown = [text.get_text() for text in axes.get_yticklabels()]
    assert shown == [f"{offset:.3g}" for offset in offsets]
    assert axes.get_ylabel() == "shift n (σ)"
    turned = figure_of(plots.distance_sweep(image.isel(sweep_offset=slice(None, None, -1)))).axes[0]
    assert [text.get_text() for text in turned.get_yticklabels()] == shown


@pytest.mark.parametrize("number", [0, 3, 5])
def test_the_n_chosen_is_the_thick_curve(number, image):
    offset = float(image["sweep_offset"][number])
    result = changed(image, distance_offset=offset)
    figure = figure_of(plots.distance_sweep(result))
    thick = [line for line in figure.axes[0].lines if line.get_linewidth() > 1.5]
    assert [y_of(line).min() for line in thick] == [pytest.approx(number, abs=1e-9)]
    assert names_in_legend(figure) == [f"n = {offset:.3g} σ, as chosen"]
    assert "has the chosen shift (" in captions.distance_sweep(result)


def test_another_n_is_said_to_be_near(image):
    assert names_in_legend(figure_of(plots.distance_sweep(image))) == ["n = 1.64 σ, nearest to the chosen shift"]
    assert "the shift nearest to the chosen shift (2 σ)" in captions.distance_sweep(image)
    unknown = image.copy()
    del unknown.attrs["distance_offset"]
    assert names_in_legend(figure_of(plots.distance_sweep(unknown))) == []
    assert "thick" not in captions.distance_sweep(unknown)


def test_the_sweep_darkens_evenly(image):
    lines = [line for line in figure_of(plots.distance_sweep(image)).axes[0].lines if len(x_of(line)) > 2]
    lines.sort(key=lambda line: y_of(line).min())
    red, green, blue = np.array([matplotlib.colors.to_rgb(line.get_color()) for line in lines]).T
    brightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(brightness) > 0).all()
    assert brightness.max() < 0.75


# the abundance


def test_the_abundance_is_drawn_where_it_was_measured(image):
    figure = figure_of(plots.abundance(image))
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), image["abundance"].values)
    assert figure.axes[0].get_xlabel() == "x (nm)"
    line = build_result("row")
    np.testing.assert_array_equal(
        figure_of(plots.abundance(line)).axes[0].lines[0].get_ydata(), line["abundance"].values[0]
    )


def test_the_typical_histograms_are_counted_and_marked(image):
    figure = figure_of(plots.abundance(image))
    majority, minority = image["distance_group_size"].values
    labels = {f"mostly small d ({majority})", f"mostly large d ({minority})", "peak of large d"}
    assert labels <= set(names_in_legend(figure))
    steps = [patch for patch in figure.axes[1].patches if hasattr(patch, "get_data")]
    for patch, density in zip(steps, image["typical_log_distance_histogram"].values, strict=True):
        np.testing.assert_array_equal(patch.get_data().values, density)
    peaks = [x_of(line)[0] for line in figure.axes[1].lines]
    assert peaks == [image.attrs["distance_peak"]]


def test_a_label_without_spectra_is_not_drawn(image):
    result = image.copy(deep=True)
    result["typical_log_distance_histogram"][1] = np.nan
    result["distance_group_size"][1] = 0
    result["distance_label"] = result["distance_label"].clip(max=0)
    figure = figure_of(plots.abundance(result))
    assert not [name for name in names_in_legend(figure) if name.startswith("mostly large")]
    assert "No spectrum is in the second group." in captions.abundance(result)
    assert "No spectrum is in the second group." not in captions.abundance(image)
    assert_legible(figure)


# the distance correlation


@pytest.mark.parametrize("spaces", [1, 2, 3, 11, 12])
def test_every_latent_space_has_a_legible_panel(spaces):
    result = build_result("wide", spaces=spaces)
    result["step_index"][0] = np.nan
    figure = figure_of(plots.distance_correlation(result))
    assert_legible(figure)
    titles = [axes.get_title(loc="left").split("\n") for axes in figure.axes if axes.get_title(loc="left")]
    assert len(titles) == spaces
    for (name, index), space, value in zip(titles, SPACES, result["step_index"].values, strict=False):
        assert space.startswith(name.rstrip("…"))
        assert index == step_words(value)
    assert titles[0][1] == "no step index"
    assert figure.get_figheight() < 9


def test_the_density_is_that_of_the_spectra(image):
    figure = figure_of(plots.distance_correlation(image))
    counts = image["distance_correlation"].values
    for number, axes in enumerate(figure.axes[: len(counts)]):
        mesh = mesh_of(axes)
        np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), 0), counts[number].T)
        # one scale, so that the colours mean the same in every panel
        assert mesh.get_clim() == (1, counts.max())
        raw = mesh.get_coordinates()[0, :, 0]
        np.testing.assert_allclose((raw[1:] + raw[:-1]) / 2, 1e6 * image["raw_distance_bin"].values)
    words = [text.get_text() for text in figure.texts]
    assert words == ["distance from the mean spectrum (µV)", "latent distance (arb. units)"]


def test_a_single_spectrum_is_seen_on_white(image):
    mesh = mesh_of(figure_of(plots.distance_correlation(image)).axes[0])
    assert max(mesh.to_rgba(1.0)[:3]) < 0.85


def test_the_units_of_a_small_latent_space_are_named(image):
    first, second, *_ = figure_of(plots.distance_correlation(image)).axes
    assert first.get_ylabel() == "(10⁻⁶ arb. units)"
    low, high = first.get_ylim()
    stored = image["latent_distance"].values[0]
    assert low < 1e6 * stored.max() <= high
    assert second.get_ylabel() == ""
    alone = figure_of(plots.distance_correlation(image.isel(latent_space=[0]))).axes[0]
    assert alone.get_ylabel() == "latent distance (10⁻⁶ arb. units)"
    assert alone.get_xlabel() == "distance from the mean spectrum (µV)"


def test_a_caller_gives_one_axes_for_each_space(image):
    axes = Figure().subplots(3, 1)
    figure = figure_of(plots.distance_correlation(image, ax=axes))
    assert [panel.get_title(loc="left").split("\n")[0] for panel in axes] == list(SPACES[:3])
    assert all("mean spectrum (µV)" in panel.get_xlabel() for panel in axes)
    assert figure is axes[0].figure
    with pytest.raises(ValueError, match="3 panels, 2 axes"):
        figure_of(plots.distance_correlation(image, ax=axes[:2]))


def test_the_caption_tells_of_a_missing_step_index(image):
    assert "is undefined" not in captions.distance_correlation(image)
    flat = image.copy(deep=True)
    flat["step_index"][1] = np.nan
    assert "is undefined" in captions.distance_correlation(flat)
    assert step_words(0.834) == "step index 0.83"
    assert step_words(-0.5) == "step index −0.50"


# what the distance statistics say of the test and of the pairs


def test_the_standard_error_is_a_band_where_pairs_were_sampled(image):
    assert band_of(figure_of(plots.distance_statistics(image))) == []
    sampled = image.copy()
    sampled["log_distance_histogram_std"] = 0.05 * image["log_distance_histogram"]
    (band,) = band_of(figure_of(plots.distance_statistics(sampled)))
    top, _, bottom = band.get_data()
    np.testing.assert_allclose(top, 1.05 * image["log_distance_histogram"].values)
    np.testing.assert_allclose(bottom, 0.95 * image["log_distance_histogram"].values)
    assert_legible(figure_of(plots.distance_statistics(sampled)))
    assert band_of(figure_of(plots.distance_statistics(image.drop_vars("log_distance_histogram_std")))) == []


def test_the_caption_says_how_many_pairs(image):
    assert "among all 525\u202f825 pairs." in captions.distance_statistics(image)
    sampled = changed(image, distance_pairs=5_000_000, distance_references=1000)
    sampled["log_distance_histogram_std"] = 0.05 * image["log_distance_histogram"]
    words = captions.distance_statistics(sampled)
    assert "among 5\u202f000\u202f000 pairs (each spectrum with 1\u202f000 drawn at random; the band" in words
    older = image.drop_vars("log_distance_histogram_std").drop_attrs(deep=False)
    assert "among all pairs." in captions.distance_statistics(older)


@pytest.mark.parametrize(
    ("chance", "words"), [(0.0002, "a share of less than 0.001 gives"), (0.012, "a share of 0.012 gives")]
)
@pytest.mark.parametrize("distinct", [0, 1])
def test_the_two_gaussians_are_a_description_and_no_verdict(chance, distinct, words, image):
    caption = captions.distance_statistics(changed(image, two_gaussians_p_value=chance, distinct_population=distinct))
    assert words in caption
    assert "the test for a distinct population is another one" in caption
    assert "evidence" not in caption


@pytest.mark.parametrize("chance", [None, np.nan, "unknown"])
def test_without_a_test_the_caption_does_not_tell_of_one(chance, image):
    result = changed(image, two_gaussians_p_value=chance)
    if chance is None:
        del result.attrs["two_gaussians_p_value"]
    words = captions.distance_statistics(result)
    assert "a share of" not in words
    assert "their sum. The dotted" in words
