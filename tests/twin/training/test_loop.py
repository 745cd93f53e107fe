from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from twin_data import (
    LONG,
    MEMBERS,
    RARE,
    SMALL,
    by_distance,
    by_label,
    by_pairs,
    distances,
    gap,
    same,
    three_clusters,
    two_clusters,
    weights_of,
)

from didymos.twin.training import loop
from didymos.twin.training.data import TrainingData
from didymos.twin.training.health import describe
from didymos.twin.training.loop import train
from didymos.twin.training.sampling import balanced_weights, held_out
from didymos.twin.training.similarity import given_pairs


@pytest.fixture(scope="module")
def values():
    return two_clusters()[0]


@pytest.fixture(scope="module")
def trained(values):
    return train(by_distance(values), SMALL, members=MEMBERS, seed=3)


def embedded(trained, values):
    """The values as training saw them, embedded by every member."""
    return trained.encoder.embed(np.asarray(values, dtype=np.float32)[np.newaxis])


def keep_loss(heard, share, loss):
    heard.append(loss)


def interrupt_after(looks, settings=SMALL):
    def interrupt(share, loss):
        if share >= looks / settings.stretches - 1e-9:
            raise KeyboardInterrupt

    return interrupt


def test_training_lowers_the_held_out_loss(trained):
    assert trained.loss.shape == (MEMBERS, SMALL.stretches)
    assert np.all(trained.best < 0.7 * trained.loss[:, 0])
    assert np.array_equal(trained.best, trained.loss.min(axis=1))
    assert trained.steps == SMALL.stretch
    assert not trained.interrupted


def test_the_look_counts_the_held_out_pairs_of_a_batch(trained):
    expected = SMALL.batch * (SMALL.batch - 1) / 8
    assert trained.look.similar + trained.look.dissimilar == pytest.approx(expected, rel=0.15)
    assert np.all(trained.look.similar > 0)
    assert np.all(trained.look.dissimilar > 0)
    assert np.array_equal(trained.look.loss, trained.loss[:, -1])


def test_a_constant_loses_the_squared_margin_of_the_dissimilar_pairs(values):
    settings = replace(SMALL, margin=2.0, margin_grows=False)
    look = train(by_distance(values), settings, members=MEMBERS, seed=3).look
    assert look.constant == pytest.approx(4, rel=0.01)


@pytest.mark.parametrize("grows", [True, False])
def test_the_margin_is_the_unit_of_the_embedding(values, grows):
    settings = replace(SMALL, margin_grows=grows)
    plain = train(by_distance(values), settings, members=MEMBERS, seed=3)
    for margin in (2.0**10, 2.0**-10):
        heard: list[float] = []
        found = train(
            by_distance(values),
            replace(settings, margin=margin),
            members=MEMBERS,
            seed=3,
            progress=partial(keep_loss, heard),
        )
        # a power of two rounds nothing
        assert np.array_equal(embedded(found, values), margin * embedded(plain, values))
        assert np.array_equal(found.loss, margin**2 * plain.loss)
        assert np.array_equal(found.best, margin**2 * plain.best)
        assert np.array_equal(found.look.constant, margin**2 * plain.look.constant)
        assert heard == pytest.approx(found.loss.mean(axis=0))


def test_clusters_are_farther_apart_than_they_are_wide(values, trained):
    for points in embedded(trained, values):
        distance = distances(points)
        between = distance[:RARE, RARE:].mean()
        assert between > 3 * max(distance[:RARE, :RARE].mean(), distance[RARE:, RARE:].mean())
        assert between > SMALL.margin


def test_a_margin_that_grows_keeps_the_order_of_far_clusters():
    values = np.random.default_rng(4).normal(size=(240, 4))
    kind = np.repeat([0, 1, 2], 80)
    values[:, 0] += np.array([0.0, 12.0, 36.0])[kind]
    for grows in (True, False):
        trained = train(by_distance(values), replace(SMALL, margin_grows=grows), members=MEMBERS, seed=0)
        for points in embedded(trained, values):
            means = distances(np.stack([points[kind == number].mean(axis=0) for number in range(3)]))
            near, far = means[0, 1], means[0, 2]
            # the margin between two clusters is their distance over the threshold, 12 / 5 and 36 / 5
            assert near > 0.8 * (12 / 5 if grows else 1)
            assert far > 0.8 * (36 / 5 if grows else 1)
            assert grows or far < 36 / 5 / 2


def test_held_out_pairs_do_not_train():
    values, kind = three_clusters()
    first, second = np.triu_indices(len(kind), 1)
    out = held_out(first, second)
    # what is said of held-out pairs contradicts all others
    alike = (kind[first] == kind[second]) ^ out
    pairs = given_pairs((first, second, alike), len(kind))
    data = by_pairs(values, np.equal.outer(kind, kind).astype(float))
    data = replace(data, similarity=pairs, cumulative=balanced_weights(alike.astype(np.intp)))
    trained = train(data, LONG, members=MEMBERS, seed=0)
    assert np.all(trained.look.loss > 1.5 * trained.look.constant)


