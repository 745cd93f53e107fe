"""All settings of a comparison, checked when they are made."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from didymos.preparing.settings import PreparingSettings, preparing_of
from didymos.schema.names import InputError
from didymos.workflow.settings import Settings


@dataclass(frozen=True)
class ComparisonSettings:
    """Settings of a comparison of methods.

    Parameters
    ----------
    methods
        Names of methods or of families of methods; all where it is not given.
    seed
        Seed of all random numbers.
    energy_range
        Lowest and highest energy to compare, in units of the energies; everything where it is not given.
    preparing
        How the map is prepared before anything else; nothing by default.
    """

    methods: Sequence[str] | None = None
    seed: int = 0
    energy_range: tuple[float, float] | None = None
    preparing: PreparingSettings = field(default_factory=PreparingSettings)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, in one line."""
        object.__setattr__(self, "preparing", preparing_of(self.preparing))
        names = (self.methods,) if isinstance(self.methods, str) else self.methods
        if names is not None:
            if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
                raise InputError(f"methods is {names!r}; allowed is a list of names, such as ['pca', 'umap']")
            object.__setattr__(self, "methods", tuple(names))
        Settings(seed=self.seed, energy_range=self.energy_range)  # the same rules

    def to_json(self) -> str:
        """Return all settings as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))
