from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_data import MEMBERS, SMALL, by_distance, same, two_clusters

from didymos.twin.training import health
from didymos.twin.training.encoder import random_encoder
from didymos.twin.training.health import (
    TrainingError,
    collapsed,
    describe,
    diverged,
    sound,
    train_soundly,
)
from didymos.twin.training.loop import Trained, train
from didymos.twin.training.plan import Look


def prepared(best, *, constant=1.0, similar=5.0, dissimilar=5.0, looks=2, draw=0, interrupted=False):
    """An ensemble with these best losses, as if it had been trained."""
    best = np.array(best, dtype=np.float32)
    encoder = random_encoder([np.random.default_rng([draw, member]) for member in range(len(best))], 4, (8, 2), "tanh")
    loss = np.repeat(np.where(np.isfinite(best), best, np.nan)[:, np.newaxis], looks, axis=1)
    look = Look(loss[:, -1], *(np.full(len(best), value, np.float32) for value in (constant, similar, dissimilar)))
    return Trained(encoder, loss, best, look, SMALL.stretch, interrupted)


@pytest.fixture
def attempts(monkeypatch):
    """Let the next trainings return what is put in the first list; the second one gets how they were asked for."""
    results: list[Trained] = []
    asked: list[dict[str, Any]] = []

    def instead(data, settings, **keywords):
        asked.append({"learning_rate": settings.learning_rate, **keywords})
        return results[len(asked) - 1]

    monkeypatch.setattr(health, "train", instead)
    return results, asked


def run():
    return train_soundly(by_distance(two_clusters()[0]), SMALL, members=3, seed=7)


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_diverged_and_collapsed_members_are_recognised(unit):
    trained = prepared(unit * np.array([0.1, np.inf, 0.99, 0.97, 1.2, 1.05]), constant=unit)
    assert diverged(trained).tolist() == [False, True, False, False, True, False]
    assert collapsed(trained).tolist() == [False, False, True, False, False, True]
    assert sound(trained, SMALL).tolist() == [0, 2, 3, 5]


def test_the_loss_of_a_constant_is_no_collapse_where_nothing_is_dissimilar():
    trained = prepared([0.0, 0.1], constant=0.0, dissimilar=0.0)
    assert not collapsed(trained).any()
    assert not diverged(trained).any()


def test_no_sound_member_is_an_error():
    with pytest.raises(TrainingError, match=r"learning rate 0\.5") as caught:
        sound(prepared([np.inf, np.inf]), replace(SMALL, learning_rate=0.5))
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_nothing_is_said_where_all_is_well():
    assert describe(prepared([0.1, 0.2])) == ()


@pytest.mark.parametrize(
    ("trained", "words"),
    [
        (prepared([0.1], dissimilar=0), ["no pair is dissimilar"]),
        (prepared([0.1], similar=0), ["no pair is similar"]),
        (prepared([0.1, np.inf, np.inf]), ["2 of 3 networks diverged"]),
        (prepared([np.inf]), ["the network diverged"]),
        (prepared([0.99]), ["the network collapsed"]),
        (prepared([0.99, 0.1]), ["1 of 2 networks collapsed"]),
        (prepared([0.1], interrupted=True), ["interrupted"]),
        (prepared([0.99, np.inf], interrupted=True), ["1 of 2 networks div", "1 of 2 networks coll", "interrupted"]),
    ],
)
def test_what_went_wrong_is_said_in_one_line_each(trained, words):
    notes = describe(trained)
    assert len(notes) == len(words)
    for note, word in zip(notes, words, strict=True):
        assert word in note
        assert "\n" not in note


def test_sound_members_are_not_trained_again(attempts):
    results, asked = attempts
    results.append(prepared([0.1, 0.2, 0.3]))
    assert run() is results[0]
    assert len(asked) == 1


