import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array, csr_matrix

from didymos.twin.training.plan import Plan
from didymos.twin.training.similarity import ByDistance, ByLabel, ByPair, given_labels, given_pairs

POINTS = 6
OTHER = -2
LISTED = [(0, 1, 1.0), (0, 4, 0.0), (2, 5, 0.25), (3, 4, 0.5)]


def refused(function, given, points=POINTS):
    with pytest.raises(ValueError, match=r"allowed|needed|no pair|between") as caught:
        function(given, points)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(("y ", "pairs "))
    return message


def listed(pairs):
    return sorted(zip(*pairs.rows.T.tolist(), pairs.similarity.tolist(), strict=True))


@pytest.mark.parametrize(
    "labels",
    [
        ["b", "a", "b", "c", "a", "b"],
        [7, -1, 7, 10**12, -1, 7],
        [2.0, 1.0, 2.0, 0.0, 1.0, 2.0],
        np.array(["b", "a", "b", "c", "a", "b"], dtype=object),
        np.array([1, 0, 1, 2, 0, 1], dtype=np.uint8),
    ],
    ids=["names", "numbers", "whole floats", "objects", "bytes"],
)
def test_the_most_frequent_label_is_zero_and_the_others_follow(labels):
    known, found = given_labels(labels, POINTS)
    assert known.tolist() == list(range(POINTS))
    assert found.labels.tolist() == [0, 1, 0, 2, 1, 0]
    assert found.labels.dtype == np.int32


@pytest.mark.parametrize(
    "labels",
    [["a", None, "b", "b", None, "b"], [0, np.nan, 1, 1, np.nan, 1], [0, None, 1, 1, np.nan, 1]],
    ids=["names", "numbers", "both"],
)
def test_none_and_nan_are_not_known(labels):
    known, found = given_labels(labels, POINTS)
    assert known.tolist() == [0, 2, 3, 5]
    assert found.labels.tolist() == [1, 0, 0, 0]


def test_truth_values_and_a_single_label_are_labels():
    assert given_labels([False, True, True], 3)[1].labels.tolist() == [1, 0, 0]
    assert given_labels(["a", "a", "a"], 3)[1].labels.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0, 1, 1], ["(3,)", "6"]),
        ([[0, 1]] * POINTS, ["(6, 2)"]),
        (3, ["()"]),
        ([None] * POINTS, ["0 known"]),
        ([np.nan] * 5 + [1.0], ["1 known"]),
        ([0.5, 1.5, 0.25, 3.0, 2.0, 0.1], ["continuous", "pairs"]),
    ],
    ids=["too few", "a table", "a number", "none known", "one known", "continuous"],
)
def test_labels_that_cannot_be_meant_are_refused(labels, words):
    message = refused(given_labels, labels)
    assert all(word in message for word in words)


def as_matrix(symmetric):
    table = np.full((POINTS, POINTS), np.nan)
    for first, second, similarity in LISTED:
        table[first, second] = similarity
        if symmetric:
            table[second, first] = similarity
    return table


def as_sparse(kind):
    first, second, similarity = np.array(LISTED).T
    return kind((similarity, (first.astype(int), second.astype(int))), shape=(POINTS, POINTS))


@pytest.mark.parametrize(
    "pairs",
    [
        LISTED,
        np.array(LISTED),
        np.array(LISTED, dtype=np.float32),
        tuple(np.array(LISTED).T),
        ([0, 0, 2, 3], [1, 4, 5, 4], [1, 0, 0.25, 0.5]),
        as_matrix(symmetric=True),
        as_matrix(symmetric=False),
        as_sparse(coo_array),
        as_sparse(csr_array),
        as_sparse(csr_matrix),
        [*LISTED, (3, 3, 1.0), (2, 2, 0.0)],
    ],
    ids=[
        *("list", "table", "single precision", "tuple", "tuple of lists", "matrix", "upper half"),
        *("coordinates", "rows", "old matrix", "with pairs of one spectrum"),
    ],
)
def test_every_form_of_pairs_says_the_same(pairs):
    found = given_pairs(pairs, POINTS)
    assert listed(found) == LISTED
    assert (found.rows.dtype, found.similarity.dtype) == (np.dtype(np.int32), np.dtype(np.float32))


def test_the_lower_half_of_a_matrix_is_read_as_well():
    assert {(min(i, j), max(i, j)) for i, j, _ in listed(given_pairs(as_matrix(symmetric=False).T, POINTS))} == {
        (i, j) for i, j, _ in LISTED
    }


