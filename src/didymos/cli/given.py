"""Which options the user gave, and settings of a file below them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from didymos.io.reading import READING, ReadingSettings, reading_of
from didymos.preparing.settings import PreparingSettings, preparing_of
from didymos.schema.records import Record, overlaid, values_of_toml
from didymos.workflow.comparison_settings import ComparisonSettings
from didymos.workflow.settings import Settings

_GIVEN: ContextVar[frozenset[tuple[str, ...]]] = ContextVar("given", default=frozenset())
"""Fields of the records of options that the command line names, as paths."""


def note_given(app: object, commands: tuple[str, ...], arguments: Iterable[Any]) -> None:
    """Keep which options were given; cyclopts calls this after it has read the command line."""
    del app, commands
    given = [argument for argument in arguments if argument.tokens]
    _GIVEN.set(frozenset(tuple(argument.keys) or (argument.field_info.name,) for argument in given))


def comparison_settings_with(file: Path | None, **options: Any) -> ComparisonSettings:
    """Return the settings of a comparison from a file, with the options of the command line before them."""
    if file is None:
        return ComparisonSettings(**options)
    stored = ComparisonSettings.from_toml(file)
    given = {name: value for name, value in options.items() if (name,) in _GIVEN.get()}
    names = {field.name for field in dataclasses.fields(PreparingSettings)}
    steps = sorted(path for path in _GIVEN.get() if path[0] in names)
    if steps:
        given["preparing"] = overlaid(stored.preparing, preparing_of(options.get("preparing")), steps)
    return dataclasses.replace(stored, **given)


def settings_with(file: Path | None, options: Settings | None) -> Settings:
    """Return the settings of a file, with the options of the command line before them.

    Parameters
    ----------
    file : pathlib.Path, optional
        TOML, see :meth:`didymos.Settings.from_toml`.
    options : Settings, optional
        Made from the options that were given, with defaults for all others.

    Returns
    -------
    Settings
    """
    if file is None:
        return options or Settings()
    return _over(Settings.from_toml(file), options)


def reading_with(file: Path | None, options: ReadingSettings | None) -> ReadingSettings:
    """Return how a map is read, from a file of settings, with the options of the command line before them."""
    if file is None:
        return options or ReadingSettings()
    return reading_over(values_of_toml(file).get(READING), options, f"{file.name}: ")


def reading_over(stored: Any, options: ReadingSettings | None, where: str = "") -> ReadingSettings:
    """Return how a map is read: as stored options say, with the options of the command line before them."""
    return _over(reading_of(stored, where), options)


def _over(stored: Record, options: Record | None) -> Record:
    """Return stored settings with those of the command line that were given."""
    if options is None:
        return stored
    record: Any = stored
    names = {field.name for field in dataclasses.fields(record)}
    return overlaid(stored, options, sorted(path for path in _GIVEN.get() if path[0] in names))
