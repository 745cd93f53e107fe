"""Compiled functions that the next process finds compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(**options: Any) -> Callable[[Function], Function]:
    """Compile a function on its first call, and keep the code on disk where there is a folder for it.

    Numba keeps code in ``NUMBA_CACHE_DIR``, else beside the sources, else in the cache folder of the user. Where none
    of these can be written, the function is compiled anew in every process.

    Parameters
    ----------
    **options
        See :func:`numba.njit`.

    Returns
    -------
    callable
        A decorator.
    """

    def decorate(function: Function) -> Function:
        try:
            kept: Function = numba.njit(cache=True, **options)(function)
        except RuntimeError:  # Numba's word for no folder
            kept = numba.njit(**options)(function)
        return kept

    return decorate
