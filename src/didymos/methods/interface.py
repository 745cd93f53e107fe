"""What a method gets and what it gives: the one interface of all methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from didymos.schema.names import InputError

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from didymos.core.numeric.principal_components import PrincipalComponents

MODES = 50
"""Principal components that stand for the spectra where a method needs few numbers."""


@dataclass(frozen=True)
class Task:
    """The spectra that every method gets.

    Attributes
    ----------
    map : xarray.DataArray
        The map with all its points, single gaps filled; for methods that know space.
    usable : array of bool, shape (n_points,)
        The points whose spectra are compared: complete and not corrupted.
    values : array of float32, shape (n_usable, n_energies)
        These spectra.
    seed : int
        Seed of all random numbers.
    report : callable
        Called with the share of the work that is done, 0 to 1, where a method knows it.
    """

    map: xr.DataArray
    usable: NDArray[np.bool_]
    values: NDArray[np.float32]
    seed: int
    report: Callable[[float], None] = lambda share: None

    @cached_property
    def components(self) -> PrincipalComponents:
        """The first `MODES` principal components, fewer where the spectra have fewer."""
        # whoever only asks for the names of methods is spared the algebra
        from didymos.core.numeric.principal_components import principal_components

        modes = min(MODES, *self.values.shape)
        return principal_components(self.values, modes)

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """Principal component scores, shape (n_usable, n_modes); the mean spectrum is at 0."""
        return self.components.scores(self.values)


@dataclass(frozen=True)
class Outcome:
    """What a method makes of the spectra.

    Attributes
    ----------
    score : array, shape (n_usable,)
        How unusual each spectrum is to the method; only the order counts.
    space : array, shape (n_usable, n_dims), optional
        Positions of the spectra in the latent space.
    origin : array, shape (n_dims,), optional
        Position of the mean spectrum there.
    latent_distance : array, shape (n_usable,), optional
        Distance from the mean spectrum where there is no space; with one it follows from it.
    labels : array of int, shape (n_usable,), optional
        Group of each spectrum, any numbers from 0, below 0 none. Without it the space is divided in two (k-means).
    centres : array, shape (n_groups, 2), optional
        Centres of the groups 0, 1 ... in the plane of the first two latent dims, where the nearest decides the label.
    tree : Tree, optional
        Of an agglomerative method.
    notes : tuple of str
        What to know about this run, sentences.
    """

    score: NDArray[np.floating]
    space: NDArray[np.floating] | None = None
    origin: NDArray[np.floating] | None = None
    latent_distance: NDArray[np.floating] | None = None
    labels: NDArray[np.integer] | None = None
    centres: NDArray[np.floating] | None = None
    tree: Tree | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """The upper end of a hierarchy of clusters.

    Attributes
    ----------
    merges : array, shape (n_leaves - 1, 4)
        As SciPy's linkage matrix, lowest merge first: the two that merge (leaf, or n_leaves + row of their own merge),
        the height, the number of spectra.
    leaf_size : array of int, shape (n_leaves,)
        Number of spectra in each leaf.
    """

    merges: NDArray[np.float64]
    leaf_size: NDArray[np.int64]


class Method(Protocol):
    """A method: a name, a title, the packages it needs, and what it does."""

    @property
    def name(self) -> str:
        """The name on the command line, such as "kmeans-3"."""

    @property
    def title(self) -> str:
        """The name in words, such as "k-means, 3 clusters"."""

    @property
    def packages(self) -> Sequence[str]:
        """Modules that a plain install of didymos lacks."""

    def run(self, task: Task) -> Outcome:
        """Analyse the spectra of a task.

        Raises
        ------
        InputError
            Where the spectra do not suit the method; it is then left out, and the message gives the reason.
        """


@dataclass(frozen=True)
class Family:
    """Methods of one kind that differ in a parameter.

    Attributes
    ----------
    name : str
        Name of all of them, such as "kmeans".
    build : callable
        From the text behind the dash, such as "3", or from "" to a method; raises InputError where that is not allowed.
    variants : tuple of str
        The texts that a comparison takes by default.
    allowed : str
        What the text may be, in words, for messages and help.
    """

    name: str
    build: Callable[[str], Method]
    variants: tuple[str, ...] = ("",)
    allowed: str = ""

    @classmethod
    def of(cls, method: Method) -> Family:
        """Return the family of a method that has no parameter."""

        def build(text: str) -> Method:
            if text:
                raise InputError(
                    f"{method.name} has no variant {text!r}; allowed is {method.name} alone: leave the rest out"
                )
            return method

        return cls(method.name, build)
