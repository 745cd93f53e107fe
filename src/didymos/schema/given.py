"""What a function was given, in words: for errors that say what came, what is needed and what to do."""

from __future__ import annotations

import os
from typing import Any

from didymos.schema.names import ENERGY, InputError

LONGEST = 60
"""Letters of a text that are repeated in a message."""


def is_dataset(value: object) -> bool:
    """Tell whether something is an xarray.Dataset, without importing xarray."""
    return hasattr(value, "data_vars") and hasattr(value, "attrs")


def is_data_array(value: object) -> bool:
    """Tell whether something is an xarray.DataArray, without importing xarray."""
    return hasattr(value, "dims") and hasattr(value, "coords") and not is_dataset(value)


def in_words(value: Any) -> str:
    """Return what something is: "a spectral map", "a result", "the text 'map.3ds'"."""
    if value is None:
        return "None"
    if isinstance(value, str | os.PathLike):
        return f"the path {_short(os.fspath(value))!r}" if not isinstance(value, str) else f"the text {_short(value)!r}"
    if is_dataset(value):
        return _of_dataset(value)
    if is_data_array(value):
        return "a spectral map" if ENERGY in value.dims else f"a DataArray with dims {_listed(value.dims)}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"an array of shape {tuple(value.shape)}"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def shown(value: Any) -> str:
    """Return a value as a message shows it: short ones as they are written, all else by what they are."""
    if value is None or isinstance(value, str | int | float | tuple | list):
        text = repr(value)
        if len(text) <= LONGEST and "\n" not in text:
            return text
    return in_words(value)


def no_map(value: Any, who: str = "an analysis") -> InputError:
    """Return the error where a spectral map is needed and something else came."""
    return InputError(f"{who} needs a spectral map; {in_words(value)} came: {_way_to_a_map(value)}")


def no_result(value: Any, who: str, wanted: str = "a result") -> InputError:
    """Return the error where a result, or what `wanted` names, is needed and something else came."""
    return InputError(f"{who} needs {wanted}; {in_words(value)} came: {_way_to_a_result(value, wanted)}")


def check_kind(value: Any, kind: type, who: str, remedy: str) -> None:
    """Refuse what is not of a kind: "fit_metric needs Points; a spectral map came: give what prepare returns"."""
    if not isinstance(value, kind):
        raise InputError(f"{who} needs {_of_kind(kind)}; {in_words(value)} came: {remedy}")


def check_path(value: Any, what: str) -> None:
    """Refuse what is no path, or an empty one, where the path of `what` is needed."""
    if not isinstance(value, str | os.PathLike):
        raise InputError(f"the path of {what} is {in_words(value)}; allowed is a text or a pathlib.Path: name a file")
    if not os.fspath(value):
        raise InputError(f"the path of {what} is empty: name a file")


def check_result(value: Any, who: str, wanted: str = "a result") -> None:
    """Refuse what is no Dataset that holds something analysed."""
    if not is_dataset(value) or "didymos_version" not in value.attrs:
        raise no_result(value, who, wanted)


def _of_dataset(value: Any) -> str:
    if "method_score" in value.data_vars:
        return "a comparison"
    if "score" in value.data_vars:
        return "a result"
    if "distance_histogram" in value.data_vars:
        return "the statistics of pairs"
    if "spectra" in value.data_vars:
        return "a Dataset with the map 'spectra'"
    return f"a Dataset with {_listed(value.data_vars) or 'nothing'}"


def _way_to_a_map(value: Any) -> str:
    if isinstance(value, str | os.PathLike):
        return f"open the file with didymos.open_map({_short(os.fspath(value))!r})"
    if is_dataset(value):
        return "name its map 'spectra', or give the map alone"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return "give it energies and units with didymos.spectral_map(values, energy)"
    return "see didymos.open_map and didymos.spectral_map"


def _way_to_a_result(value: Any, wanted: str) -> str:
    if "comparison" in wanted:
        method = "method" in wanted
        return "take one with didymos.plots.of_method(comparison, name)" if method else "make one with didymos.compare"
    if isinstance(value, str | os.PathLike):
        return f"open the file with didymos.open_result({_short(os.fspath(value))!r})"
    return "give what didymos.analyze(map) returns"


def _listed(names: Any) -> str:
    return _short(", ".join(map(str, names)))


def _of_kind(kind: type) -> str:
    name = kind.__name__
    return name if name.endswith("s") else f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def _short(text: str | bytes) -> str:
    words = " ".join(os.fsdecode(text).split())
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
