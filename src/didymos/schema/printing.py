"""How our objects show themselves: one short line, and a small table in a notebook."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

SMALLEST_P = 1e-12
"""No model of the noise is right to a smaller probability."""
MOST_LETTERS = 200
"""Letters of a value that a table shows."""


def short(record: Any) -> str:
    """Return a record in one line, with those of its fields that are not the defaults: ``Settings(seed=1)``."""
    return f"{type(record).__name__}({', '.join(f'{name}={value!r}' for name, value in changed(record).items())})"


def changed(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not the defaults, by name."""
    found = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if not _is_default(field, value):
            found[field.name] = value
    return found


def brief(record: Any) -> str:
    """Return a record in one line, its arrays by their shapes: ``Regions(region=array of (640,), ...)``."""
    parts = [
        f"{field.name}={_brief(getattr(record, field.name))}" for field in dataclasses.fields(record) if field.repr
    ]
    return f"{type(record).__name__}({', '.join(parts)})"


def p_value(value: float) -> str:
    """Return "p = 0.02", or "p < 1e-12"."""
    return f"p < {SMALLEST_P:g}" if value < SMALLEST_P else f"p = {value:.2g}"


def said(kind: str, *parts: str) -> str:
    """Return ``<kind: part, part>``, without parts that are empty."""
    words = ", ".join(part for part in parts if part)
    return f"<{kind}: {words}>" if words else f"<{kind}>"


def counted(number: int, what: str, several: str = "") -> str:
    """Return "1 spectrum", "2 spectra"."""
    return f"{number} {what if number == 1 else several or what + 's'}"


def html_table(title: str, rows: Iterable[tuple[str, Any]], bold: Iterable[str] = ()) -> str:
    """Return a small table of names and values for a notebook; everything in it is escaped.

    Parameters
    ----------
    title : str
    rows : iterable of (str, object)
    bold : iterable of str
        Names whose rows stand out.

    Returns
    -------
    str
        HTML without scripts and styles of the page.
    """
    from html import escape

    loud = {*bold}
    cells = "".join(
        f'<tr><th style="text-align: left; font-weight: {"bold" if name in loud else "normal"}">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(_cut(value))}</td></tr>'
        for name, value in rows
    )
    caption = f'<caption style="text-align: left; font-weight: bold">{escape(title)}</caption>'
    return f"<table>{caption}<tbody>{cells}</tbody></table>"


def html_of_record(record: Any) -> str:
    """Return all fields of a record as a table, those that are not the defaults in bold."""
    rows = list(_rows(record, ""))
    return html_table(type(record).__name__, [row[:2] for row in rows], [name for name, _, loud in rows if loud])


def _rows(record: Any, prefix: str) -> Iterable[tuple[str, Any, bool]]:
    for field in dataclasses.fields(record):
        value, name = getattr(record, field.name), prefix + field.name
        if dataclasses.is_dataclass(value):
            yield from _rows(value, f"{name}.")
        else:
            yield name, value, not _is_default(field, value)


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and bool(value == field.default)


def _brief(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype") and len(value.shape):
        return f"array of {tuple(value.shape)}"
    if isinstance(value, tuple | list) and len(repr(value)) > MOST_LETTERS:
        return f"{type(value).__name__} of {len(value)}"
    return repr(value)


def _cut(value: Any) -> str:
    text = " ".join((", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)).split())
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
