from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from twin_data import FAR, QUICK, gap, planted_spectra, same

from didymos import TwinEmbedding, TwinScore
from didymos.core.metrics.euclidean import Euclidean
from didymos.twin.training.settings import TrainingSettings

DISTINCT = np.isin(np.arange(120), np.arange(FAR.start, FAR.stop))
OTHER = np.random.default_rng(9).integers(0, 2, 120)
"""A division of the spectra that has nothing to do with the one that their distances tell."""


@pytest.fixture(scope="module")
def spectra():
    return planted_spectra()


@pytest.fixture(scope="module")
def shifted(spectra):
    """Spectra in which the other division shows a little."""
    return spectra + 0.3 * OTHER[:, np.newaxis]


@cache
def fitted():
    return TwinEmbedding(**QUICK).fit(planted_spectra())


def test_planted_clusters_are_apart(spectra):
    points = fitted().transform(spectra)
    assert points.shape == (120, 2)
    assert gap(points, DISTINCT) > 4
    assert fitted().notes_ == ()
    assert fitted().threshold_ > 0


def test_the_default_parameters_part_them_too(spectra):
    embedding = TwinEmbedding().fit(spectra)
    assert gap(embedding.transform(spectra), DISTINCT) > 4
    assert embedding.loss_.shape[0] == 1
    assert embedding.n_iter_ == 50 * np.isfinite(embedding.loss_[0]).sum() <= embedding.max_iter


def test_the_same_seed_gives_the_same_bits(spectra):
    again = clone(fitted())
    assert not hasattr(again, "stage_")
    assert np.array_equal(again.fit_transform(spectra), fitted().transform(spectra))
    other = TwinEmbedding(**QUICK, random_state=1).fit_transform(spectra)
    assert not np.array_equal(other, fitted().transform(spectra))


def test_random_states_of_numpy_and_none(spectra):
    def fit(state):
        return TwinEmbedding(**QUICK, random_state=state).fit_transform(spectra)

    assert np.array_equal(fit(np.random.RandomState(3)), fit(np.random.RandomState(3)))
    state = np.random.RandomState(3)
    assert not np.array_equal(fit(state), fit(state))
    assert not np.array_equal(fit(None), fit(None))
    assert np.array_equal(fit(np.int64(0)), fitted().transform(spectra))


def test_members(spectra):
    embedding = TwinEmbedding(**QUICK, members=3).fit(spectra)
    members = embedding.transform_members(spectra)
    assert members.shape == (3, 120, 2)
    assert np.array_equal(members[embedding.reference_], embedding.transform(spectra))
    assert embedding.agreement_.shape == (3, 3)
    assert embedding.loss_.shape[0] == 3
    assert all(gap(points, DISTINCT) > 4 for points in members)


@pytest.mark.parametrize("factor", [2.0**30, 2.0**-30, 1e3])
def test_units_do_not_matter(spectra, factor):
    embedding = TwinEmbedding(**QUICK).fit(factor * spectra)
    points = embedding.transform(factor * spectra)
    if factor == 1e3:
        assert gap(points, DISTINCT) > 4
        assert embedding.threshold_ == pytest.approx(fitted().threshold_, rel=1e-3)
    else:
        # a power of two rounds nothing
        assert np.array_equal(points, fitted().transform(spectra))
        assert embedding.threshold_ == fitted().threshold_


def test_the_order_of_the_spectra_does_not_matter(spectra):
    order = np.random.default_rng(1).permutation(120)
    points = TwinEmbedding(**QUICK).fit_transform(spectra[order])
    assert gap(points, DISTINCT[order]) > 4


@pytest.mark.parametrize("period", [2, 3, 4, 8])
def test_kinds_that_alternate_are_found_like_any(period):
    distinct = np.arange(240) % period == 0
    spectra = planted_spectra(240)
    spectra[FAR] -= spectra[FAR].mean(axis=0) - spectra[:100].mean(axis=0)
    spectra[distinct] += 2 * np.exp(-(np.linspace(-5, 5, 30) ** 2))
    # without a warning that there is nothing to learn
    points = TwinEmbedding(**QUICK).fit(spectra, distinct).transform(spectra)
    assert gap(points, distinct) > 3


def test_the_type_of_the_output_is_that_of_the_input(spectra):
    single = spectra.astype(np.float32)
    assert fitted().transform(single).dtype == np.float32
    assert fitted().transform(spectra).dtype == np.float64
    assert fitted().transform(spectra.tolist()).dtype == np.float64
    assert fitted().transform(single) == pytest.approx(fitted().transform(spectra), abs=1e-3)
    embedding = TwinEmbedding(**QUICK).fit(single)
    assert gap(embedding.transform(single), DISTINCT) > 4


def test_a_spectrum_is_embedded_alike_whatever_the_others(spectra):
    whole = fitted().transform(spectra)
    assert fitted().transform(spectra[7:60]) == pytest.approx(whole[7:60], abs=1e-10)
    assert fitted().transform(spectra[99:100]) == pytest.approx(whole[99:100], abs=1e-10)


def test_names_parameters_and_pandas(spectra):
    assert fitted().get_feature_names_out().tolist() == ["twinembedding0", "twinembedding1"]
    assert TwinEmbedding(layers=(4, 3)).get_params()["layers"] == (4, 3)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(spectra, columns=[f"{energy:g} mV" for energy in range(30)])
    embedding = clone(fitted()).set_output(transform="pandas").fit(frame)
    table = embedding.transform(frame)
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["twinembedding0", "twinembedding1"]
    assert embedding.feature_names_in_.tolist() == list(frame.columns)


