"""The points that a user is asked about: those whose region changes with the member that decides."""

import numpy as np
import pytest

from didymos import Settings
from didymos.schema import Region
from didymos.simulate import fese
from didymos.workflow import Teacher
from didymos.workflow.doubt import DoubtSettings, doubt, doubtful

SIDE = 32
MANY = DoubtSettings(count=1000)


@pytest.fixture(scope="module")
def surface():
    return fese(shape=(SIDE, SIDE), energies=48, defects=4, seed=3).load()


@pytest.fixture(scope="module")
def examples(surface):
    amplitude, rng = surface["truth_amplitude"].values, np.random.default_rng(0)
    defect, bare = (rng.permutation(np.argwhere(where))[:3] for where in (amplitude > 0.8, amplitude < 0.02))
    row, column = np.concatenate([defect, bare, [[0, 0]]]).T.tolist()
    return {"row": row, "column": column, "label": ["vacancy"] * 3 + ["majority"] * 3 + ["artefact"]}


@pytest.fixture(scope="module")
def taught(surface, examples):
    return Teacher.of(surface, Settings(members=4)).teach(examples)


def naive_doubt(taught):
    """One spectrum and one member after the other."""
    model = taught.steps.regions.model
    found = []
    for scores, region in zip(taught.member_scores.T, taught.steps.regions.region, strict=True):
        found.append(1 - np.mean([model.probability(np.array([score]))[0, region] for score in scores]))
    return np.array(found)


def test_doubt_is_the_expected_change_of_the_region(taught):
    found = doubt(taught)
    np.testing.assert_allclose(found, naive_doubt(taught), atol=2e-9)
    assert found.min() == 0.0
    assert 0.2 < found.max() <= 1.0
    # the bare surface far from every defect is certain
    usable = taught.steps.points.usable.reshape(SIDE, SIDE)
    score, spread = (taught.result[name].values[usable] for name in ("score", "score_std"))
    assert (found[score + 3 * spread < 0.1] == 0).all()


def test_points_are_asked_about_in_the_order_of_doubt_and_not_beside_each_other(taught):
    chosen = doubtful(taught, settings=MANY)
    points = taught.steps.points
    everywhere = np.zeros(SIDE * SIDE)
    everywhere[points.usable] = doubt(taught)
    assert len(chosen) > 3
    assert chosen[0] not in taught.examples.index
    assert (np.diff(everywhere[chosen]) <= 1e-12).all()
    assert (everywhere[chosen] > 0).all()
    taken = np.concatenate([chosen, taught.examples.index])
    row, column = np.divmod(taken, SIDE)
    apart = np.abs(row - row[:, np.newaxis]) + np.abs(column - column[:, np.newaxis])
    np.fill_diagonal(apart, 99)
    assert apart[: len(chosen)].min() > 1
    # whoever is left out has a neighbour that is not
    left = np.setdiff1d(np.flatnonzero(everywhere > 0), taken)
    steps = np.abs(left[:, np.newaxis] // SIDE - row) + np.abs(left[:, np.newaxis] % SIDE - column)
    assert (steps.min(axis=1) == 1).all()


def test_fewer_are_the_first_of_more(taught):
    few = doubtful(taught, settings=DoubtSettings(count=3))
    np.testing.assert_array_equal(few, doubtful(taught, settings=MANY)[:3])
    np.testing.assert_array_equal(few, doubtful(taught)[:3])
    assert len(doubtful(taught)) <= 12
    assert len(doubtful(taught, settings=DoubtSettings(count=0))) == 0
    close = doubtful(taught, settings=DoubtSettings(count=1000, apart=0))
    assert len(close) > len(doubtful(taught, settings=MANY))


def test_an_answer_is_not_asked_for_again(taught, surface, examples):
    asked = int(doubtful(taught)[0])
    row, column = divmod(asked, SIDE)
    label = "vacancy" if surface["truth_amplitude"].values[row, column] > 0.5 else "majority"
    more = {
        "row": [*examples["row"], row],
        "column": [*examples["column"], column],
        "label": [*examples["label"], label],
    }
    again = Teacher.of(surface, Settings(members=4)).teach(more)
    assert asked not in doubtful(again, settings=MANY)
    usable = np.flatnonzero(again.steps.points.usable)
    given = np.isin(usable, again.examples.index)
    assert given.sum() == 7
    assert (again.steps.regions.region[usable == asked] != Region.ARTEFACT).all()


def test_scattered_spectra_on_the_evidence_are_asked_about_as_well(surface, examples):
    data = surface["spectra"].stack(point=("y", "x")).transpose("point", "energy").reset_index("point")
    index = [row * SIDE + column for row, column in zip(examples["row"], examples["column"], strict=True)]
    numbered = {"row": [0] * len(index), "column": index, "label": examples["label"]}
    taught = Teacher.of(data, Settings(members=2)).teach(numbered, on_evidence=True)
    chosen = doubtful(taught, settings=MANY)
    assert len(chosen) == len(set(chosen.tolist()))
    assert not set(chosen.tolist()) & set(index)
    np.testing.assert_array_equal(chosen, doubtful(taught, settings=MANY))
