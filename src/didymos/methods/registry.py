"""The known methods: the methods of didymos, and the methods of other packages."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points

from didymos.methods.catalogue import BUILT_IN
from didymos.methods.interface import Family, Method
from didymos.schema import InputError
from didymos.schema.suggestions import did_you_mean

GROUP = "didymos.methods"
"""Group of the entry points, each of them a `Family`."""
PACKAGES = {"umap": "umap-learn", "openTSNE": "openTSNE"}
"""Packages of the modules that the extra "compare" brings, as an index calls them."""


def families() -> dict[str, Family]:
    """Return every family by its name: the built-in families, then the families of other packages."""
    return _families()[0]


def skipped_families() -> dict[str, str]:
    """Return the entry points of other packages that give no family, and why, one line each."""
    return _families()[1]


def chosen(names: Sequence[str] | None = None, further: Mapping[str, Family] | None = None) -> list[Method]:
    """Return methods by name.

    Parameters
    ----------
    names : sequence of str, optional
        Families ("kmeans": its default variants) or single variants ("kmeans-7"). Default all families.
    further : mapping of str to Family, optional
        Families beside those of :func:`families`, by name.

    Returns
    -------
    list of Method
        In the order of the names, each once.

    Raises
    ------
    InputError
        Where there is no such method, or no name is given.
    """
    known = {**families(), **(further or {})}
    wanted = [names] if isinstance(names, str) else list(known) if names is None else names
    if not wanted:
        raise InputError(f"no method is named; allowed are {_allowed(known)}: choose at least one")
    methods = [method for name in wanted for method in _methods(name, known)]
    return list({method.name: method for method in methods}.values())


def missing_packages(method: Method) -> list[str]:
    """Return the modules that a method needs and that are not installed."""
    return [name for name in method.packages if not _is_installed(name)]


def how_to_install(packages: Sequence[str]) -> str:
    """Return the command that installs missing packages.

    Parameters
    ----------
    packages : sequence of str
        Of :func:`missing_packages`, at least one.
    """
    which = f"{', '.join(packages)} {'is' if len(packages) == 1 else 'are'} not installed"
    if PACKAGES.keys() >= set(packages):
        return f"{which}: pip install {' '.join(PACKAGES[name] for name in packages)}"
    return f"{which}: see the package that brings the method"


def _families() -> tuple[dict[str, Family], dict[str, str]]:
    found, skipped = {family.name: family for family in BUILT_IN}, {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        # whatever another package does, the methods of didymos stay
        try:
            family = entry.load()
            if not isinstance(family, Family):
                raise TypeError(f"it is a {type(family).__name__}, allowed is a didymos.methods.Family")
            for text in family.variants:
                family.build(text)
        except (Exception, SystemExit) as error:
            skipped[entry.name] = f"{entry.value} does not load: {type(error).__name__}: {_one_line(error)}"
            continue
        if family.name in found:
            skipped[entry.name] = f"{entry.value} is called {family.name} as another is: give it a name of its own"
        else:
            found[family.name] = family
    return found, skipped


def _methods(name: str, known: Mapping[str, Family]) -> list[Method]:
    """Return the default variants of a family, or the one variant that is named."""
    if name in known:
        return [known[name].build(text) for text in known[name].variants]
    parents = [family for family in known if name.startswith(f"{family}-")]
    if parents:
        family = max(parents, key=len)
        return [known[family].build(name.removeprefix(f"{family}-"))]
    broken = skipped_families().get(name)
    why = f" ({broken})" if broken else ""
    raise InputError(f"no method is called {name!r}{why}; allowed are {_allowed(known)}{did_you_mean(name, known)}")


def _allowed(known: Mapping[str, Family]) -> str:
    """Return the allowed names in words."""
    return ", ".join(
        f"{name} (or {name}- and {known[name].allowed})" if known[name].allowed else name for name in known
    )


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