def test_labels_win_over_distances(shifted):
    labels = np.where(OTHER, "one", "two").astype(object)
    labels[::7] = None
    embedding = TwinEmbedding(**QUICK).fit(shifted, labels)
    assert np.isnan(embedding.threshold_)
    points = embedding.transform(shifted)
    # those without a label are placed by what was learnt of the others
    for chosen in (slice(None), slice(None, None, 7)):
        assert gap(points[chosen], OTHER[chosen]) > 2
    assert gap(points, DISTINCT) < 1


def given_pairs():
    first, second = np.random.default_rng(4).integers(0, 120, (2, 3000))
    return np.column_stack([first, second, OTHER[first] == OTHER[second]])


def test_pairs_go_before_labels_and_distances(shifted):
    embedding = TwinEmbedding(**QUICK).fit(shifted, DISTINCT, pairs=given_pairs())
    assert np.isnan(embedding.threshold_)
    points = embedding.transform(shifted)
    assert gap(points, OTHER) > 2
    assert gap(points, DISTINCT) < 1


@pytest.mark.parametrize("given", ["nothing", "labels", "pairs"])
def test_in_a_pipeline(shifted, given):
    keywords = {"nothing": {}, "labels": {"y": OTHER}, "pairs": {"y": DISTINCT, "pairs": given_pairs()}}[given]
    embedding, score = TwinEmbedding(**QUICK), TwinScore(**QUICK | {"layers": (8, 1)})
    pipeline = make_pipeline(clone(embedding), clone(score))
    pipeline.fit(shifted, **{{"pairs": "twinembedding__pairs"}.get(name, name): keywords[name] for name in keywords})
    points = embedding.fit(shifted, **keywords).transform(shifted)
    assert same(pipeline[0].stage_.encoder, embedding.stage_.encoder)
    assert np.array_equal(pipeline.transform(shifted), score.fit(points, keywords.get("y")).transform(points))


def test_a_given_threshold_metric_and_rank_are_taken(spectra):
    embedding = TwinEmbedding(**QUICK | {"layers": (6, 3)}, threshold=4.0, metric="euclidean", rank=3).fit(spectra)
    assert embedding.threshold_ == 4.0
    assert embedding.metric_.rank == 3
    assert embedding.transform(spectra).shape == (120, 3)
    own = TwinEmbedding(**QUICK | {"layers": (6, 3)}, threshold=4.0, metric=Euclidean(rank=3)).fit(spectra)
    assert same(own.stage_.encoder, embedding.stage_.encoder)


def test_jitter_is_taken_and_the_clusters_stay_apart(spectra):
    first, second = (TwinEmbedding(**QUICK, jitter=jitter).fit(spectra) for jitter in (0.5, 0.0))
    assert same(second.stage_.encoder, fitted().stage_.encoder)
    assert not same(first.stage_.encoder, second.stage_.encoder)
    assert same(clone(first).fit(spectra).stage_.encoder, first.stage_.encoder)
    assert gap(first.transform(spectra), DISTINCT) > 4


def test_one_rare_spectrum_in_twenty_thousand_is_learnt():
    rng = np.random.default_rng(0)
    energy = np.linspace(-1, 1, 20)
    spectra = 1 + rng.normal(size=(20_000, 2)) @ np.stack([energy, energy**2]) * 0.2
    spectra += rng.normal(scale=0.03, size=spectra.shape)
    spectra[12_345] += 2 * np.exp(-((energy / 0.2) ** 2))
    # max_iter as in QUICK would be too few looks at the one
    points = TwinEmbedding(**QUICK | {"max_iter": 600}).fit(spectra).transform(spectra)
    distance = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    assert distance.argmax() == 12_345
    assert distance[12_345] > 2 * np.quantile(distance, 0.999)


@pytest.mark.parametrize("max_iter", [1, 30, 50, 75, 120])
def test_there_are_never_more_steps_than_allowed(spectra, max_iter, monkeypatch):
    asked: list[TrainingSettings] = []

    def stop(data, settings, **_):
        asked.append(settings)
        raise ZeroDivisionError

    monkeypatch.setattr("didymos.twin.embedding.prepare_embedding", lambda *_, **__: None)  # compile nothing
    monkeypatch.setattr("didymos.twin.training.health.train", stop)
    with pytest.raises(ZeroDivisionError):
        TwinEmbedding(**QUICK | {"max_iter": max_iter}).fit(spectra)
    (settings,) = asked
    assert 0 < settings.stretch * settings.stretches <= max_iter


def test_what_cannot_be_transformed_is_refused(spectra):
    with pytest.raises(NotFittedError):
        TwinEmbedding().transform(spectra)
    with pytest.raises(ValueError, match="30 features"):
        fitted().transform(spectra[:, :10])
    broken = spectra.copy()
    broken[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        fitted().transform(broken)


def test_the_callback_gets_shares_and_losses(spectra):
    shares = []
    embedding = TwinEmbedding(**QUICK, callback=lambda share, loss: shares.append((share, loss))).fit(spectra)
    assert [share for share, _ in shares] == pytest.approx([0.25, 0.5, 0.75, 1])
    assert [loss for _, loss in shares] == pytest.approx(embedding.loss_.mean(axis=0))
    assert same(embedding.stage_.encoder, fitted().stage_.encoder)
