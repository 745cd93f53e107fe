from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from didymos import TwinEmbedding, TwinScore

SHORT: dict[str, Any] = {"max_iter": 20, "batch_size": 32}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([TwinEmbedding(**SHORT), TwinScore(**SHORT, layers=(4, 1))])
def test_the_estimators_are_those_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([TwinEmbedding(**SHORT, members=2)])
def test_an_ensemble_is_one_of_scikit_learn_too(estimator, check):
    check(estimator)
