import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, fcluster, is_valid_linkage, leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score, average_precision_score
from tasks import task_of, two_clouds

from didymos.methods import agglomerative, chosen
from didymos.methods.agglomerative import LINKAGES, cluster_sizes, mean_cophenetic_distance, upper_end


def tree_of(points=60, method="average", seed=0):
    features = np.random.default_rng(seed).normal(size=(points, 4))
    return linkage(features, method)


@pytest.mark.parametrize("method", LINKAGES)
def test_the_score_is_the_mean_of_the_cophenetic_distances(method):
    merges = tree_of(method=method)
    plain = squareform(cophenet(merges)).sum(axis=1) / 59
    assert mean_cophenetic_distance(merges, np.ones(60, dtype=int)) == pytest.approx(plain, rel=1e-12)


def test_points_that_stand_for_several_spectra_count_as_often():
    merges = tree_of(20)
    size = np.random.default_rng(1).integers(1, 5, 20)
    table = squareform(cophenet(merges))
    plain = (table * size).sum(axis=1) / (size.sum() - 1)
    assert mean_cophenetic_distance(merges, size) == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("method", LINKAGES)
def test_the_outcome_is_that_of_scipy(method):
    values = two_clouds(8, 9)[0]
    task = task_of(values)
    found = chosen([f"agglomerative-{method}"])[0].run(task)
    merges = linkage(task.scores, method)
    heights = squareform(cophenet(merges)).sum(axis=1)
    assert found.score / found.score.max() == pytest.approx(heights / heights.max(), rel=1e-6)
    assert adjusted_rand_score(found.labels, fcluster(merges, 2, "maxclust")) == 1
    # fewer spectra than leaves: the whole tree
    assert found.tree is not None
    assert found.tree.merges[:, 2] / found.tree.merges[-1, 2] == pytest.approx(merges[:, 2] / merges[-1, 2])
    assert np.array_equal(found.tree.merges[:, :2], np.sort(merges[:, :2], axis=1))
    assert np.array_equal(found.tree.leaf_size, np.ones(64))


@pytest.mark.parametrize("most", [2, 7, 60, 300])
def test_the_upper_end_is_a_tree_of_the_clusters_of_a_cut(most):
    merges, points = tree_of(method="ward"), 60
    tree = upper_end(merges, np.ones(points, dtype=int), most)
    leaves = min(most, points)
    assert tree.merges.shape == (leaves - 1, 4)
    # SciPy counts leaves, a tree the spectra in them
    counted = cluster_sizes(tree.merges, np.ones(leaves, dtype=int))[leaves:]
    plain = np.column_stack([tree.merges[:, :3], counted])
    assert is_valid_linkage(plain)
    assert sorted(leaves_list(plain)) == list(range(leaves))
    cut = np.bincount(fcluster(merges, leaves, "maxclust"))[1:]
    assert sorted(tree.leaf_size) == sorted(cut)
    assert np.array_equal(tree.merges[:, 2], merges[len(merges) - leaves + 1 :, 2])
    assert np.array_equal(tree.merges[:, 3], merges[len(merges) - leaves + 1 :, 3])


def test_the_upper_end_counts_the_spectra_that_points_stand_for():
    size = np.random.default_rng(2).integers(1, 9, 60)
    tree = upper_end(tree_of(), size, 12)
    assert tree.leaf_size.sum() == size.sum()
    assert tree.merges[-1, 3] == size.sum()
    sizes = [*tree.leaf_size]
    for left, right, _, number in tree.merges:
        sizes.append(sizes[int(left)] + sizes[int(right)])
        assert number == sizes[-1]


@pytest.mark.parametrize("method", LINKAGES)
def test_a_sample_of_the_spectra_tells_the_same(method, monkeypatch):
    values, rare = two_clouds(24, 60)
    whole = chosen([f"agglomerative-{method}"])[0].run(task_of(values))
    monkeypatch.setattr(agglomerative, "MOST_SPECTRA", 200)
    part = chosen([f"agglomerative-{method}"])[0].run(task_of(values))
    assert whole.notes == ()
    assert part.notes == (
        "Fitted to 200 of 576 spectra, drawn at random; "
        "the other spectra join the cluster of the nearest fitted spectrum.",
    )
    assert adjusted_rand_score(part.labels, whole.labels) > 0.99
    assert average_precision_score(rare, part.score) > 0.99
    assert spearmanr(part.score, whole.score).statistic > 0.3
    assert part.tree is not None
    assert part.tree.leaf_size.sum() == len(values)
    assert len(part.tree.leaf_size) == 200
