import numpy as np
import pytest
from twin_data import distances

from didymos.twin.ensemble.alignment import agreement, motion_onto, standard_motion
from didymos.twin.ensemble.members import Ensemble, agreements, compared, in_one_frame
from didymos.twin.training.encoder import random_encoder
from didymos.twin.training.loop import Trained
from didymos.twin.training.plan import Look


def turned(points, seed):
    """The points after a rotation and a shift."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(points.shape[1],) * 2))[0]
    return points @ turn + rng.normal(size=points.shape[1])


@pytest.mark.parametrize("points", [1, 2, 150, 2000, 2001, 60_000])
def test_the_spectra_compared_are_spread_evenly_over_the_distances(points):
    distance = np.random.default_rng(0).lognormal(size=points)
    chosen = compared(distance)
    assert len(chosen) == len(set(chosen.tolist())) == min(points, 2000)
    assert np.all(np.diff(distance[chosen]) >= 0)
    if points <= 2000:
        assert sorted(chosen.tolist()) == list(range(points))
    for share in (0.1, 0.5, 0.9):
        assert np.mean(distance <= np.quantile(distance[chosen], share)) == pytest.approx(share, abs=0.02 + 1 / points)


def test_agreements_are_those_of_every_two_members():
    first = np.random.default_rng(1).normal(size=(100, 2))
    parts = np.stack([first, turned(first, 2), np.random.default_rng(3).normal(size=(100, 2))])
    plain, laid = agreements(parts), agreements(parts, lay=True)
    for table in (plain, laid):
        assert np.array_equal(np.diag(table), np.ones(3))
        assert np.array_equal(table, table.T)
    for one in range(3):
        for two in range(one + 1, 3):
            assert plain[one, two] == pytest.approx(agreement(parts[one], parts[two]))
            onto = motion_onto(parts[two], parts[one])(parts[two])
            assert laid[one, two] == pytest.approx(agreement(parts[one], onto))
    # a rotation is undone before the comparison
    assert laid[0, 1] == pytest.approx(1)
    assert abs(laid[0, 2]) < 0.5


def test_the_frame_is_that_of_the_member_that_agrees_best():
    generators = [np.random.default_rng(member) for member in range(3)]
    encoder = random_encoder(generators, 4, (8, 2), "tanh")
    features = np.random.default_rng(4).normal(size=(300, 4))
    distance = np.linalg.norm(features, axis=1)
    before = encoder.embed(features[np.newaxis] / 2.0)
    found, reference, alike = in_one_frame(encoder, features, 2.0, distance)
    after = found.embed(features[np.newaxis] / 2.0)
    assert reference == alike.mean(axis=1).argmax()
    assert alike == pytest.approx(agreements(before[:, compared(distance)], lay=True))
    for one, two in zip(before, after, strict=True):
        assert distances(two) == pytest.approx(distances(one), abs=1e-9)
        assert motion_onto(two, after[reference])(two) == pytest.approx(two, abs=1e-9)
    standard = standard_motion(before[reference], distance <= np.median(distance))
    assert after[reference] == pytest.approx(standard(before[reference]), abs=1e-9)


def ensemble_of(table):
    encoder = random_encoder([np.random.default_rng(0)], 2, (1,), "tanh")
    trained = Trained(encoder, np.ones((1, 1)), np.ones(1), Look(*np.ones((4, 1))), 1, False)
    return Ensemble(trained, (), 0, np.array(table))


def test_the_mean_agreement_is_that_of_all_pairs():
    assert ensemble_of([[1.0, 0.5, 0.2], [0.5, 1.0, 0.8], [0.2, 0.8, 1.0]]).mean_agreement == pytest.approx(0.5)
    assert np.isnan(ensemble_of([[1.0]]).mean_agreement)
