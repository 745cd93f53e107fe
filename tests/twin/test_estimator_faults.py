"""What goes wrong with an estimator, and what it says."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from twin_data import QUICK, planted_spectra, same

from didymos import TwinEmbedding, TwinScore
from didymos.twin.training import health
from didymos.twin.training.health import TrainingError
from didymos.twin.training.loop import train

EMBEDDING = TwinEmbedding(**QUICK)
SCORE = TwinScore(**QUICK | {"layers": (8, 1)})
BOTH = pytest.mark.parametrize("estimator", [EMBEDDING, SCORE], ids=["embedding", "score"])


@pytest.fixture(scope="module")
def spectra():
    return planted_spectra()


def data_for(estimator, spectra):
    return spectra if isinstance(estimator, TwinEmbedding) else spectra[:, [0, 15]]


def fit_with_warning(estimator, words, *data, **keywords):
    """Fit a clone, check the warnings, and that no output is NaN."""
    found = clone(estimator)
    with pytest.warns(ConvergenceWarning) as caught:
        found.fit(*data, **keywords)
    assert len(caught) == len(found.notes_) == len(words)
    for warning, note, word in zip(caught, found.notes_, words, strict=True):
        message = str(warning.message)
        assert word in message
        assert message == f"{type(estimator).__name__}: {note}"
        assert "\n" not in message
        assert warning.filename == __file__
    assert np.all(np.isfinite(found.transform(data[0])))
    assert np.all(np.isfinite(found.transform_members(data[0])))
    return found


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


@BOTH
def test_identical_spectra(estimator, spectra):
    found = fit_with_warning(estimator, ["no pair is dissimilar"], np.ones((60, 2)))
    assert found.transform(np.ones((60, 2))) == pytest.approx(0, abs=1e-6)


@BOTH
@pytest.mark.parametrize("alike", [True, False])
def test_two_spectra(estimator, spectra, alike):
    both = data_for(estimator, spectra)[[3, 3] if alike else [3, 110]]
    sort = "similar" if isinstance(estimator, TwinEmbedding) and not alike else "dissimilar"
    found = fit_with_warning(estimator, [f"no pair is {sort}"], both)
    points = found.transform(both)
    if sort == "similar":
        assert np.linalg.norm(points[0] - points[1]) > 0.5
    else:
        assert points == pytest.approx(0, abs=0.05)


def test_a_threshold_over_all_distances(spectra):
    fit_with_warning(clone(EMBEDDING).set_params(threshold=1e6), ["no pair is dissimilar"], spectra)


@BOTH
def test_a_single_label(estimator, spectra):
    fit_with_warning(estimator, ["no pair is dissimilar"], data_for(estimator, spectra), ["a"] * 120)


@BOTH
def test_a_label_of_its_own_for_every_spectrum(estimator, spectra):
    data = data_for(estimator, spectra)
    fit_with_warning(estimator, ["no pair is similar"], data, np.arange(120))


@BOTH
@pytest.mark.parametrize(("similarity", "sort"), [(1, "dissimilar"), (0, "similar")])
def test_pairs_of_one_sort(estimator, spectra, similarity, sort):
    pairs = [(index, index + 60, similarity) for index in range(60)]
    fit_with_warning(estimator, [f"no pair is {sort}"], data_for(estimator, spectra), pairs=pairs)


@BOTH
def test_a_network_that_tells_nothing_apart(estimator, spectra, monkeypatch):
    first = np.nanmin(clone(estimator).fit(data_for(estimator, spectra)).loss_)
    monkeypatch.setattr(health, "COLLAPSED", 0.0)
    found = fit_with_warning(estimator, ["the network collapsed"], data_for(estimator, spectra))
    # after all attempts the best of them is kept
    assert np.nanmin(found.loss_) <= first


@BOTH
@pytest.mark.parametrize("seed", range(4))
def test_a_single_step_is_no_divergence(estimator, spectra, seed):
    few = clone(estimator).set_params(max_iter=1, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        points = few.fit_transform(data_for(estimator, spectra))
    assert np.all(np.isfinite(points))


@BOTH
def test_a_step_far_too_long(estimator, spectra):
    wild = clone(estimator).set_params(learning_rate=1e30)
    with pytest.raises(TrainingError, match="learning rate") as caught:
        wild.fit(data_for(estimator, spectra))
    one_line(caught)


def without(member, monkeypatch):
    """Let the training of this member diverge, however often it is tried."""

    def instead(*given, **keywords):
        trained = train(*given, **keywords)
        trained.best[member] = np.inf
        trained.loss[member] = np.nan
        for array in (*trained.encoder.weights, *trained.encoder.biases):
            array[member] = np.nan
        return trained

    monkeypatch.setattr(health, "train", instead)


def test_a_diverged_member_of_an_embedding_is_left_out(spectra, monkeypatch):
    without(1, monkeypatch)
    found = fit_with_warning(clone(EMBEDDING).set_params(members=3), ["1 of 3 networks diverged"], spectra)
    assert found.transform_members(spectra).shape == (2, 120, 2)
    assert found.agreement_.shape == (2, 2)
    assert len(found.loss_) == 2
    assert 0 <= found.reference_ < 2


def test_a_diverged_start_of_a_score_is_not_chosen(spectra, monkeypatch):
    without(1, monkeypatch)
    found = clone(SCORE).fit(data_for(SCORE, spectra))
    assert found.notes_ == ()
    assert np.all(np.isfinite(found.transform(data_for(SCORE, spectra))))


def test_a_diverged_member_can_be_trained_on(spectra, monkeypatch):
    warm = clone(EMBEDDING).set_params(members=2, warm_start=True)
    with monkeypatch.context() as patch:
        without(1, patch)
        fit_with_warning(warm, ["1 of 2 networks diverged"], spectra)
        with pytest.warns(ConvergenceWarning, match="diverged"):
            warm.fit(spectra)
    assert warm.stage_.encoder.members == 1
    warm.fit(spectra)
    assert np.all(np.isfinite(warm.transform(spectra)))


@BOTH
@pytest.mark.parametrize("by", ["Ctrl-C", "the callback"])
def test_an_interruption_keeps_the_best_so_far(estimator, spectra, by):
    data = data_for(estimator, spectra)

    def stop(share, loss):
        if by == "Ctrl-C" and share >= 0.5:
            raise KeyboardInterrupt
        return share >= 0.5

    stopped, whole = clone(estimator).set_params(callback=stop).fit(data), clone(estimator).fit(data)
    assert stopped.n_iter_ == 100
    assert len(stopped.notes_) == 1
    assert "interrupted" in stopped.notes_[0]
    assert np.all(np.isfinite(stopped.transform(data)))
    if isinstance(estimator, TwinEmbedding):
        assert np.array_equal(stopped.loss_, whole.loss_[:, :2])
        assert not same(stopped.stage_.encoder, whole.stage_.encoder)


@BOTH
@pytest.mark.parametrize(
    ("keywords", "word"),
    [
        ({"y": np.linspace(0, 1, 120)}, "continuous"),
        ({"y": [0, 1]}, "120 spectra"),
        ({"y": [None] * 120}, "known labels"),
        ({"pairs": [(0, 120, 1.0)]}, "0 to 119"),
        ({"pairs": [(0, 1, 2.0)]}, "between 0"),
        ({"pairs": "all"}, "numbers"),
    ],
)
def test_labels_and_pairs_that_cannot_be_meant_are_refused(estimator, spectra, keywords, word):
    with pytest.raises(ValueError, match=word) as caught:
        clone(estimator).fit(data_for(estimator, spectra), **keywords)
    one_line(caught)


@BOTH
def test_spectra_that_cannot_be_meant_are_refused(estimator, spectra):
    data = data_for(estimator, spectra).copy()
    with pytest.raises(ValueError, match="minimum of 2"):
        clone(estimator).fit(data[:1])
    data[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clone(estimator).fit(data)


@pytest.mark.parametrize(
    ("kind", "changes", "word"),
    [
        (TwinEmbedding, {"metric": "manhattan"}, "metric is 'manhattan'; allowed are euclidean, robust"),
        (TwinEmbedding, {"metric": 3}, "metric"),
        (TwinEmbedding, {"threshold": "high"}, "threshold is 'high'"),
        (TwinEmbedding, {"threshold": 0.0}, "threshold"),
        (TwinEmbedding, {"threshold": np.nan}, "threshold"),
        (TwinEmbedding, {"activation": "step"}, "activation"),
        (TwinEmbedding, {"activation": None}, "activation"),
        (TwinEmbedding, {"loss": "hinge"}, "loss is 'hinge'; allowed are contrastive"),
        (TwinEmbedding, {"members": 0}, "members"),
        (TwinEmbedding, {"members": 1.5}, "members is 1.5; allowed are positive integers"),
        (TwinEmbedding, {"members": True}, "members"),
        (TwinEmbedding, {"layers": ()}, "layers"),
        (TwinEmbedding, {"layers": 3}, "layers"),
        (TwinEmbedding, {"layers": (3, 0)}, "layers"),
        (TwinEmbedding, {"margin": -1.0}, "margin"),
        (TwinEmbedding, {"learning_rate": np.inf}, "learning_rate"),
        (TwinEmbedding, {"jitter": -0.5}, "jitter is -0.5; allowed are 0 and positive numbers"),
        (TwinEmbedding, {"jitter": np.nan}, "jitter"),
        (TwinEmbedding, {"jitter": "much"}, "jitter"),
        (TwinEmbedding, {"batch_size": 1}, "batch_size"),
        (TwinEmbedding, {"max_iter": 0}, "max_iter"),
        (TwinEmbedding, {"n_iter_no_change": 0}, "n_iter_no_change"),
        (TwinEmbedding, {"random_state": "now"}, "now"),
        (TwinEmbedding, {"random_state": -1}, "Seed|seed"),
        (TwinScore, {"layers": (5, 2)}, "layers"),
        (TwinScore, {"layers": ()}, "layers"),
        (TwinScore, {"activation": "step"}, "activation"),
        (TwinScore, {"boundary": "far"}, "boundary"),
        (TwinScore, {"boundary": -1}, "boundary"),
    ],
    ids=str,
)
def test_a_parameter_that_is_not_allowed_is_named(kind, changes, word, spectra):
    estimator = kind(**changes)
    with pytest.raises(ValueError, match=word) as caught:
        estimator.fit(spectra)
    one_line(caught)
    assert not hasattr(estimator, "stage_")
