import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from didymos import TwinEmbedding, TwinScore

FAR = slice(100, 120)


@pytest.fixture(scope="module")
def spectra():
    """120 spectra of 30 energies; the last 20 have a peak that the others lack."""
    rng = np.random.default_rng(0)
    energy = np.linspace(-1, 1, 30)
    values = 1 + rng.normal(size=(120, 2)) @ np.stack([energy, energy**2]) * 0.2
    values[FAR] += 2 * np.exp(-((energy / 0.2) ** 2))
    return values + rng.normal(scale=0.03, size=values.shape)


@pytest.fixture(scope="module")
def embedding(spectra):
    return TwinEmbedding().fit(spectra)


@pytest.fixture(scope="module")
def score(spectra, embedding):
    return TwinScore().fit(embedding.transform(spectra))


def test_planted_clusters_are_apart(spectra, embedding):
    points = embedding.transform(spectra)
    assert points.shape == (120, 2)
    near, far = points[:100], points[FAR]
    gap = np.linalg.norm(near.mean(axis=0) - far.mean(axis=0))
    assert gap > 4 * max(near.std(axis=0).max(), far.std(axis=0).max())


def test_the_score_parts_them_with_the_majority_at_zero(spectra, embedding, score):
    found = score.transform(embedding.transform(spectra))
    assert found.shape == (120, 1)
    assert np.all((found >= 0) & (found <= 1))
    assert found[FAR].min() > found[:100].max()
    assert np.median(found[:100]) < 0.2
    assert np.median(found[FAR]) > 0.8


def test_the_same_seed_gives_the_same_bits(spectra, embedding):
    again = clone(embedding)
    assert not hasattr(again, "stage_")
    assert np.array_equal(again.fit_transform(spectra), embedding.transform(spectra))
    other = TwinEmbedding(random_state=1).fit_transform(spectra)
    assert not np.array_equal(other, embedding.transform(spectra))


def test_names_parameters_and_pandas(spectra, embedding, score):
    assert embedding.get_feature_names_out().tolist() == ["twinembedding0", "twinembedding1"]
    assert score.get_feature_names_out().tolist() == ["twinscore0"]
    assert TwinEmbedding(layers=(4, 3)).get_params()["layers"] == (4, 3)
    pandas = pytest.importorskip("pandas")
    table = clone(embedding).set_output(transform="pandas").fit(spectra).transform(spectra)
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["twinembedding0", "twinembedding1"]


def test_in_a_pipeline(spectra, embedding, score):
    pipeline = make_pipeline(TwinEmbedding(), TwinScore())
    found = pipeline.fit(spectra).transform(spectra)
    assert found == pytest.approx(score.transform(embedding.transform(spectra)), abs=1e-6)


def test_a_given_threshold_is_taken(spectra):
    found = TwinEmbedding(threshold=4.0, metric="euclidean", layers=(6, 3)).fit(spectra)
    assert found.threshold_ == 4.0
    assert found.transform(spectra).shape == (120, 3)


@pytest.mark.parametrize("estimator", [TwinEmbedding(), TwinScore()], ids=["embedding", "score"])
def test_what_cannot_be_fitted_is_refused(estimator, spectra):
    broken = spectra.copy()
    broken[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        clone(estimator).fit(broken)
    with pytest.raises(ValueError, match="minimum of 8"):
        clone(estimator).fit(spectra[:5])
    with pytest.raises(NotFittedError):
        clone(estimator).transform(spectra)


def test_what_cannot_be_transformed_is_refused(spectra, embedding):
    with pytest.raises(ValueError, match="30 features"):
        embedding.transform(spectra[:, :10])
    broken = spectra.copy()
    broken[0, 0] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        embedding.transform(broken)


@pytest.mark.parametrize(
    ("estimator", "word"),
    [
        (TwinEmbedding(metric="manhattan"), "metric"),
        (TwinEmbedding(threshold="high"), "threshold"),
        (TwinEmbedding(threshold=0.0), "threshold"),
        (TwinEmbedding(activation="step"), "activation"),
        (TwinEmbedding(members=0), "members"),
        (TwinEmbedding(layers=()), "layers"),
        (TwinEmbedding(margin=-1.0), "margin"),
        (TwinScore(layers=(5, 2)), "layers"),
        (TwinScore(layers=()), "layers"),
        (TwinScore(activation="step"), "activation"),
        (TwinScore(boundary="far"), "boundary"),
    ],
    ids=repr,
)
def test_a_parameter_that_is_not_allowed_is_named(estimator, word, spectra):
    with pytest.raises(ValueError, match=word) as caught:
        estimator.fit(spectra)
    assert "\n" not in str(caught.value)