def test_labels_win_over_distances(values):
    # the clusters lie along the first axis, the labels along the second
    labels = (values[:, 1] > 0).astype(int)
    trained = train(by_label(values, labels), LONG, members=MEMBERS, seed=0)
    for points in embedded(trained, values):
        assert gap(points, labels) > 2
        assert gap(points, labels) > 5 * gap(points, np.arange(len(values)) < RARE)


def test_pairs_of_three_clusters_part_them():
    values, kind = three_clusters()
    trained = train(by_pairs(values, np.equal.outer(kind, kind).astype(float)), LONG, members=MEMBERS, seed=0)
    for points in embedded(trained, values):
        assert gap(points, kind) > 3


def test_pairs_that_call_two_clusters_alike_join_them():
    values, kind = three_clusters()
    joined = np.minimum(kind, 1)
    trained = train(by_pairs(values, np.equal.outer(joined, joined).astype(float)), LONG, members=MEMBERS, seed=0)
    for points in embedded(trained, values):
        assert gap(points, joined) > 3
        assert gap(points[kind > 0], kind[kind > 0]) < 1


def test_a_similarity_of_a_half_lands_between():
    values, kind = three_clusters()
    table = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]])
    trained = train(by_pairs(values, table[np.ix_(kind, kind)]), LONG, members=MEMBERS, seed=0)
    alike = table[np.ix_(kind, kind)]
    for points in embedded(trained, values):
        within, half, apart = (np.median(distances(points)[alike == similarity]) for similarity in (1, 0.5, 0))
        assert within < 0.2
        assert half == pytest.approx(0.5, abs=0.1)
        assert apart == pytest.approx(1, abs=0.1)


def test_progress_is_called_after_every_stretch(values, trained):
    heard = []
    train(by_distance(values), SMALL, members=MEMBERS, seed=3, progress=lambda *state: heard.append(state))
    shares, losses = zip(*heard, strict=True)
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1])
    assert losses == pytest.approx(trained.loss.mean(axis=0))


@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.parametrize("by", ["Ctrl-C", "the callback"])
def test_an_interruption_keeps_the_best_so_far(values, trained, looks, by):
    def stop(share, loss):
        return share >= looks / SMALL.stretches

    progress = interrupt_after(looks) if by == "Ctrl-C" else stop
    stopped = train(by_distance(values), SMALL, members=MEMBERS, seed=3, progress=progress)
    assert stopped.interrupted
    assert np.array_equal(stopped.loss, trained.loss[:, :looks])
    assert np.array_equal(stopped.best, stopped.loss.min(axis=1))
    assert np.all(np.isfinite(embedded(stopped, values)))


@pytest.mark.parametrize("answer", [None, False, 0, 1.0, "on"])
def test_only_true_stops(values, trained, answer):
    found = train(by_distance(values), SMALL, members=MEMBERS, seed=3, progress=lambda *_: answer)
    assert not found.interrupted
    assert found.loss.shape == trained.loss.shape