def test_only_failed_members_are_replaced_and_restarts_end_with_the_last_of_them(attempts):
    results, asked = attempts
    results += [
        prepared([0.1, np.inf, 0.99], draw=0),
        prepared([0.05, 0.2, 0.995], draw=1, looks=3),
        prepared([0.01, 0.01, 0.3], draw=2, looks=1),
    ]
    trained = run()
    assert trained.best.tolist() == pytest.approx([0.1, 0.2, 0.3])
    for member, origin in enumerate(results):
        assert same(trained.choose([member]).encoder, origin.choose([member]).encoder)
        looks = origin.loss.shape[1]
        assert np.array_equal(trained.loss[member, :looks], origin.loss[member])
        assert np.all(np.isnan(trained.loss[member, looks:]))
        assert trained.look.loss[member] == origin.look.loss[member]
    assert len(asked) == 3


def test_every_attempt_has_another_seed_and_a_divergence_a_smaller_step(attempts):
    results, asked = attempts
    results += [prepared([0.1, 0.99, 0.3]), prepared([np.inf, np.inf, 0.1]), prepared([0.1, 0.1, 0.1])]
    assert not collapsed(run()).any()
    assert len({str(entry["seed"]) for entry in asked}) == 3
    assert [entry["learning_rate"] for entry in asked] == [SMALL.learning_rate] * 3

    asked.clear()
    results[:] = [prepared([0.1, np.inf, 0.3]), prepared([0.1, np.inf, 0.1]), prepared([0.1, 0.1, 0.1])]
    assert not diverged(run()).any()
    rates = [entry["learning_rate"] / SMALL.learning_rate for entry in asked]
    assert rates == pytest.approx([1, 0.1, 0.01])


def test_restarts_end_and_a_worse_one_is_not_taken(attempts):
    results, asked = attempts
    results += [prepared([0.985, 0.1, 0.1]), prepared([0.999, 0.05, 0.1], draw=1), prepared([np.inf] * 3, draw=2)]
    trained = run()
    assert len(asked) == 3
    assert trained.best.tolist() == results[0].best.tolist()
    assert same(trained.encoder, results[0].encoder)
    assert collapsed(trained).tolist() == [True, False, False]


def test_an_interruption_ends_all_attempts(attempts):
    results, asked = attempts
    results.append(prepared([0.99, 0.1, 0.1], interrupted=True))
    assert run().interrupted
    assert len(asked) == 1

    asked.clear()
    results[:] = [prepared([0.99, 0.1, 0.1]), prepared([0.2, 0.1, 0.1], interrupted=True)]
    trained = run()
    assert trained.interrupted
    assert trained.best.tolist() == pytest.approx([0.2, 0.1, 0.1])
    assert len(asked) == 2


def test_ctrl_c_while_a_member_starts_anew_keeps_the_others(monkeypatch):
    first = prepared([0.1, 0.99, 0.2])
    results = iter([first])

    def instead(*_, **__):
        try:
            return next(results)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(health, "train", instead)
    try:
        trained = run()
    except KeyboardInterrupt:
        pytest.fail("what was learnt before is lost")
    assert trained.interrupted
    assert same(trained.encoder, first.encoder)


def test_a_step_far_too_long_diverges_and_is_an_error():
    wild = replace(SMALL, learning_rate=1e30)
    data = by_distance(two_clusters()[0])
    trained = train_soundly(data, wild, members=MEMBERS, seed=3)
    assert diverged(trained).all()
    with pytest.raises(TrainingError, match="diverged"):
        sound(trained, wild)


def test_sound_training_is_the_plain_one():
    data = by_distance(two_clusters()[0])
    first, second = (function(data, SMALL, members=MEMBERS, seed=3) for function in (train, train_soundly))
    assert same(first.encoder, second.encoder)


def test_a_network_that_learns_nothing_has_collapsed(monkeypatch):
    # with steps this short the network stays the constant that its weights begin with
    data = by_distance(two_clusters()[0])
    start = random_encoder([np.random.default_rng(member) for member in range(MEMBERS)], 4, SMALL.layers, "tanh")
    constant = replace(start, weights=tuple(np.zeros_like(weight) for weight in start.weights))
    still = replace(SMALL, learning_rate=1e-12)
    trained = train(data, still, members=MEMBERS, seed=3, start=constant)
    assert collapsed(trained).all()
    assert trained.best == pytest.approx(trained.look.constant, rel=1e-3)
    again = train_soundly(data, SMALL, members=MEMBERS, seed=3, start=constant)
    assert not collapsed(again).any()
