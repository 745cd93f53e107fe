import numpy as np
import pytest

from didymos import InputError, Settings, apply
from didymos.core.defects.regions import plain_regions
from didymos.schema import Region, spectral_map
from didymos.simulate import fese
from didymos.twin.model import load_model, save_model
from didymos.workflow import run
from didymos.workflow.regions import by_score, regions_of


def refused(model, data):
    with pytest.raises(InputError) as caught:
        apply(model, data)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_same_map_gets_the_same_scores(analysis, flawed, result):
    again = apply(analysis.model, flawed)
    for name in ("score", "score_std", "embedding", "distance_to_majority"):
        assert again[name].dims == result[name].dims
        assert np.array_equal(again[name].values, result[name].values, equal_nan=again[name].dtype.kind == "f")


def test_without_the_neighbourhood_the_regions_are_nearly_the_same(analysis, flawed, result):
    again = apply(analysis.model, flawed)
    score, region = again["score"].values, again["region"].values
    usable = np.isin(region, (0, 1, 2))
    assert np.array_equal(usable, np.isin(result["region"].values, (0, 1, 2)))
    assert np.mean(region == result["region"].values) > 0.98
    # a region of a spectrum alone is one of its score
    by_score = region[usable][np.argsort(score[usable], kind="stable")]
    assert np.all(np.diff(by_score) >= 0)
    assert set(by_score) == {0, 1, 2}


def test_other_energies_are_resampled(analysis, flawed, result):
    energy = flawed["energy"].values
    finer = np.sort(np.concatenate([energy, (energy[1:] + energy[:-1]) / 2]))
    spectra = flawed["spectra"]
    resampled = spectra.interp(energy=finer)
    resampled["energy"].attrs, resampled.attrs = spectra["energy"].attrs, spectra.attrs
    found = apply(analysis.model, resampled)
    assert np.array_equal(found["energy"].values, energy)
    known = np.isfinite(result["score"].values)
    assert found["score"].values[known] == pytest.approx(result["score"].values[known], abs=1e-3)
    assert np.array_equal(found["region"].values == -1, result["region"].values == -1)


def test_descending_energies_are_the_same_map(analysis, flawed, result):
    found = apply(analysis.model, flawed["spectra"][..., ::-1])
    assert np.array_equal(found["score"].values, result["score"].values, equal_nan=True)


def test_energies_that_do_not_overlap_are_refused(analysis, flawed):
    spectra = flawed["spectra"]
    energy = spectra["energy"]
    assert "measure that range" in refused(analysis.model, spectra.isel(energy=slice(10, None)))
    assert "the model needs" in refused(analysis.model, spectra.assign_coords(energy=energy + 100).assign_attrs())


@pytest.mark.parametrize("what", ["energy", "signal"])
def test_other_units_are_refused(analysis, flawed, what):
    spectra = flawed["spectra"].copy()
    if what == "energy":
        spectra["energy"].attrs = {"units": "V"}
    else:
        spectra.attrs["units"] = "S"
    assert f"{what} units" in refused(analysis.model, spectra)


@pytest.mark.parametrize(
    "where", [(slice(10, 11), slice(10, 11)), (slice(8, 10), slice(0, 1)), (slice(20, 23), slice(9, 12))]
)
def test_a_few_spectra_get_the_scores_that_they_have_in_the_whole_map(analysis, surface, where):
    spectra = surface["spectra"]
    found = apply(analysis.model, spectra[where])
    whole = apply(analysis.model, spectra)
    for name in ("score", "score_std", "embedding"):
        assert found[name].values == pytest.approx(whole[name].values[where], abs=1e-6)


def test_no_usable_spectrum_is_refused(analysis, surface):
    assert "0 of 4 spectra are usable" in refused(analysis.model, surface["spectra"][:2, :2] * np.nan)


@pytest.mark.parametrize("factor", [10.0, -3.0])
def test_spectra_unlike_any_of_the_training_are_far_from_the_majority(analysis, surface, result, factor):
    spectra = surface["spectra"] * factor
    spectra.attrs = surface["spectra"].attrs
    found = apply(analysis.model, spectra)
    assert np.isfinite(found["score"].values).all()
    majority = result["distance_to_majority"].values[result["region"].values == 0]
    assert found["distance_to_majority"].values.min() > 2 * majority.max()


def test_the_result_names_the_model_it_came_from(analysis, flawed, result):
    found = apply(analysis.model, flawed)
    for name in ("metric", "similarity", "score_source", "rank", "settings", "didymos_version"):
        assert found.attrs[name] == result.attrs[name]


@pytest.fixture(scope="module")
def clean():
    """A surface without defects, and the model that it gives."""
    data = fese(shape=(16, 16), energies=32, seed=1, defect_free=True)
    return data, run(data, Settings(members=2), progress=False)


def test_a_model_without_networks_scores_by_the_distance(clean, tmp_path):
    data, analysis = clean
    assert analysis.model.networks is None
    save_model(analysis.model, tmp_path / "model.npz")
    for model in (analysis.model, load_model(tmp_path / "model.npz")):
        found = apply(model, data)
        assert found.attrs["score_source"] == "distance"
        for name in ("score", "distance_to_majority", "region"):
            assert np.array_equal(found[name].values, analysis.result[name].values)
        assert np.isnan(found["score_std"].values).all()
        assert "embedding" not in found
        assert (found["region"].values == 0).all()
        assert found["region_probability"].values[..., 0].min() == 1


def test_a_model_without_networks_orders_any_spectra_by_their_distance(clean):
    _, analysis = clean
    others = fese(shape=(16, 16), energies=32, seed=5)
    found = apply(analysis.model, others)
    order = np.argsort(found["distance_to_majority"].values.ravel(), kind="stable")
    assert (np.diff(found["score"].values.ravel()[order]) >= 0).all()
    assert found["score"].values.max() > 0.9


def test_a_score_that_is_not_finite_is_never_majority():
    score = np.array([0.0, np.nan, 1.0, np.inf])
    for model in (None, plain_regions()):
        region = regions_of(by_score(model, score))
        assert region[[1, 3]].tolist() == [Region.ARTEFACT] * 2
        assert region[0] == Region.MAJORITY


def test_a_map_that_was_read_in_another_way_is_scored_with_a_warning():
    rng = np.random.default_rng(0)
    values = 1 + np.tanh(np.linspace(-2, 2, 16)) + 0.1 * rng.standard_normal((9, 10, 16))
    spectra = spectral_map(values, np.linspace(-1, 1, 16), attrs={"channel": "LockinY (V)"})
    model = run(spectra, Settings(members=1)).model
    assert "another way" not in apply(model, spectra).attrs["preparation_notes"]
    other = apply(model, spectra.assign_attrs(channel="LockinX (V)")).attrs["preparation_notes"]
    assert "(channel LockinY (V) there, LockinX (V) here)" in other
    turned = apply(model, spectra.assign_attrs(lockin_phase=30.0)).attrs["preparation_notes"]
    assert "(phase of the lock-in none there, 30.0 here)" in turned
    # a converted file does not say what its channel was
    assert "another way" not in apply(model, spectra.assign_attrs(channel="spectra")).attrs["preparation_notes"]
