"""All settings of a comparison, checked when they are made."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from didymos.io.reading import READING
from didymos.preparing.settings import PreparingSettings, preparing_of
from didymos.schema.names import InputError
from didymos.schema.printing import html_of_record, short
from didymos.schema.records import as_mapping, read_toml, to_toml
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
        same = Settings(seed=self.seed, energy_range=self.energy_range)  # the same rules
        object.__setattr__(self, "energy_range", same.energy_range)

    def to_json(self) -> str:
        """Return all settings as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    def to_toml(self) -> str:
        """Return all settings as TOML, for ``didymos compare --settings`` and :meth:`from_toml`."""
        return to_toml(as_mapping(self), "Settings for: didymos compare INPUT --settings settings.toml")

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> ComparisonSettings:
        """Read settings from a TOML file; what the file does not name keeps its default.

        The table ``reading`` says how the map was read, see :func:`didymos.open_map`, and is passed over here.

        Parameters
        ----------
        path : path

        Returns
        -------
        ComparisonSettings

        Raises
        ------
        InputError
            Where the file is missing or no TOML, or a name or a value is not allowed.
        """
        return read_toml(cls, path, (READING,))

    def __repr__(self) -> str:
        """Return the settings that are not the defaults."""
        return short(self)

    def _repr_html_(self) -> str:
        """Return all settings as a table, those that are not the defaults in bold."""
        return html_of_record(self)
