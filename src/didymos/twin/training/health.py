"""What can go wrong in a training, how it is recognised, and what is said about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.twin.training.compilation import Compiler
from didymos.twin.training.data import TrainingData
from didymos.twin.training.encoder import Encoder
from didymos.twin.training.loop import Progress, Trained, train
from didymos.twin.training.settings import TrainingSettings

RESTARTS = 2
"""How often members that failed start anew from other random weights."""

COLLAPSED = 0.98
"""A held-out loss over this share of that of a constant means that the network tells no spectra apart."""

EXPLODED = 1.1
"""A held-out loss over this multiple of that of a constant means that the weights have exploded."""

INTERRUPTED = "the training was interrupted: the best network so far is kept"


class TrainingError(ValueError):
    """No member of an ensemble could be trained."""


def train_soundly(
    data: TrainingData,
    settings: TrainingSettings,
    *,
    members: int,
    seed: int,
    start: Encoder | None = None,
    progress: Progress | None = None,
    compiler: Compiler | None = None,
) -> Trained:
    """Train as :func:`didymos.twin.training.loop.train` does, and let members that failed start anew.

    A member has diverged where no held-out loss is finite or all are far worse than that of a constant, and collapsed
    where its loss is that of a constant although there are dissimilar pairs. Such members start anew from other random
    weights, after a divergence with a tenth of the step size.

    Parameters
    ----------
    data, settings, members, seed, start, progress, compiler
        As in :func:`didymos.twin.training.loop.train`.

    Returns
    -------
    Trained
        All members; :func:`sound` tells which may be used and :func:`describe` what to say of them.
    """
    trained = train(data, settings, members=members, seed=seed, start=start, progress=progress, compiler=compiler)
    rate = settings.learning_rate
    for attempt in range(1, RESTARTS + 1):
        failed = diverged(trained) | collapsed(trained)
        if not failed.any() or trained.interrupted:
            break
        rate = rate / 10 if diverged(trained).any() else rate
        try:
            again = train(
                data, replace(settings, learning_rate=rate), members=members, seed=[seed, attempt], compiler=compiler
            )
        except KeyboardInterrupt:
            return replace(trained, interrupted=True)
        trained = _replaced(trained, again, failed & (again.best < trained.best))
    return trained


def sound(trained: Trained, settings: TrainingSettings) -> NDArray[np.intp]:
    """Return the members that did not diverge.

    Parameters
    ----------
    trained : Trained
    settings : TrainingSettings
        With which they were trained.

    Returns
    -------
    array of int

    Raises
    ------
    TrainingError
        Where all did.
    """
    members = np.flatnonzero(~diverged(trained))
    if not len(members):
        raise TrainingError(
            f"the training diverged with learning rate {settings.learning_rate:g}: give a smaller one, as a rule 0.02"
        )
    return members


def diverged(trained: Trained) -> NDArray[np.bool_]:
    """Tell which members never had a finite held-out loss or one not far worse than a constant, shape (n_members,)."""
    return np.asarray(
        ~np.isfinite(trained.best) | (_tells(trained) & (trained.best > EXPLODED * trained.look.constant))
    )


def collapsed(trained: Trained) -> NDArray[np.bool_]:
    """Tell which members give all spectra nearly one value although there are dissimilar pairs, shape (n_members,)."""
    return np.asarray(_tells(trained) & ~diverged(trained) & (trained.best > COLLAPSED * trained.look.constant))


def _tells(trained: Trained) -> NDArray[np.bool_]:
    """Tell where the held-out loss of a constant means something: there are pairs to tell apart."""
    return np.asarray((trained.look.dissimilar > 0) & np.isfinite(trained.look.constant))


def describe(trained: Trained) -> tuple[str, ...]:
    """Say what the user should know about a training.

    Parameters
    ----------
    trained : Trained

    Returns
    -------
    tuple of str
        Empty where all is well.
    """
    notes = []
    if not np.any(trained.look.dissimilar > 0):
        notes.append("no pair is dissimilar: the network learnt nothing to tell apart")
    elif not np.any(trained.look.similar > 0):
        notes.append("no pair is similar: the network only learnt to push all spectra apart")
    for failed, what in (
        (diverged(trained), "diverged and must be left out"),
        (collapsed(trained), "collapsed: all spectra get nearly the same value"),
    ):
        if failed.any():
            who = "the network" if len(failed) == 1 else f"{int(failed.sum())} of {len(failed)} networks"
            notes.append(f"{who} {what}")
    if trained.interrupted:
        notes.append(INTERRUPTED)
    return tuple(notes)


def _replaced(trained: Trained, again: Trained, better: NDArray[np.bool_]) -> Trained:
    """Return the members of `again` where they are better, else those of `trained`."""
    longest = max(trained.loss.shape[1], again.loss.shape[1])

    def both(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
        return np.where(better.reshape(-1, *[1] * (first.ndim - 1)), second, first)

    def padded(loss: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.pad(loss, ((0, 0), (0, longest - loss.shape[1])), constant_values=np.nan)

    encoder = Encoder(
        tuple(map(both, trained.encoder.weights, again.encoder.weights)),
        tuple(map(both, trained.encoder.biases, again.encoder.biases)),
        trained.encoder.activation,
    )
    return replace(
        trained,
        encoder=encoder,
        loss=both(padded(trained.loss), padded(again.loss)),
        best=both(trained.best, again.best),
        look=type(trained.look)(*map(both, trained.look, again.look)),
        interrupted=trained.interrupted or again.interrupted,
    )