def test_three_columns_are_a_list_even_of_three_spectra():
    assert listed(given_pairs([(0, 1, 1), (0, 2, 0), (1, 2, 0)], 3)) == [(0, 1, 1), (0, 2, 0), (1, 2, 0)]


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([(0, 6, 1.0)], ["6", "0 to 5"]),
        ([(-1, 3, 1.0)], ["-1", "0 to 5"]),
        ([(0.5, 3, 1.0)], ["0.5", "0 to 5"]),
        ([(np.nan, 3, 1.0)], ["nan", "0 to 5"]),
        ([(0, 1, 1.1)], ["between 0", "1"]),
        ([(0, 1, -0.1)], ["between 0", "1"]),
        ([(0, 1, np.nan)], ["between 0", "1"]),
        ([(0, 1, 1e40)], ["between 0", "1"]),
        (np.where(np.eye(POINTS, k=1), 2.0, 0.0), ["between 0", "1"]),
        (np.where(np.eye(POINTS, k=1), np.inf, 0.0), ["between 0", "1"]),
        ([(2, 2, 1.0), (3, 3, 0.0)], ["no pair"]),
        (np.zeros((0, 3)), ["no pair"]),
        (np.full((POINTS, POINTS), np.nan), ["no pair"]),
        (csr_array((POINTS, POINTS)), ["no pair"]),
        ([(0, 1)], ["(1, 2)", "n_pairs, 3"]),
        ([0, 1, 1.0], ["(3,)", "n_pairs, 3"]),
        (np.zeros((POINTS, POINTS - 1)), ["(6, 5)", "square"]),
        (np.zeros((5, 5)), ["(5, 5)", "square"]),
        (csr_array((5, POINTS)), ["(5, 6)", "(6, 6)"]),
        ("alike", ["numbers", "n_pairs, 3"]),
        ([("a", "b", 1.0)], ["numbers", "n_pairs, 3"]),
        (([0, 1], [1], [1.0]), ["numbers", "three"]),
        ({0: 1}, ["numbers", "n_pairs, 3"]),
    ],
)
def test_pairs_that_cannot_be_meant_are_refused(pairs, words):
    message = refused(given_pairs, pairs)
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("similarity", "batch"),
    [
        (ByDistance(None, 1.0), 3),
        (ByDistance(np.arange(2.0 * POINTS, dtype=np.float32).reshape(-1, 2), 1.0), 3),
        (ByLabel(np.array([0, 0, 1, 1, 2, 2], np.int32)), 3),
        (ByLabel(np.array([0, 0, 1, 1, 2, OTHER], np.int32), np.array([0, 0.5, 1, 0.1, 0.9, 1], np.float32)), 3),
        (given_pairs(LISTED, POINTS), 3),
    ],
    ids=["distance of the inputs", "distance", "label", "amplitude", "pair"],
)
def test_a_batch_has_the_shapes_that_the_program_is_compiled_for(similarity, batch):
    inputs = np.random.default_rng(0).random((POINTS, 4)).astype(np.float32)
    drawn = np.array([[0, 3, 1], [2, 2, 0]], dtype=np.int32)
    found = similarity.gather(inputs, drawn)
    plan = Plan(similarity.kind, (4, 2), similarity.columns, "tanh", "contrastive", True, True, 1, batch, 2, 2)
    # the axis of the members is that of a later stack
    assert tuple(np.expand_dims(array, 1).shape for array in found) == tuple(plan.shapes(2))
    assert (found.inputs.dtype, found.rows.dtype, found.target.dtype) == (np.float32, np.int32, np.float32)
    assert np.array_equal(found.inputs, inputs[found.rows])
    if isinstance(similarity, ByPair):
        assert [(*rows, alike) for rows, (alike,) in zip(found.rows[0].tolist(), found.target[0], strict=True)] == [
            LISTED[index] for index in drawn[0]
        ]
    elif isinstance(similarity, ByLabel):
        amplitude = np.ones(POINTS, np.float32) if similarity.amplitude is None else similarity.amplitude
        assert np.array_equal(found.target, np.column_stack([similarity.labels, amplitude])[drawn])
    elif similarity.features is not None:
        assert np.array_equal(found.target, similarity.features[drawn])


def test_groups_are_the_labels_and_within_them_steps_of_the_amplitude():
    labels = np.array([0, 2, 2, 0, 1, OTHER, 1], np.int32)
    plain = ByLabel(labels).strata
    assert [[a == b for a in plain] for b in plain] == [[a == b for a in labels] for b in labels]
    amplitude = np.array([0, 0.05, 0.3, 0, 0.3, 1, 0.35], np.float32)
    soft = ByLabel(labels, amplitude).strata
    # two of the majority, a label at two amplitudes, one step of another label, and the spectra unlike them
    assert len(set(soft.tolist())) == 5
    assert soft[0] == soft[3]
    assert soft[4] == soft[6]
    assert ByLabel(np.array([1, 1, 2], np.int32), np.zeros(3, np.float32)).strata.tolist() == [0, 0, 0]
    # kinds that are one for the score are still drawn equally often
    grouped = ByLabel(np.ones(4, np.int32), np.array([1, 1, 1, 0], np.float32), np.array([1, 1, 2, 2])).strata
    assert grouped[0] == grouped[1] != grouped[2] != grouped[3]
    for strata in (plain, soft):
        assert sorted(set(strata.tolist())) == list(range(strata.max() + 1))


def test_who_is_the_majority_and_who_a_core():
    labels = np.array([0, 1, 2, OTHER, 0, 1], np.int32)
    assert ByLabel(labels).majority.tolist() == [0, 4]
    assert ByLabel(labels).cores.tolist() == [False, True, True, False, False, True]
    amplitude = np.array([0, 0.9, 0.5, 1, 0.2, 1], np.float32)
    soft = ByLabel(np.array([1, 1, 1, OTHER, 1, 1], np.int32), amplitude)
    assert soft.majority.tolist() == [0]
    assert soft.cores.tolist() == [False, True, False, False, False, True]
