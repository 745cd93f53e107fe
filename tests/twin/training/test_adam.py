import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from didymos.twin.training import adam

STEPS = 40


@pytest.mark.parametrize("learning_rate", [2e-2, 1e-4])
def test_every_step_is_that_of_optax(learning_rate):
    theirs = optax.adam(optax.cosine_decay_schedule(jnp.float32(learning_rate), STEPS, alpha=0.1))
    ours = jax.jit(lambda slope, memory: adam.change(slope, memory, jnp.float32(learning_rate), STEPS))
    update = jax.jit(lambda slope, state: theirs.update(slope, state))
    rng = np.random.default_rng(0)
    parameters = jnp.asarray(rng.normal(size=(3, 7)), dtype=jnp.float32)
    memory, state = adam.start(parameters), theirs.init(parameters)
    for _ in range(STEPS + 5):  # beyond the last step the rate stays
        slope = jnp.asarray(rng.normal(size=(3, 7)), dtype=jnp.float32)
        expected, state = update(slope, state)
        change, memory = ours(slope, memory)
        assert np.array_equal(change, expected)
    assert int(memory.steps) == STEPS + 5


def test_the_first_step_has_the_length_of_the_learning_rate():
    slope = jnp.array([3.0, -1e-3, 5e4])
    change, _ = adam.change(slope, adam.start(slope), 0.02, STEPS)
    np.testing.assert_allclose(change, [-0.02, 0.02, -0.02], rtol=1e-4)
