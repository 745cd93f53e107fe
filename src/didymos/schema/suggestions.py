"""Nearest words: what was probably meant where a name is unknown."""

from __future__ import annotations

import os
from collections.abc import Iterable

LIKE_ENOUGH = 0.6
"""Smallest share of common letters of a word that is proposed, as difflib has it."""


def nearest_word(word: object, allowed: Iterable[str], least: float = LIKE_ENOUGH) -> str | None:
    """Return the allowed word that is most like another one, None where no word is like it.

    Parameters
    ----------
    word : object
        What came; what is no text is like nothing.
    allowed : iterable of str
        Letters count in lower case, and a hyphen as an underscore.
    least : float
        Smallest share of common letters.

    Returns
    -------
    str or None
        As it stands in `allowed`.
    """
    if not isinstance(word, str):
        return None
    from difflib import get_close_matches

    names = {_plain(name): name for name in reversed([*allowed])}
    found = [name for name in get_close_matches(_plain(word), [*names], n=3, cutoff=least) if _stems(name, word)]
    return names[found[0]] if found else None


def did_you_mean(word: object, allowed: Iterable[str]) -> str:
    """Return the end of an error message about an unknown word.

    Parameters
    ----------
    word : object
        What came.
    allowed : iterable of str
        What could have been meant.

    Returns
    -------
    str
        ``"; did you mean 'x'?"``, or nothing where no word is like it.
    """
    near = nearest_word(word, allowed)
    return "" if near is None else f"; did you mean {near!r}?"


def files_beside(path: str | os.PathLike[str]) -> list[str]:
    """Return the names in the folder of a path that does not exist; none where there is no such folder."""
    try:
        return sorted(os.listdir(os.path.dirname(os.path.abspath(path))))
    except (OSError, ValueError):
        return []


def _stems(name: str, word: str) -> bool:
    """Tell whether two names of files are alike without the suffix that both have."""
    from difflib import SequenceMatcher

    (stem, suffix), (other, same) = os.path.splitext(name), os.path.splitext(_plain(word))
    return suffix != same or not suffix or SequenceMatcher(None, other, stem).ratio() >= LIKE_ENOUGH


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
