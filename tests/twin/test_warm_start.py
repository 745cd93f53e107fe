import numpy as np
import pytest
from sklearn.base import clone
from twin_data import QUICK, distances, planted_spectra, same

from didymos import TwinEmbedding, TwinScore

EMBEDDING = TwinEmbedding(**QUICK, members=2, warm_start=True)
SCORE = TwinScore(**QUICK | {"layers": (8, 1)}, members=2, warm_start=True)
BOTH = pytest.mark.parametrize("estimator", [EMBEDDING, SCORE], ids=["embedding", "score"])


@pytest.fixture(scope="module")
def spectra():
    return planted_spectra()


def data_for(estimator, spectra):
    return spectra if isinstance(estimator, TwinEmbedding) else spectra[:, [0, 15]]


@BOTH
def test_a_second_fit_goes_on_from_the_weights_of_the_first(estimator, spectra):
    data = data_for(estimator, spectra)
    warm = clone(estimator).fit(data)
    first, before = warm.loss_, vars(warm).copy()
    warm.fit(data[::-1])
    if isinstance(estimator, TwinEmbedding):
        # a score has learnt nearly all that it can after the first look
        assert np.all(warm.loss_[:, 0] < 0.7 * first[:, 0])
    kept = ("metric_", "threshold_") if isinstance(estimator, TwinEmbedding) else ("centre_", "scale_", "boundary_")
    assert all(vars(warm)[name] is before[name] for name in kept)
    assert not same(warm.stage_.encoder, before["stage_"].encoder)


@BOTH
@pytest.mark.parametrize("margin", [1.0, 3.0])
def test_a_second_fit_without_steps_changes_nothing(estimator, spectra, margin):
    data = data_for(estimator, spectra)
    warm = clone(estimator).set_params(margin=margin).fit(data)
    before = warm.transform_members(data)
    warm.set_params(learning_rate=1e-9).fit(data)
    after = warm.transform_members(data)
    # the frame of an embedding is found anew
    assert after == pytest.approx(before, abs=1e-2 * margin)
    for first, second in zip(before, after, strict=True):
        assert distances(second) == pytest.approx(distances(first), abs=1e-5 * margin)
    assert np.ptp(before) > 0.5


@BOTH
def test_goes_on_with_other_spectra_of_the_same_energies_only(estimator, spectra):
    data = data_for(estimator, spectra)
    warm = clone(estimator).fit(data)
    warm.fit(data[20:])
    with pytest.raises(ValueError, match=f"{data.shape[1]} features") as caught:
        warm.fit(data[:, :1])
    assert "\n" not in str(caught.value)
    assert warm.n_features_in_ == data.shape[1]


@BOTH
def test_without_it_every_fit_begins_anew(estimator, spectra):
    data = data_for(estimator, spectra)
    cold = clone(estimator).set_params(warm_start=False).fit(data)
    encoder, loss = cold.stage_.encoder, cold.loss_
    cold.fit(data)
    assert same(cold.stage_.encoder, encoder)
    assert np.array_equal(cold.loss_, loss)
    cold.fit(data[:, :1] + [[0.0, 1.0]])
    assert cold.n_features_in_ == 2


@BOTH
def test_the_first_fit_is_that_without_it(estimator, spectra):
    data = data_for(estimator, spectra)
    cold = clone(estimator).set_params(warm_start=False)
    assert same(clone(estimator).fit(data).stage_.encoder, cold.fit(data).stage_.encoder)


@BOTH
def test_goes_on_from_distances_to_labels_and_back(estimator, spectra):
    data, name = data_for(estimator, spectra), "threshold_" if estimator is EMBEDDING else "boundary_"
    labels = np.arange(120) >= 100
    warm = clone(estimator).fit(data, labels)
    assert np.isnan(getattr(warm, name))
    warm.fit(data)
    assert getattr(warm, name) > 0
    warm.fit(data, labels)
    assert np.isnan(getattr(warm, name))
    assert np.all(np.isfinite(warm.transform(data)))


def test_goes_on_after_a_file(spectra, tmp_path):
    warm = clone(EMBEDDING).fit(spectra)
    warm.save(tmp_path / "twin.npz")
    again = TwinEmbedding.load(tmp_path / "twin.npz")
    assert same(again.fit(spectra).stage_.encoder, warm.fit(spectra).stage_.encoder)


@BOTH
@pytest.mark.parametrize("changes", [{"members": 3}, {"layers": (6, 1)}, {"layers": (8, 3, 1)}], ids=str)
def test_another_network_is_refused_in_one_line(estimator, spectra, changes):
    data = data_for(estimator, spectra)
    warm = clone(estimator).fit(data)
    with pytest.raises(ValueError, match=next(iter(changes))) as caught:
        warm.set_params(**changes).fit(data)
    assert "\n" not in str(caught.value)
