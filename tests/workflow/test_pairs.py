from itertools import pairwise

import numpy as np
import pytest

import didymos
import naive
from didymos import InputError, Settings, simulate
from didymos.core.pairs.settings import PairSettings
from didymos.schema import RESULT_ATTRIBUTES, RESULT_VARIABLES

EUCLIDEAN = Settings(metric="euclidean")
EVERY_COMPONENT = Settings(metric="euclidean", rank=96)


@pytest.fixture(scope="module")
def surface():
    return simulate.fese(shape=(32, 32), energies=96, seed=2)


@pytest.fixture(scope="module")
def found(surface):
    return didymos.pair_statistics(surface, EUCLIDEAN, each=True)


def spectra_of(surface):
    return surface.spectra.values.reshape(-1, surface.sizes["energy"]).astype(float)


def test_every_variable_is_of_the_schema(found):
    for name, variable in found.data_vars.items():
        dims = [dim for each in RESULT_VARIABLES[name].dims for dim in (("y", "x") if each == "space" else (each,))]
        assert variable.dims == tuple(dims), name
        assert name in ("spectra", "topography") or variable.attrs["long_name"] == RESULT_VARIABLES[name].meaning
    assert {"distance_references", "distance_pairs"} <= {*found.attrs}
    assert {*found.attrs} - {"distance_pairs"} <= {*RESULT_ATTRIBUTES}


def test_all_pairs_are_those_of_a_plain_loop(surface, found):
    distances = naive.pair_distances(spectra_of(surface)[::7])
    scattered = didymos.spectral_map(spectra_of(surface)[::7], surface.energy.values)
    few = didymos.pair_statistics(scattered, EVERY_COMPONENT)
    assert few.attrs["distance_pairs"] == len(distances)
    moments = [distances.mean(), distances.std()]
    assert few.distance_moments.values[:2] == pytest.approx(moments, rel=2e-3)
    assert few.distance_quantile.sel(pair_share=0.5) == pytest.approx(np.quantile(distances, 0.5), rel=3e-3)


def test_the_vacancies_are_what_the_labels_find(surface, found):
    amplitude = surface.truth_amplitude.values
    label = found.distance_label.values
    assert label[amplitude > 0.5].mean() > 0.9
    assert amplitude[label == 1].min() > 0.02
    assert found.abundance.values[amplitude > 0.5].mean() > 5 * found.abundance.values[amplitude < 0.02].mean()
    assert found.distance_group_size.sum() == label.size


def test_densities_integrate_to_one(found):
    width = float(found.log_distance_bin[1] - found.log_distance_bin[0])
    typical = found.typical_log_distance_histogram.sum("log_distance_bin") * width
    assert typical.values == pytest.approx(1, abs=1e-3)
    assert (found.own_log_distance_histogram.sum("log_distance_bin") * width).values == pytest.approx(1, abs=2e-3)
    sweep = found.log_distance_sweep.sum("sweep_bin") * float(found.sweep_bin[1] - found.sweep_bin[0])
    assert sweep.values == pytest.approx(1, abs=2e-3)
    assert found.distance_correlation.sum(["raw_distance_bin", "latent_distance_bin"]).values == pytest.approx(1024)


def test_typical_histograms_are_averages_of_the_single_ones(found):
    own = found.own_log_distance_histogram.values.reshape(-1, found.sizes["log_distance_bin"])
    label = found.distance_label.values.ravel()
    for group in (0, 1):
        typical = found.typical_log_distance_histogram.values[group]
        assert own[label == group].mean(axis=0) == pytest.approx(typical, abs=1e-3 * typical.max())


def test_principal_components_are_a_line_and_the_logarithm_is_bent(found):
    line = found.line_share.sel(latent_space="principal components")
    assert line > 0.95
    assert found.line_share.sel(latent_space="log-rescaled") < line
    assert found.step_index.sel(latent_space="principal components") < 0


def test_offsets_of_the_sweep_can_be_chosen(surface):
    offsets = [0.5, 8.0]
    swept = didymos.pair_statistics(surface, EVERY_COMPONENT, offsets=offsets)
    assert swept.sweep_offset.values.tolist() == offsets
    distances = naive.pair_distances(spectra_of(surface)[::5])
    for offset in offsets:
        u = np.log(distances + offset)
        density = swept.log_distance_sweep.sel(sweep_offset=offset)
        assert float((density * swept.sweep_bin).sum() / density.sum()) == pytest.approx(u.mean(), abs=0.02)


def test_an_offset_far_over_all_distances_is_swept_without_a_warning(surface):
    swept = didymos.pair_statistics(surface, EUCLIDEAN, offsets=[1e18])
    assert np.isfinite(swept.log_distance_sweep).all()


@pytest.mark.parametrize("offsets", [[], [0.0], [-1.0, 2.0], [np.nan], 0.5, ["a"], "3"])
def test_offsets_that_have_no_logarithm_are_refused(surface, offsets):
    with pytest.raises(InputError, match="allowed is a list of positive numbers"):
        didymos.pair_statistics(surface, offsets=offsets)


def test_missing_and_corrupted_spectra_have_no_statistics(surface):
    corrupted = surface.spectra.copy(deep=True)
    corrupted[3, 4] = np.nan
    corrupted[5, 6, 10:20] = np.nan
    corrupted[7, 8] = 0.0
    found = didymos.pair_statistics(corrupted, EUCLIDEAN)
    for point in ((3, 4), (5, 6), (7, 8)):
        assert found.distance_label.values[point] == -1
        for name in ("abundance", "mean_distance", "distance_to_mean"):
            assert np.isnan(found[name].values[point])
    assert int((found.distance_label >= 0).sum()) == 32 * 32 - 3
    assert found.attrs["distance_references"] == 32 * 32 - 4


