"""Training an ensemble of twin networks: one compiled program per stretch of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import NDArray

from didymos.twin.loss import contrastive_loss, gram_distances
from didymos.twin.network import Encoder, random_encoders
from didymos.twin.sampling import draw_batches, held_out

HELD_OUT_BATCHES = 16

Progress = Callable[[float, float], None]
"""Called with the share of the steps done (0 to 1) and the present held-out loss."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a twin network is trained.

    Attributes
    ----------
    layers : tuple of int
        Sizes of the layers, the last one the size of the embedding.
    activation : str
        A key of :data:`didymos.twin.network.ACTIVATIONS`.
    margin : float
        Margin m of the contrastive loss.
    margin_grows : bool
        Whether the margin of a dissimilar pair is m d_ij / threshold instead of m, so that the order of distances
        beyond the threshold survives in the embedding; False is the paper's loss.
    batch : int
        Spectra in a batch; all their pairs are used.
    stretch : int
        Steps between two looks at the held-out pairs.
    stretches : int
        Most stretches.
    patience : int
        Stretches without a better held-out loss before training stops.
    learning_rate : float
        First step size of Adam; it falls to a tenth by the end.
    """

    layers: tuple[int, ...] = (20, 5, 2)
    activation: str = "tanh"
    margin: float = 1.0
    margin_grows: bool = True
    batch: int = 128
    stretch: int = 50
    stretches: int = 30
    patience: int = 6
    learning_rate: float = 1e-2


@dataclass(frozen=True)
class Trained:
    """An ensemble after training.

    Attributes
    ----------
    encoder : Encoder
        Every array has a leading axis over the members.
    loss : array, shape (n_members, n_stretches)
        Held-out loss after each stretch.
    best : array, shape (n_members,)
        The smallest held-out loss, that of `encoder`.
    steps : int
        Steps between two entries of `loss`.
    interrupted : bool
        Whether the user stopped the training.
    """

    encoder: Encoder
    loss: NDArray[np.float32]
    best: NDArray[np.float32]
    steps: int
    interrupted: bool


@dataclass(frozen=True)
class TrainingData:
    """What the members are trained on.

    Attributes
    ----------
    inputs : array, shape (n_members or 1, n_points, n_inputs)
        What the encoder sees; one set for all members or one for each.
    features : array, shape (n_members or 1, n_points, n_features)
        Their Euclidean distance decides which pairs are similar.
    threshold : float
        Pairs nearer than this are similar.
    cumulative : array, shape (n_points,)
        Cumulative probabilities of the rare half of a batch.
    """

    inputs: NDArray[np.float32]
    features: NDArray[np.float32]
    threshold: float
    cumulative: NDArray[np.float32]


def train(
    data: TrainingData, settings: TrainingSettings, *, members: int, seed: int, progress: Progress | None = None
) -> Trained:
    """Train an ensemble of independently initialised twins on independently drawn pairs.

    Parameters
    ----------
    data : TrainingData
    settings : TrainingSettings
    members : int
        Size of the ensemble.
    seed : int
        Seed of weights and batches.
    progress : callable, optional
        See :data:`Progress`.

    Returns
    -------
    Trained
        Every member at its best held-out loss.

    Notes
    -----
    Ctrl-C ends the training and keeps the best so far.
    """
    generators = [np.random.default_rng([seed, member]) for member in range(members)]
    encoder = random_encoders(generators, data.inputs.shape[-1], settings.layers, settings.activation)
    optimiser = _optimiser(settings)
    state = jax.jit(optimiser.init)(eqx.filter(encoder, eqx.is_array))
    arrays = (jax.device_put(data.inputs), jax.device_put(data.features))
    shape = (HELD_OUT_BATCHES, settings.batch)
    looked_at = jax.device_put(np.stack([draw_batches(g, data.cumulative, shape) for g in generators]))
    threshold = np.float32(data.threshold)
    run = _stretch(settings, *(None if array.shape[0] == 1 else 0 for array in arrays))
    best, best_loss = encoder, np.full(members, np.inf, dtype=np.float32)
    losses: list[NDArray[np.float32]] = []
    since_best, interrupted = 0, False
    try:
        for index in range(settings.stretches):
            batches = np.stack(
                [draw_batches(g, data.cumulative, (settings.stretch, settings.batch)) for g in generators]
            )
            encoder, state, best, device_loss = run(
                encoder, state, best, best_loss, batches, looked_at, *arrays, threshold
            )
            loss = np.asarray(device_loss)
            since_best = 0 if np.any(loss < 0.99 * best_loss) else since_best + 1
            best_loss = np.minimum(best_loss, loss)
            losses.append(loss)
            if progress is not None:
                progress((index + 1) / settings.stretches, float(loss.mean()))
            if since_best >= settings.patience:
                break
    except KeyboardInterrupt:
        if not losses:
            raise
        interrupted = True
    return Trained(best, np.stack(losses, axis=1), best_loss, settings.stretch, interrupted)


def embed(encoder: Encoder, inputs: NDArray[np.float32], block: int = 65536) -> NDArray[np.float32]:
    """Embed spectra with every member.

    Parameters
    ----------
    encoder : Encoder
        With a leading axis over the members.
    inputs : array, shape (n_members or 1, n_points, n_inputs)

    Returns
    -------
    array, shape (n_members, n_points, n_components)
    """
    axis = None if inputs.shape[0] == 1 else 0
    inputs = inputs[0] if axis is None else inputs
    apply = _embedder(axis)
    points = inputs.shape[-2]
    parts = [apply(encoder, inputs[..., start : start + block, :]) for start in range(0, points, block)]
    return np.concatenate([np.asarray(part) for part in parts], axis=1)


@lru_cache(maxsize=2)
def _embedder(axis: int | None) -> Callable[..., Array]:
    """Return the compiled program that embeds with every member, kept so that it is compiled once a shape."""
    program: Callable[..., Array] = eqx.filter_jit(
        eqx.filter_vmap(lambda twin, x: twin(x), in_axes=(eqx.if_array(0), axis))
    )
    return program


def _optimiser(settings: TrainingSettings) -> optax.GradientTransformation:
    steps = settings.stretch * settings.stretches
    schedule = optax.cosine_decay_schedule(settings.learning_rate, steps, alpha=0.1)
    return optax.adam(schedule)


def _choose(better: Array, new: Array, old: Array) -> Array:
    return jnp.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)


def _batch_loss(
    encoder: Encoder,
    indices: Array,
    inputs: Array,
    features: Array,
    threshold: Array,
    settings: TrainingSettings,
    evaluate: bool,
) -> Array:
    ratio = jnp.sqrt(jnp.maximum(gram_distances(features[indices]), 0.0)) / threshold
    apart = indices[:, jnp.newaxis] != indices[jnp.newaxis, :]
    out = held_out(indices)
    margins = settings.margin * (ratio if settings.margin_grows else jnp.ones_like(ratio))
    return contrastive_loss(encoder(inputs[indices]), ratio < 1, apart & (out if evaluate else ~out), margins)


@lru_cache(maxsize=32)
def _stretch(settings: TrainingSettings, input_axis: int | None, feature_axis: int | None) -> Callable[..., Any]:
    """Return the compiled program that trains all members for one stretch and looks at the held-out pairs."""
    optimiser = _optimiser(settings)

    def loss(twin: Encoder, indices: Array, data: tuple[Array, Array, Array], evaluate: bool) -> Array:
        return _batch_loss(twin, indices, *data, settings, evaluate)

    over_members = jax.vmap(loss, in_axes=(0, 0, (input_axis, feature_axis, None), None))

    def total(twins: Encoder, indices: Array, data: tuple[Array, Array, Array]) -> Array:
        # members share no weights, so the slope of the sum is the slope of each
        return jnp.sum(over_members(twins, indices, data, False))

    def program(
        twins: Encoder, state: Any, best: Encoder, best_loss: Array,
        batches: Array, looked_at: Array, inputs: Array, features: Array, threshold: Array,
    ) -> tuple[Encoder, Any, Encoder, Array]:  # fmt: skip
        shared = (inputs[0] if input_axis is None else inputs, features[0] if feature_axis is None else features)
        data = (*shared, threshold)

        def step(carry: tuple[Encoder, Any], indices: Array) -> tuple[tuple[Encoder, Any], None]:
            twin, memory = carry
            change, memory = optimiser.update(jax.grad(total)(twin, indices, data), memory)
            return (eqx.apply_updates(twin, change), memory), None

        (twins, state), _ = jax.lax.scan(step, (twins, state), jnp.swapaxes(batches, 0, 1))
        held = jax.lax.map(lambda indices: over_members(twins, indices, data, True), jnp.swapaxes(looked_at, 0, 1))
        held_loss = jnp.mean(held, axis=0)
        best = jax.tree.map(partial(_choose, held_loss < best_loss), twins, best)
        return twins, state, best, held_loss

    return jax.jit(program)
