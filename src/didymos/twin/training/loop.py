"""Training an ensemble of twin networks, several members in one compiled program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.threads import allowed_threads
from didymos.twin.training.compilation import Compiler, owned
from didymos.twin.training.data import TrainingData
from didymos.twin.training.encoder import Encoder, random_encoder
from didymos.twin.training.plan import HELD_OUT_BATCHES, Batch, Look
from didymos.twin.training.settings import TrainingSettings

GROUP = 4
"""Most members in one program; groups run side by side, and are the same for any number of cores."""

BETTER = 0.99
"""A held-out loss counts as better below this share of the best."""

Progress = Callable[[float, float], object]
"""Called with the share of the steps done (0 to 1) and the present held-out loss; stops the training by True."""


@dataclass(frozen=True)
class Trained:
    """An ensemble after training.

    Attributes
    ----------
    encoder : Encoder
    loss : array, shape (n_members, n_stretches)
        Held-out loss after each stretch; NaN after a member has stopped.
    best : array, shape (n_members,)
        The smallest held-out loss, that of `encoder`; infinite where no loss was finite.
    look : Look
        The last look at the held-out pairs, arrays of shape (n_members,).
    steps : int
        Steps between two entries of `loss`.
    interrupted : bool
        Whether the user stopped the training.
    """

    encoder: Encoder
    loss: NDArray[np.float64]
    best: NDArray[np.float64]
    look: Look
    steps: int
    interrupted: bool

    def choose(self, members: Sequence[int] | NDArray[np.integer]) -> Trained:
        """Return some of the members, in the order given."""
        index = np.asarray(members)
        look = Look(*(entry[index] for entry in self.look))
        return replace(
            self, encoder=self.encoder.choose(index), loss=self.loss[index], best=self.best[index], look=look
        )


def groups_of(members: int) -> list[list[int]]:
    """Divide members into groups of nearly equal size."""
    return [part.tolist() for part in np.array_split(np.arange(members), -(-members // GROUP))]


def train(
    data: TrainingData,
    settings: TrainingSettings,
    *,
    members: int,
    seed: int | Sequence[int],
    start: Encoder | None = None,
    progress: Progress | None = None,
    compiler: Compiler | None = None,
) -> Trained:
    """Train an ensemble of independently initialised twins on independently drawn pairs.

    Parameters
    ----------
    data : TrainingData
    settings : TrainingSettings
    members : int
        Size of the ensemble.
    seed : int or sequence of int
        Seed of weights and batches.
    start : Encoder, optional
        Where to start from, instead of random weights; members that it lacks start at random.
    progress : callable, optional
        See :data:`Progress`.
    compiler : Compiler, optional
        Where the programs are compiled; its own one where none is given.

    Returns
    -------
    Trained
        Every member at its best held-out loss.

    Notes
    -----
    Ctrl-C ends the training and keeps the best so far.
    """
    seeds = [int(part) for part in np.atleast_1d(seed)]
    with owned(compiler) as own:
        groups = [_Group(data, settings, seeds, part, members, start, own) for part in groups_of(members)]
        return _trained(groups, settings, progress)


def _trained(groups: list[_Group], settings: TrainingSettings, progress: Progress | None) -> Trained:
    interrupted = False
    with ThreadPoolExecutor(min(allowed_threads(), len(groups))) as pool:
        try:
            for index in range(settings.stretches):
                busy = [group for group in groups if not group.finished(settings)]
                if not busy:
                    break
                list(pool.map(_Group.advance, busy))
                now = settings.margin**2 * float(np.mean(np.concatenate([group.losses[-1] for group in groups])))
                if progress is not None and progress((index + 1) / settings.stretches, now) is True:
                    interrupted = True
                    break
        except KeyboardInterrupt:
            if not all(group.losses for group in groups):
                raise
            interrupted = True
    return _together(groups, settings, interrupted)


class _Group:
    """Members that train in one program."""

    def __init__(
        self,
        data: TrainingData,
        settings: TrainingSettings,
        seeds: Sequence[int],
        members: list[int],
        total: int,
        start: Encoder | None,
        compiler: Compiler,
    ) -> None:
        self.data, self.members, self.total = data, members, total
        self.plan = data.plan(settings, len(members))
        self.program = compiler.prepare(self.plan)
        self.generators = [np.random.default_rng([*seeds, member]) for member in members]
        # distances are trained in units of the margin, so none is too small or too large
        encoder = random_encoder(self.generators, data.size, settings.layers, settings.activation)
        if start is not None:
            kept = [member for member in members if member < start.members]
            encoder = (
                start.choose(kept)
                .stretched(1 / settings.margin)
                .followed_by(encoder.choose(range(len(kept), len(members))))
            )
        self.looked_at = self._draw(HELD_OUT_BATCHES)
        threshold = getattr(data.similarity, "threshold", 1.0)
        self.numbers = np.array([threshold, settings.learning_rate], dtype=np.float32)
        self.parameters: Any = encoder.flat()
        self.best: Any = self.parameters
        self.state: Any = None
        self.best_loss = np.full(len(members), np.inf, dtype=np.float32)
        self.waiting = np.zeros(len(members), dtype=np.intp)
        self.losses: list[NDArray[np.float32]] = []
        self.look: Look

    def finished(self, settings: TrainingSettings) -> bool:
        """Whether no member gets better any more, or all are good enough."""
        return bool(self.waiting.min() >= settings.patience or self.best_loss.max() < settings.tolerance)

    def advance(self) -> None:
        """Train for one stretch and look at the held-out pairs."""
        program = self.program.result()
        batches = self._draw(self.plan.stretch)
        self.parameters, self.state, self.best, look = program.advance(
            self.parameters,
            program.state if self.state is None else self.state,
            self.best,
            self.best_loss,
            batches,
            self.looked_at,
            self.numbers,
        )
        self.look = Look(*map(np.asarray, look))
        loss = self.look.loss
        self.waiting = np.where(loss < BETTER * self.best_loss, 0, self.waiting + 1)
        self.best_loss = np.fmin(self.best_loss, loss)
        self.losses.append(loss)

    def _draw(self, batches: int) -> Batch:
        parts = []
        for member, generator in zip(self.members, self.generators, strict=True):
            own = member * len(self.data.inputs) // self.total
            parts.append(self.data.draw(generator, own, (batches, self.plan.batch)))
        return Batch(*(np.stack(arrays, axis=1) for arrays in zip(*parts, strict=True)))


def _together(groups: list[_Group], settings: TrainingSettings, interrupted: bool) -> Trained:
    """Return what the groups have learnt as one ensemble."""
    longest = max(len(group.losses) for group in groups)
    loss = np.full((sum(len(group.members) for group in groups), longest), np.nan)
    for group in groups:
        loss[group.members, : len(group.losses)] = np.stack(group.losses, axis=1)
    parameters = np.concatenate([np.asarray(group.best) for group in groups])
    encoder = Encoder.from_flat(parameters, groups[0].plan.sizes, settings.activation).stretched(settings.margin)
    unit = settings.margin**2
    best = unit * np.concatenate([group.best_loss for group in groups]).astype(np.float64)
    look = Look(*(np.concatenate(entries) for entries in zip(*(group.look for group in groups), strict=True)))
    look = look._replace(loss=unit * look.loss.astype(float), constant=unit * look.constant.astype(float))
    return Trained(encoder, unit * loss, best, look, settings.stretch, interrupted)