def test_ctrl_c_before_anything_is_learnt_is_passed_on(values, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    data = by_distance(values)
    monkeypatch.setattr(loop._Group, "advance", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(data, SMALL, members=MEMBERS, seed=3)


def test_each_member_keeps_its_best_encoder_and_not_the_last_one(values):
    wild = replace(SMALL, learning_rate=1.0, stretches=40)  # steps so long that the loss goes up again
    data = by_distance(values)
    whole = train(data, wild, members=MEMBERS, seed=1)
    assert np.any(whole.loss.argmin(axis=1) < whole.loss.shape[1] - 1)
    assert whole.loss.shape[1] < wild.stretches
    for member, stretch in enumerate(whole.loss.argmin(axis=1)):
        stopped = train(data, wild, members=MEMBERS, seed=1, progress=interrupt_after(stretch + 1, wild))
        assert same(whole.choose([member]).encoder, stopped.choose([member]).encoder)


class BrokenLater(TrainingData):
    """Spectra that are all NaN after the held-out batches and the first stretch of every member."""

    def draw(self, generator, set_index, shape):
        batch = super().draw(generator, set_index, shape)
        drawn.append(shape)
        return batch if len(drawn) <= 2 * MEMBERS else batch._replace(inputs=np.full_like(batch.inputs, np.nan))


drawn: list[tuple[int, int]] = []


def test_a_member_that_diverges_later_keeps_what_it_had_learnt(values, trained):
    data = by_distance(values)
    drawn.clear()
    broken = train(BrokenLater(data.inputs, data.similarity, data.cumulative), SMALL, members=MEMBERS, seed=3)
    assert np.array_equal(broken.loss[:, 0], trained.loss[:, 0])
    assert np.all(np.isnan(broken.loss[:, 1:]))
    assert np.array_equal(broken.best, broken.loss[:, 0])
    stopped = train(data, SMALL, members=MEMBERS, seed=3, progress=interrupt_after(1))
    assert same(broken.encoder, stopped.encoder)


def test_training_goes_on_from_where_another_ended(values, trained):
    again = train(by_distance(values), SMALL, members=MEMBERS, seed=8, start=trained.encoder)
    assert np.all(again.loss[:, 0] < 0.7 * trained.loss[:, 0])
    # another draw of held-out pairs has another loss of the same network
    assert np.all(again.best < 1.2 * trained.best)


def test_chosen_members_keep_all_that_is_known_of_them(trained):
    chosen = trained.choose([1])
    assert same(chosen.encoder, trained.encoder.choose([1]))
    for name in ("loss", "best"):
        assert np.array_equal(getattr(chosen, name), getattr(trained, name)[1:])
    assert [entry.tolist() for entry in chosen.look] == [entry[1:].tolist() for entry in trained.look]


def test_identical_spectra_train_to_finite_networks(values):
    trained = train(by_distance(np.zeros_like(values), 0.5), SMALL, members=MEMBERS, seed=0)
    assert np.all(np.isfinite(trained.loss))
    assert all(np.all(np.isfinite(array)) for array in weights_of(trained.encoder))
    assert trained.best == pytest.approx(0, abs=1e-6)
    assert np.all(trained.look.dissimilar == 0)


@pytest.mark.parametrize(("distance", "sort"), [(0.0, "similar"), (1.0, "dissimilar")])
def test_the_only_pair_of_two_spectra_trains_and_is_looked_at(distance, sort):
    pair = np.array([[0.0, 0, 0, 0], [distance, 0, 0, 0]])
    trained = train(by_distance(pair, 0.5), SMALL, members=MEMBERS, seed=0)
    assert all(np.all(np.isfinite(array)) for array in weights_of(trained.encoder))
    assert np.all(getattr(trained.look, sort) > 0)
    assert np.all(trained.look.similar + trained.look.dissimilar == getattr(trained.look, sort))
    assert np.all(trained.best <= trained.loss[:, 0])


def test_training_stops_when_patience_is_over(values):
    patient = replace(SMALL, stretches=40, tolerance=0.0)
    trained = train(by_distance(np.zeros_like(values), 0.5), patient, members=MEMBERS, seed=0)
    # the loss of the very first network is zero and cannot get better
    assert np.all(trained.loss == 0)
    assert trained.loss.shape[1] == 1 + SMALL.patience


def test_training_stops_when_the_loss_is_good_enough(values):
    patient = replace(SMALL, stretches=20, patience=20)
    whole = train(by_distance(values), patient, members=MEMBERS, seed=3)
    loss = whole.loss.min(axis=1).max()
    enough = float(np.fmin.accumulate(whole.loss, axis=1)[:, 5].max()) * 1.01
    assert loss < enough
    found = train(by_distance(values), replace(patient, tolerance=enough), members=MEMBERS, seed=3)
    looks = found.loss.shape[1]
    assert looks < whole.loss.shape[1] == 20
    # until then it is the same training, and all members are good enough at its end but not before
    assert np.array_equal(found.loss, whole.loss[:, :looks])
    assert np.all(found.best < enough)
    assert looks == 1 or np.any(whole.loss[:, : looks - 1].min(axis=1) >= enough)
    assert np.array_equal(found.best, found.loss.min(axis=1))
    assert not found.interrupted
    assert describe(found) == ()


def test_what_is_good_enough_is_in_units_of_the_squared_margin(values):
    plain = replace(SMALL, tolerance=0.5)
    first, second = (
        train(by_distance(values), replace(plain, margin=margin), members=MEMBERS, seed=3) for margin in (1.0, 2.0**10)
    )
    assert first.loss.shape == second.loss.shape
    assert np.all(first.best < 0.5)


def test_a_single_poor_member_keeps_all_training(values):
    data = by_distance(values)
    patient = replace(SMALL, stretches=20, patience=20)
    whole = train(data, patient, members=MEMBERS, seed=3)
    first = np.fmin.accumulate(whole.loss, axis=1)
    # a tolerance that one member reaches a look before the other
    look = next(k for k in range(1, 20) if first[:, k].min() < 0.99 * first[:, k].max())
    between = float(first[:, look].mean())
    found = train(data, replace(patient, tolerance=between), members=MEMBERS, seed=3)
    assert found.loss.shape[1] > look + 1 or np.all(found.best < between)
    assert found.loss.shape[1] > 1 + look