def test_a_sample_has_a_standard_error_and_all_pairs_have_none(surface, monkeypatch):
    from didymos.core.pairs import pair_statistics as core

    everything = didymos.pair_statistics(surface, EUCLIDEAN)
    assert not everything.log_distance_histogram_std.any()
    few = PairSettings(all_pairs_up_to=500, sampled_pairs=200_000, fewest_references=100)
    monkeypatch.setitem(core.choose_references.__kwdefaults__, "settings", few)
    sampled = didymos.pair_statistics(surface, EUCLIDEAN)
    assert sampled.attrs["distance_references"] == 195
    assert sampled.log_distance_histogram_std.max() > 0
    exact = didymos.pair_statistics(surface, Settings(metric="euclidean", pairs="all"))
    assert exact.attrs["distance_references"] == 1023
    assert exact.log_distance_histogram.equals(everything.log_distance_histogram)
    assert sampled.distance_quantile.values[3:6] == pytest.approx(exact.distance_quantile.values[3:6], rel=0.1)


def test_units_of_the_signal_change_only_units(surface, found):
    scaled = didymos.pair_statistics(surface.spectra * 1e-9, EUCLIDEAN)
    assert scaled.distance_label.equals(found.distance_label)
    # bins are powers of two: they lie elsewhere in other units
    assert scaled.abundance.values == pytest.approx(found.abundance.values, abs=0.02 * float(found.abundance.max()))
    assert scaled.mean_distance.values == pytest.approx(1e-9 * found.mean_distance.values, rel=1e-4)
    assert scaled.step_index.values == pytest.approx(found.step_index.values, abs=1e-4)


def test_two_populations_are_more_than_one_gives(surface, found):
    steps = []
    tested = didymos.pair_statistics(
        surface, EUCLIDEAN, one_population=True, progress=lambda step, share: steps.append((step, share))
    )
    assert tested.attrs["two_gaussians_p_value"] == pytest.approx(0.01)  # none of 99 draws
    assert tested.attrs["two_gaussians_gain"] > 3 * tested.attrs["two_gaussians_gain_std"] > 0
    assert len({step for step, _ in steps}) == 2
    assert (steps[0][1], steps[-1][1]) == (0, 1)
    # everything else is the same with the test and without
    assert {**tested.attrs, "created": ""} == {
        **found.attrs,
        "created": "",
        "two_gaussians_p_value": tested.attrs["two_gaussians_p_value"],
    }
    for name in tested.data_vars:
        np.testing.assert_array_equal(tested[name].values, found[name].values)


def test_noise_is_not_more_than_one_population_gives():
    noise = np.random.default_rng(0).normal(size=(20, 20, 6))
    alike = didymos.pair_statistics(didymos.spectral_map(noise, np.arange(6)), EUCLIDEAN, one_population=True)
    assert alike.attrs["two_gaussians_p_value"] > 0.1


def test_one_population_is_tested_only_when_asked(found):
    assert "two_gaussians_p_value" not in found.attrs
    assert found.attrs["two_gaussians_gain"] > 3 * found.attrs["two_gaussians_gain_std"] > 0


def test_progress_is_reported(surface):
    seen = []
    didymos.pair_statistics(surface, EUCLIDEAN, progress=lambda step, share: seen.append((step, share)))
    assert seen[0][1] == 0
    assert seen[-1][1] == 1
    assert all(later >= earlier or step != next_ for (step, earlier), (next_, later) in pairwise(seen))
    assert len({step for step, _ in seen}) == 1


@pytest.mark.parametrize("factor", [1.0, 1e-12, 1e6])
def test_spectra_mostly_alike_have_the_same_statistics_in_any_unit(factor):
    pattern = np.sin(np.arange(16) / 3)
    values = np.tile(pattern, (10, 10, 1))
    values[2, :4] += 0.5
    values[7, :4] -= 0.5
    found = didymos.pair_statistics(didymos.spectral_map(factor * values, np.arange(16)), EUCLIDEAN)
    assert np.isfinite(found.latent_distance).all()
    plain = didymos.pair_statistics(didymos.spectral_map(values, np.arange(16)), EUCLIDEAN)
    assert found.abundance.values == pytest.approx(plain.abundance.values, rel=0.02)
    assert found.distance_label.equals(plain.distance_label)


def test_an_offset_that_makes_all_distances_alike_is_refused(surface):
    with pytest.raises(InputError, match=r"give about the median distance, \S+$"):
        didymos.pair_statistics(surface.spectra * 1e-12, Settings(metric="euclidean", distance_offset=1.0))


def test_statistics_are_saved_and_opened_again(found, tmp_path):
    didymos.save_result(found, tmp_path / "pairs.nc")
    again = didymos.open_result(tmp_path / "pairs.nc")
    assert {*again.data_vars} == {*found.data_vars}
    for name in found.data_vars:
        np.testing.assert_array_equal(again[name].values, found[name].values)


def test_a_report_of_statistics_speaks_of_no_score_and_no_twin(found, tmp_path):
    didymos.write(found, tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "No twin network was trained" in text
    assert "By the score" not in text
    assert "What the twin network learnt" not in text
    header = (tmp_path / "out" / "tables" / "scores.csv").read_text("utf-8").splitlines()[0]
    assert "abundance" in header
