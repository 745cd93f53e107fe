import numpy as np
import pytest
from twin_data import MEMBERS, distances

from didymos.twin.ensemble.alignment import Motion, agreement, motion_onto, moved, standard_motion
from didymos.twin.training.encoder import random_encoder

COMPONENTS = [1, 2, 3]


def turned(rng, components, reflection=1):
    """An orthogonal matrix; the sign of its determinant is random."""
    turn = np.linalg.qr(rng.normal(size=(components, components)))[0]
    return turn * [reflection, *[1] * (components - 1)]


def shape(rng, points=60, components=2):
    """A majority, and a tail that leads away from it; its spread differs from axis to axis."""
    embedding = rng.normal(size=(points, components)) * 0.3
    embedding[: points // 6] += rng.exponential(size=(points // 6, components)) * 5 / np.arange(1, components + 1)
    return embedding, np.arange(points) >= points // 6


@pytest.mark.parametrize("components", COMPONENTS)
@pytest.mark.parametrize("reflection", [1, -1])
def test_a_motion_undoes_shift_rotation_and_reflection(components, reflection):
    rng = np.random.default_rng(3)
    reference = rng.normal(size=(50, components)) * np.arange(1, components + 1)
    displaced = reference @ turned(rng, components, reflection) + 7
    motion = motion_onto(displaced, reference)
    assert motion(displaced) == pytest.approx(reference, abs=1e-9)
    assert motion.turn @ motion.turn.T == pytest.approx(np.eye(components), abs=1e-12)


def test_a_motion_keeps_all_distances_and_there_is_none_nearer():
    rng = np.random.default_rng(4)
    embedding, reference = rng.normal(size=(2, 30, 2))
    motion = motion_onto(embedding, reference)
    laid = motion(embedding)
    assert distances(laid) == pytest.approx(distances(embedding), abs=1e-9)
    nearest = np.linalg.norm(laid - reference)
    for reflection in (1, -1):
        for _ in range(50):
            other = Motion(turned(rng, 2, reflection), motion.shift + 0.1 * rng.normal(size=2))
            assert np.linalg.norm(other(embedding) - reference) >= nearest
        for angle in np.linspace(-0.3, 0.3, 7):
            spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            assert np.linalg.norm(laid @ spin - reference) >= nearest - 1e-12


def test_points_that_coincide_have_a_finite_motion():
    assert motion_onto(np.ones((5, 2)), np.zeros((5, 2)))(np.ones((5, 2))) == pytest.approx(0)
    motion = standard_motion(np.ones((5, 2)), np.ones(5, dtype=bool))
    assert motion(np.ones((5, 2))) == pytest.approx(0)
    assert motion.turn @ motion.turn.T == pytest.approx(np.eye(2))


@pytest.mark.parametrize("components", COMPONENTS)
def test_the_standard_frame(components):
    embedding, near = shape(np.random.default_rng(5), components=components)
    standard = standard_motion(embedding + 3, near)(embedding + 3)
    assert distances(standard) == pytest.approx(distances(embedding), abs=1e-9)
    # the majority is at the origin, where its median was
    origin = standard_motion(embedding, near)(np.median(embedding[near], axis=0, keepdims=True))
    assert origin == pytest.approx(0, abs=1e-12)
    moment = standard.T @ standard
    assert moment == pytest.approx(np.diag(np.diag(moment)), abs=1e-9)
    assert np.all(np.diff(np.diag(moment)) < 0)
    assert np.all(standard.max(axis=0) > -standard.min(axis=0))


@pytest.mark.parametrize("components", COMPONENTS)
@pytest.mark.parametrize("reflection", [1, -1])
def test_the_standard_frame_is_the_same_however_the_embedding_was_turned(components, reflection):
    rng = np.random.default_rng(6)
    embedding, _ = shape(rng, components=components)
    # the median along turned axes is another point, unless all of the majority is at one
    near = np.arange(len(embedding)) == 20
    other = embedding @ turned(rng, components, reflection) - 4
    first, second = (standard_motion(points, near)(points) for points in (embedding, other))
    assert second == pytest.approx(first, abs=1e-9)


def test_agreement_is_one_up_to_shift_and_factor():
    points = np.random.default_rng(7).normal(size=(500, 2))
    assert agreement(points, 3 * points + 8) == pytest.approx(1)
    assert agreement(points, -points) == pytest.approx(-1)
    assert agreement(points, points[:, ::-1]) == pytest.approx(0, abs=0.1)
    assert agreement(points, np.ones_like(points)) == 1


def test_agreement_of_one_component_is_its_correlation():
    first, second = np.random.default_rng(8).normal(size=(2, 100, 1))
    second += first
    expected = np.corrcoef(first[:, 0], second[:, 0])[0, 1]
    assert agreement(first, second) == pytest.approx(expected)
    assert 0.5 < expected < 0.9


def test_an_encoder_that_makes_the_motion_itself():
    rng = np.random.default_rng(9)
    encoder = random_encoder([np.random.default_rng(member) for member in range(MEMBERS)], 4, (8, 2), "tanh")
    motions = [Motion(turned(rng, 2, reflection), rng.normal(size=2)) for reflection in (1, -1)]
    inputs = rng.normal(size=(1, 40, 4))
    before, once = encoder.embed(inputs), moved(encoder, motions)
    twice = moved(once, motions[::-1])
    for member, motion in enumerate(motions):
        expected = motion(before[member])
        assert once.embed(inputs)[member] == pytest.approx(expected, abs=1e-13)
        assert twice.embed(inputs)[member] == pytest.approx(motions[1 - member](expected), abs=1e-13)
