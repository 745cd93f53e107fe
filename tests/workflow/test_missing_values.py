"""Maps with missing values, from the map to the result: rebuilt cases with known truth, and laws."""

from functools import partial

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from didymos import InputError, Settings, analyze, apply, compare, pair_statistics, plots, save_result, spectral_map
from didymos.report import write
from didymos.schema import Region
from didymos.simulate import fese
from didymos.workflow import prepare, run
from didymos.workflow.points import points_of

SMALL = Settings(members=2)


def average_precision(result, defect):
    score = result["score"].values
    known = np.isfinite(score)
    return average_precision_score(defect[known], score[known])


def notes(result):
    return result.attrs["preparation_notes"].splitlines()


def luminescence(lacking=np.nan):
    """Return a map of a line with two defects that add another, one energy missing everywhere, and the truth."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:24, :24]
    energy = np.linspace(500, 700, 80)
    defect = np.exp(-((y - 7) ** 2 + (x - 6) ** 2) / 3.4) + np.exp(-((y - 17) ** 2 + (x - 16) ** 2) / 3.4)
    values = 20 * np.exp(-((energy - 600) ** 2) / 800) + rng.normal(size=(24, 24, 80))
    values += 10 * defect[..., np.newaxis] * np.exp(-((energy - 640) ** 2) / 128)
    values[..., 33] = lacking
    return spectral_map(values, energy, energy_units="nm", signal_units="counts"), defect > 0.5


def stopped_sweeps(short=0):
    """Return z spectra that stopped at different heights, some of them very early, and where each stopped."""
    rng = np.random.default_rng(4)
    z = np.linspace(2e-10, -8e-10, 80)
    values = 1e-12 * np.exp(-1e10 * z) * (1 + 0.05 * rng.normal(size=(144, 80)))
    stops = rng.integers(45, 60, 144)
    stops[:short] = 10
    values[np.arange(80) >= stops[:, np.newaxis]] = np.nan
    data = spectral_map(values.reshape(12, 12, 80), z, energy_units="m", signal_units="A", length_units="m")
    return data, z, stops


def on_the_defect():
    """Return scattered spectra most of which were taken on a defect."""
    rng = np.random.default_rng(10)
    place = np.concatenate([rng.normal([6, 6], 0.8, (190, 2)), rng.uniform(0, 10, (40, 2))])
    bias = np.linspace(-1.5, 1.5, 100)
    defect = (np.exp(-((place - 6) ** 2).sum(axis=1) / 2 / 1.3**2) > 0.3)[:, np.newaxis]
    values = np.where(defect, 0.6, 1) * np.exp(2 * bias - 3) + 0.1 * defect * np.exp(-((bias - 0.3) ** 2) / 0.02)
    return spectral_map(
        values + 0.01 * rng.normal(size=values.shape), bias, x=place[:, 0], y=place[:, 1], energy_units="V"
    )


@pytest.fixture(scope="module")
def surface():
    return fese(shape=(32, 32), energies=64, seed=0)


@pytest.fixture(scope="module")
def gappy(surface):
    """The surface with a hundredth of its values missing, single ones at random."""
    data = surface.copy(deep=True)
    values = data["spectra"].values
    values[np.random.default_rng(1).random(values.shape) < 0.01] = np.nan
    return data


@pytest.fixture(scope="module")
def analysis(gappy):
    return run(gappy, SMALL, progress=False)


@pytest.mark.parametrize("lacking", [np.nan, np.inf])
def test_an_energy_that_is_missing_everywhere_is_left_out_and_said_once(lacking):
    data, defect = luminescence(lacking)
    found = analyze(data, SMALL, progress=False)
    assert notes(found) == ["1 of 80 energies is missing in all spectra and is left out: 583.5 nm."]
    assert found.sizes["energy"] == 79
    assert found.attrs["distinct_population"] == 1
    assert found.sizes["defect"] == 2
    assert average_precision(found, defect) > 0.99
    assert np.isin(found["region"].values, (0, 1, 2)).all()


def test_sweeps_that_stop_early_are_analysed_in_their_common_range():
    data, z, stops = stopped_sweeps()
    found = analyze(data, SMALL, progress=False)
    assert found["energy"].values[[0, -1]] == pytest.approx([z[stops.min() - 1], z[0]])
    assert notes(found) == [
        "The sweeps end between -0.5342 and -0.357 nm: -0.357 to 0.2 nm, the range that all spectra cover, is "
        "analysed; energy_range takes another."
    ]
    assert (found["region"].values != Region.ARTEFACT).all()


def test_very_short_sweeps_are_left_out_with_their_number():
    data, z, stops = stopped_sweeps(short=3)
    points = prepare(data, SMALL)
    assert len(points.energy) == stops[3:].min()
    assert np.flatnonzero(~points.usable).tolist() == [0, 1, 2]
    assert points.notes[1].startswith("3 spectra lack more than half of the values")
    # another range is the user's choice
    wide = prepare(data, Settings(energy_range=(-4.5e-10, 2e-10)))
    assert wide.energy[0] == z[z >= -4.5e-10].min()
    assert (stops >= len(wide.energy)).sum() <= wide.usable.sum() < points.usable.sum()
    assert "energy_range" not in " ".join(wide.notes)


def test_single_gaps_cost_no_spectrum_and_no_defect(surface, gappy, analysis):
    result = analysis.result
    assert np.isfinite(gappy["spectra"].values).all(axis=-1).mean() < 0.6
    assert np.isfinite(result["score"].values).all()
    defect = surface["truth_amplitude"].values > 0.5
    whole = analyze(surface, SMALL, progress=False)
    assert whole.attrs["preparation_notes"] == ""
    assert whole.attrs["distinct_population"] == result.attrs["distinct_population"] == 1
    # distances that differ a little change the order in which batches are drawn: 0.025 between seeds
    assert average_precision(result, defect) > average_precision(whole, defect) - 0.05
    assert average_precision(result, defect) > 0.9
    assert whole.sizes["defect"] == result.sizes["defect"]
    assert np.mean(whole["region"].values == result["region"].values) > 0.98
    assert len(notes(result)) == 1
    assert "are filled from the neighbours in energy and on the surface" in notes(result)[0]


def test_the_result_keeps_the_gaps_and_everything_else_is_finite(gappy, analysis):
    result = analysis.result
    assert np.array_equal(result["spectra"].values, gappy["spectra"].values, equal_nan=True)
    for name in (
        "score", "distance_to_majority", "embedding", "pca", "pca_spectrum", "region_spectrum", "region_spectrum_std",
        "kind_spectrum", "signal_histogram", "energy_correlation", "mean_distance", "abundance", "distance_histogram",
    ):  # fmt: skip
        assert np.isfinite(result[name].values).all(), name
    assert (result["iso_energy_label"].values >= 0).all()
    # no value counts as zero
    majority = gappy["spectra"].values[result["region"].values == 0]
    spread = result["region_spectrum_std"].values[0]
    assert np.abs(np.nanmean(majority, axis=0) - result["region_spectrum"].values[0]).max() < 0.02 * spread.max()


def test_filled_values_are_nearly_as_good_as_those_that_were_hidden(surface, gappy):
    points = prepare(gappy, SMALL)
    true = surface["spectra"].values.reshape(points.values.shape)
    gaps = ~np.isfinite(points.map.values.reshape(true.shape))
    noise = 1.4826 * np.median(np.abs(np.diff(true, 2, axis=1))) / np.sqrt(6)
    away = (points.values - true)[gaps]
    assert np.sqrt(np.mean(away**2)) < 2 * noise
    assert np.array_equal(points.values[~gaps], true[~gaps])


@pytest.mark.usefixtures("one_figure")
def test_report_and_tables_stand_gaps(analysis, tmp_path):
    page = write(analysis.result, tmp_path / "out", analysis.model).read_text("utf-8")
    assert notes(analysis.result)[0] in page
    save_result(analysis.result, tmp_path / "again.nc")


def test_figures_stand_gaps(analysis):
    for entry in plots.available(analysis.result).values():
        entry.figure(analysis.result).draw_without_rendering()


def test_apply_fills_gaps_and_energies_that_are_missing(surface, gappy, analysis):
    again = apply(analysis.model, gappy)
    for name in ("score", "distance_to_majority"):
        assert np.array_equal(again[name].values, analysis.result[name].values)
    assert np.array_equal(again["spectra"].values, gappy["spectra"].values, equal_nan=True)
    assert notes(again) == notes(analysis.result)
    data = surface.copy(deep=True)
    data["spectra"].values[..., 20] = np.inf
    found, whole = apply(analysis.model, data), apply(analysis.model, surface)
    assert np.array_equal(found["energy"].values, surface["energy"].values)
    assert np.isnan(found["spectra"].values[..., 20]).all()
    assert np.corrcoef(found["score"].values.ravel(), whole["score"].values.ravel())[0, 1] > 0.99
    assert notes(found)[0].startswith("1 of 64 energies is missing in all spectra and is left out")
    data["spectra"].values[5, 5, 30:] = np.nan
    found = apply(analysis.model, data)
    assert np.argwhere(np.isnan(found["score"].values)).tolist() == [[5, 5]]
    assert found["region"].values[5, 5] == Region.ARTEFACT


def test_apply_refuses_a_map_whose_end_was_never_measured(surface, analysis):
    data = surface["spectra"].copy(deep=True)
    data.values[..., :8] = np.nan
    with pytest.raises(InputError, match="the model needs"):
        apply(analysis.model, data)


def test_an_example_may_name_a_spectrum_with_a_filled_gap(surface, gappy):
    amplitude = surface["truth_amplitude"].values
    gaps = np.isnan(gappy["spectra"].values).any(axis=-1)
    cores = np.argwhere((amplitude > 0.6) & gaps)[:2]
    bare = np.argwhere((amplitude < 0.02) & gaps)[[5, 100]]
    row, column = np.concatenate([cores, bare]).T
    examples = {"row": row, "column": column, "label": ["vacancy"] * len(cores) + ["majority"] * 2}
    points = prepare(gappy, SMALL, examples=examples)
    assert points.examples is not None
    assert points.usable[points.examples.index].all()
    assert points.notes == prepare(gappy, SMALL).notes


def test_neither_order_nor_origin_of_the_energies_matters(surface, gappy):
    values = prepare(gappy, SMALL).values[:]
    data = gappy["spectra"]
    turned = prepare(data[..., ::-1], SMALL)
    assert np.array_equal(turned.values[:], values)
    moved = prepare(data.assign_coords(energy=data["energy"] + 50), SMALL)
    assert np.array_equal(moved.values[:], values)
    mirrored = prepare(data.assign_coords(energy=-data["energy"].values), SMALL)
    assert mirrored.values[:][:, ::-1] == pytest.approx(values, abs=0.05 * float(np.std(values)))


def test_a_comparison_gets_the_filled_spectra(gappy, monkeypatch):
    monkeypatch.setattr("didymos.workflow.twin_methods.Settings", partial(Settings, members=2))  # two twins of eight
    found = compare(gappy, ["pca", "kmeans-2", "twin-robust"], progress=False)
    assert np.isfinite(found["method_score"].values).all()
    assert found["algorithm"].size == 3
    assert notes(found) == list(prepare(gappy, SMALL).notes)
    assert np.isnan(found["spectra"].values).any()
    assert np.isfinite(found["group_spectrum"].values[0, 0]).all()


def test_pair_statistics_of_a_map_with_gaps(gappy):
    found = pair_statistics(gappy, SMALL, progress=False)
    assert np.isfinite(found["mean_distance"].values).all()
    assert len(notes(found)) == 1


def test_points_that_sit_on_a_defect_are_told():
    data = on_the_defect()
    points = prepare(data, SMALL)
    assert len(points.notes) == 1
    assert "the majority of the spectra taken, not of the surface" in points.notes[0]
    assert "half of the spectra were taken on 2.9 % of the area" in points.notes[0]
    even = data.isel(point=slice(190, None))
    assert prepare(even, SMALL).notes == ()
    assert prepare(fese(shape=(16, 16), energies=32, seed=0), SMALL).notes == ()


def test_too_few_energies_are_refused_with_the_reason():
    data, _ = luminescence()
    data[..., 2:] = np.nan
    with pytest.raises(
        InputError, match=r"2 energies in the range analysed; at least 3 are needed \(78 of 80 energies"
    ):
        points_of(data, None)
