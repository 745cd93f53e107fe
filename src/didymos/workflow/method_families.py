"""The families of methods that the workflow adds; a method is imported when it is built."""

from __future__ import annotations

from didymos.methods.catalogue import BUILT_IN, in_words
from didymos.methods.interface import Family, Method
from didymos.schema.names import InputError
from didymos.workflow.twin_titles import TITLES


def twin_family() -> Family:
    """Return the family of the twin networks, "twin-euclidean" and "twin-robust"."""
    return Family("twin", _build, tuple(TITLES), " or ".join(TITLES))


def further() -> dict[str, Family]:
    """Return the families of methods that the workflow adds to those of the room of methods."""
    return {"twin": twin_family()}


def families_in_words() -> str:
    """Return the families that come with didymos, their default methods in brackets."""
    # those of other packages would all be imported here
    return in_words((*BUILT_IN, *further().values()))


def _build(metric: str) -> Method:
    if metric not in TITLES:
        raise InputError(f"twin-{metric} is no method; allowed are {', '.join(f'twin-{name}' for name in TITLES)}")
    from didymos.workflow.twin_methods import TwinMethod

    return TwinMethod(metric)
