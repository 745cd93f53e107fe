import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits
from twin_data import MEMBERS, SMALL, by_distance, same, two_clusters

from didymos.twin.training import loop
from didymos.twin.training.loop import groups_of, train


@pytest.fixture(scope="module")
def values():
    return two_clusters()[0]


@pytest.fixture(scope="module")
def trained(values):
    return train(by_distance(values), SMALL, members=MEMBERS, seed=3)


def test_the_same_seed_gives_the_same_bits_whatever_ran_before(values, trained):
    np.random.seed(5)  # noqa: NPY002 - the hidden state is what is meant
    train(by_distance(values[::-1], 2.0), SMALL, members=MEMBERS, seed=99)
    again = train(by_distance(values), SMALL, members=MEMBERS, seed=3)
    assert same(again.encoder, trained.encoder)
    assert np.array_equal(again.loss, trained.loss)


def test_threads_change_no_bit(values, monkeypatch):
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(loop, "allowed_threads", lambda threads=threads: threads)
        with threadpool_limits(threads):
            found.append(train(by_distance(values), SMALL, members=3 * MEMBERS, seed=3))
    assert all(same(other.encoder, found[0].encoder) for other in found[1:])


CODE = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
from twin_data import MEMBERS, SMALL, by_distance, two_clusters
from didymos.twin.training.loop import train
trained = train(by_distance(two_clusters()[0]), SMALL, members=MEMBERS, seed=3)
print(hashlib.sha256(trained.encoder.flat().tobytes() + trained.loss.tobytes()).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be bound to a core here")
def test_a_process_on_one_core_gives_the_same_bits(trained):
    here = Path(__file__).parents[1]
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    bound = f"import os; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})"
    command = [sys.executable, "-c", bound + CODE, str(here), str(here.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | limits)
    content = trained.encoder.flat().tobytes() + trained.loss.tobytes()
    assert done.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_another_seed_gives_another_network(values, trained):
    for seed in (4, [3, 1]):
        other = train(by_distance(values), SMALL, members=MEMBERS, seed=seed)
        assert not same(other.encoder, trained.encoder)


def test_members_differ(trained):
    for weight in trained.encoder.weights:
        assert not np.array_equal(weight[0], weight[1])
    assert trained.loss[0, 0] != trained.loss[1, 0]


@pytest.mark.parametrize("members", [*range(1, 14), 48])
def test_members_are_divided_into_few_groups_of_nearly_equal_size(members):
    groups = groups_of(members)
    sizes = [len(group) for group in groups]
    assert [member for group in groups for member in group] == list(range(members))
    assert max(sizes) <= 4
    assert max(sizes) - min(sizes) <= 1
    assert len(groups) == -(-members // 4)


def test_a_member_does_not_depend_on_the_size_of_the_ensemble(values, trained):
    few, many = (train(by_distance(values), SMALL, members=members, seed=3) for members in (3, 6))
    assert same(many.choose([0, 1, 2]).encoder, few.encoder)
    # in a group of another size the order of the sums in a product may differ
    assert few.loss[:MEMBERS] == pytest.approx(trained.loss, rel=0.05)


def test_members_learn_from_inputs_of_their_own(values):
    other = np.random.default_rng(5).permutation(values, axis=1)
    data = by_distance(values)
    both = replace(data, inputs=np.stack([data.inputs[0], other.astype(np.float32)]))
    found = train(both, SMALL, members=4, seed=3)
    for half, inputs in ((slice(0, 2), both.inputs[:1]), (slice(2, 4), both.inputs[1:])):
        alone = train(replace(data, inputs=inputs), SMALL, members=4, seed=3)
        assert np.array_equal(found.loss[half], alone.loss[half])
