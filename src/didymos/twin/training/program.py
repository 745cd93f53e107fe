"""The compiled program of the training: a stretch of steps and a look at the held-out pairs, for several members.

The spectra of the batches come with the call. So the program does not depend on the number of spectra, is compiled
once for all maps, and can be compiled while other work goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from didymos.twin.training import adam
from didymos.twin.training.loss import LOSSES, gram_distances, pair_loss, squared_distances
from didymos.twin.training.network import forward, parameter_count
from didymos.twin.training.plan import HELD_OUT_BATCHES, Batch, Look, Plan
from didymos.twin.training.sampling import held_out
from didymos.twin.training.similarity import OTHER

OPTIONS = {"xla_backend_optimization_level": 2}
"""Kernels this small run up to twice as fast as with XLA's own choice, 3, and compile sooner."""


class Program(NamedTuple):
    """A compiled program.

    Attributes
    ----------
    advance : callable
        Of parameters (n_members, n_parameters), state of the optimiser, best parameters, best losses (n_members,),
        batches to train on, batches to look at, and (threshold, learning rate); returns the first three anew and a
        :class:`Look`. Lengths are in units of the margin.
    state : tree of arrays
        The state of the optimiser before the first step.
    """

    advance: Callable[..., tuple[Array, Any, Array, Look]]
    state: Any


class Pairs(NamedTuple):
    """The pairs of a batch: their squared distance in the embedding and how they count."""

    square: Array
    similarity: Array
    counted: Array
    margin: Array


@cache
def compiled(plan: Plan) -> Program:
    """Return the program of a plan, compiled once in a process: it depends on nothing else."""
    return compile_program(plan)


def compile_program(plan: Plan) -> Program:
    """Compile the program of a plan.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Program
    """
    number = partial(_array, kind=jnp.float32)
    parameters = number((plan.members, parameter_count(plan.sizes)))
    state = jax.eval_shape(adam.start, parameters)
    batches = [_structure(plan.shapes(count)) for count in (plan.stretch, HELD_OUT_BATCHES)]
    shapes = parameters, state, parameters, number((plan.members,)), *batches, number((2,))
    advance = jax.jit(_program(plan), compiler_options=OPTIONS).lower(*shapes).compile()
    return Program(advance, jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), state))


def _structure(shapes: Batch) -> Batch:
    return Batch(_array(shapes.inputs, jnp.float32), _array(shapes.rows, jnp.int32), _array(shapes.target, jnp.float32))


def _array(shape: tuple[int, ...], kind: Any) -> Any:
    return jax.ShapeDtypeStruct(shape, kind)  # type: ignore[no-untyped-call]


def _program(plan: Plan) -> Callable[..., tuple[Array, Any, Array, Look]]:
    look_at = jax.vmap(partial(_look, plan), in_axes=(0, 0, None))
    losses = jax.vmap(partial(_training_loss, plan), in_axes=(0, 0, None))

    def total(parameters: Array, batch: Batch, numbers: Array) -> Array:
        # members share no weights, so the slope of the sum is the slope of each
        return jnp.sum(losses(parameters, batch, numbers))

    def program(
        parameters: Array, state: Any, best: Array, best_loss: Array, batches: Batch, looked_at: Batch, numbers: Array
    ) -> tuple[Array, Any, Array, Look]:

        def step(carry: tuple[Array, Any], batch: Batch) -> tuple[tuple[Array, Any], None]:
            weights, memory = carry
            slope = jax.grad(total)(weights, batch, numbers)
            change, memory = adam.change(slope, memory, numbers[1], plan.steps)
            return (weights + change, memory), None

        (parameters, state), _ = jax.lax.scan(step, (parameters, state), batches)
        looks = jax.lax.map(lambda batch: look_at(parameters, batch, numbers), looked_at)
        look = jax.tree.map(partial(jnp.mean, axis=0), looks)
        best = jnp.where((look.loss < best_loss)[:, jnp.newaxis], parameters, best)
        return parameters, state, best, look

    return program


def _training_loss(plan: Plan, parameters: Array, batch: Batch, numbers: Array) -> Array:
    return pair_loss(LOSSES[plan.loss], *_pairs(plan, parameters, batch, numbers, evaluate=False))


def _look(plan: Plan, parameters: Array, batch: Batch, numbers: Array) -> Look:
    pairs = _pairs(plan, parameters, batch, numbers, evaluate=True)
    loss = LOSSES[plan.loss]
    nowhere = pairs._replace(square=jnp.zeros_like(pairs.square))
    alike = jnp.sum(jnp.where(pairs.counted, pairs.similarity, 0.0))
    unlike = jnp.sum(jnp.where(pairs.counted, 1.0 - pairs.similarity, 0.0))
    return Look(pair_loss(loss, *pairs), pair_loss(loss, *nowhere), alike, unlike)


def _pairs(plan: Plan, parameters: Array, batch: Batch, numbers: Array, *, evaluate: bool) -> Pairs:
    """Return the pairs of a batch, those that train or those that are held out."""
    threshold, margin = numbers[0], jnp.ones(())
    embedded = forward(parameters, plan.sizes, plan.activation, batch.inputs)
    if plan.kind == "pair":
        square = jnp.sum((embedded[:, 0] - embedded[:, 1]) ** 2, axis=-1)
        counted = _taking_part(plan, batch.rows[:, 0], batch.rows[:, 1], evaluate)
        return Pairs(square, batch.target[:, 0], counted, margin)
    square = squared_distances(embedded)
    row, column = batch.rows[:, jnp.newaxis], batch.rows[jnp.newaxis, :]
    counted = (row != column) & _taking_part(plan, row, column, evaluate)
    if plan.kind == "label":
        similarity, known = label_similarity(batch.target[:, 0], batch.target[:, 1])
        return Pairs(square, similarity, counted & known, margin)
    features = batch.target if plan.columns else batch.inputs
    ratio = jnp.sqrt(jnp.maximum(gram_distances(features), 0.0)) / threshold
    return Pairs(square, jnp.where(ratio < 1, 1.0, 0.0), counted, ratio if plan.margin_grows else margin)


def label_similarity(label: Array, amplitude: Array) -> tuple[Array, Array]:
    """Return the similarity of all pairs, and which of them are known (:class:`ByLabel` has the equation).

    Parameters
    ----------
    label, amplitude : arrays, shape (n_points,)

    Returns
    -------
    similarity : array, shape (n_points, n_points)
    known : array of bool, shape (n_points, n_points)
    """
    first, second = amplitude[:, jnp.newaxis], amplitude[jnp.newaxis, :]
    alike = label[:, jnp.newaxis] == label[jnp.newaxis, :]
    # |A_i - A_j|^2 = a_i^2 + a_j^2 - 2 a_i a_j where the labels are the same, else without the last term
    apart = jnp.sqrt(jnp.where(alike, (first - second) ** 2, first**2 + second**2))
    named, other = (label > 0) & (amplitude > 0), label == OTHER
    unlike = (other[:, jnp.newaxis] & named[jnp.newaxis, :]) | (named[:, jnp.newaxis] & other[jnp.newaxis, :])
    known = unlike | ~(other[:, jnp.newaxis] | other[jnp.newaxis, :])
    return jnp.where(unlike, 0.0, jnp.maximum(0.0, 1.0 - apart)), known


def _taking_part(plan: Plan, first: Array, second: Array, evaluate: bool) -> Array:
    if not plan.hold_out:
        return jnp.ones(jnp.broadcast_shapes(first.shape, second.shape), dtype=bool)
    out: Array = held_out(first, second)
    return out if evaluate else ~out
