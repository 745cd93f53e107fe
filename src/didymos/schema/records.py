"""Frozen records of settings as TOML and back: flat fields, and records within records as tables."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from didymos.schema.given import check_path
from didymos.schema.names import InputError
from didymos.schema.suggestions import did_you_mean, files_beside

Record = TypeVar("Record")
NONE = "none"
"""How a value that is not given is written where the default is another; TOML has no word for it."""
LARGEST_FILE = 1_000_000
"""Bytes; settings are a page."""


def to_toml(values: Mapping[str, Any], title: str = "") -> str:
    """Return a mapping as TOML, mappings within it as tables; what is None stands in a comment.

    Parameters
    ----------
    values : mapping of str to str, number, bool, None, sequence or mapping
    title : str
        First line, a comment.

    Returns
    -------
    str
    """
    lines = [f"# {' '.join(title.split())}"] if title else []
    return "\n".join([*lines, *_lines(values, ())]) + "\n"


def as_mapping(record: Any) -> dict[str, Any]:
    """Return a record as a mapping that :func:`to_toml` writes and :func:`from_mapping` reads."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if dataclasses.is_dataclass(value):
            found[field.name] = as_mapping(value)
        else:
            # what is not given is left out, which only a default of None says
            found[field.name] = NONE if value is None and field.default is not None else value
    return found


def from_mapping(kind: type[Record], values: Mapping[str, Any], where: str = "") -> Record:
    """Return a record from names and values; what is not named keeps its default.

    Parameters
    ----------
    kind : type
        A dataclass.
    values : mapping of str to object
    where : str
        Begins messages, for example the name of a file.

    Returns
    -------
    Record

    Raises
    ------
    InputError
        Where a name is unknown or the record refuses a value.
    """
    fields: Any = kind
    names = [field.name for field in dataclasses.fields(fields) if field.init]
    check_names(values, names, where)
    hints = get_type_hints(kind)
    given = {name: _value(hints[name], name, value, where) for name, value in values.items()}
    try:
        return kind(**given)
    except InputError as error:
        raise InputError(f"{where}{error}") from None


def read_toml(kind: type[Record], path: str | os.PathLike[str], beside: Iterable[str] = ()) -> Record:
    """Read a record from a TOML file.

    Parameters
    ----------
    kind : type
        A dataclass.
    path : path
    beside : iterable of str
        Tables of the file that are of another record.

    Returns
    -------
    Record

    Raises
    ------
    InputError
        Where the file is missing, no TOML, or names a setting that is unknown or not allowed.
    """
    values = {name: value for name, value in values_of_toml(path).items() if name not in set(beside)}
    return from_mapping(kind, values, f"{os.path.basename(path)}: ")


def values_of_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the values of a TOML file of settings, and refuse one that is missing or no TOML."""
    import tomllib

    check_path(path, "the settings")
    name = os.path.basename(path) or os.fspath(path)
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise InputError(f"{name} is larger than {LARGEST_FILE // 1000} kB: settings are a short TOML file")
        with open(path, "rb") as file:
            return tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path}: no such file of settings{did_you_mean(name, files_beside(path))}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): give a TOML file, such as settings.toml") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is no TOML ({' '.join(str(error).split())}): write lines such as seed = 1") from None


def check_names(given: Iterable[object], known: Sequence[str], where: str = "") -> None:
    """Refuse the first name that is not known."""
    for name in given:
        if name not in known:
            raise InputError(
                f"{where}there is no setting {name!r}; there are {', '.join(sorted(known))}{did_you_mean(name, known)}"
            )


def overlaid(base: Record, over: Record, paths: Iterable[Sequence[str]]) -> Record:
    """Return a record with some fields of another one.

    Parameters
    ----------
    base, over : Record
    paths : iterable of sequences of str
        The fields to take from `over`: ``("seed",)``, and ``("preparing", "factor")`` for one of a record within it.

    Returns
    -------
    Record
    """
    deeper: dict[str, list[Sequence[str]]] = {}
    for first, *rest in paths:
        deeper.setdefault(first, []).append(rest)
    record: Any = base
    changes = {}
    for name, rests in deeper.items():
        mine, other = getattr(base, name), getattr(over, name)
        within = [rest for rest in rests if rest]
        changes[name] = overlaid(mine, other, within) if within and mine is not None else other
    changed: Record = dataclasses.replace(record, **changes)
    return changed


def _lines(values: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    flat = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    lines = [
        f"# {_key(name)} is not given" if value is None else f"{_key(name)} = {_text(value)}"
        for name, value in flat.items()
    ]
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = (*path, name)
            lines += ["", f"[{'.'.join(map(_key, inner))}]", *_lines(value, inner)]
    return lines


def _key(name: str) -> str:
    return name if name and name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _quoted(name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("nan" if math.isnan(value) else "inf" if value > 0 else "-inf")
    if isinstance(value, Sequence):
        return f"[{', '.join(_text(NONE if part is None else part) for part in value)}]"
    raise TypeError(f"settings hold a {type(value).__name__}; TOML takes texts, numbers, truth values and lists")


def _quoted(text: str) -> str:
    # the escapes of JSON are those of TOML, but for the one control character that JSON leaves as it is
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(hint: Any, name: str, value: Any, where: str) -> Any:
    """Return a value as its field holds it: lists as tuples, tables as records."""
    kinds = _parts(hint)
    record: Any = next((kind for kind in kinds if dataclasses.is_dataclass(kind)), None)
    if record is not None:
        if isinstance(value, record):
            return value
        if not isinstance(value, Mapping):
            raise InputError(f"{where}{name} is {value!r}; allowed is a table of settings: begin one with [{name}]")
        return from_mapping(record, value, f"{where}[{name}] ")
    if isinstance(value, Mapping):
        raise InputError(f"{where}{name} is a table; allowed is one value: write {name} = ...")
    if isinstance(value, str) and value == NONE and types.NoneType in kinds:
        return None
    return _as_tuple(value)


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(part) for part in value) if isinstance(value, list) else value


def _parts(hint: Any) -> tuple[Any, ...]:
    """Return the kinds of a union, or the one kind."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
