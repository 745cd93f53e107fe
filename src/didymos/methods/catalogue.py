"""The families of methods that come with didymos; a method is imported when it is built."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from didymos.methods.interface import Family, Method


def _in(module: str) -> Callable[[str], Method]:
    """Return a function that imports a module of this room and calls its ``build``."""

    def build(text: str) -> Method:
        method: Method = importlib.import_module(f"didymos.methods.{module}").build(text)
        return method

    return build


BUILT_IN = (
    Family("pca", _in("pca")),
    Family("kmeans", _in("kmeans"), ("2", "3"), "an integer from 2"),
    Family(
        "agglomerative",
        _in("agglomerative"),
        ("ward", "average", "single", "complete"),
        "ward, average, single or complete",
    ),
    Family("log-rescaled", _in("log_rescaled")),
    Family("kernel-pca", _in("kernel_pca"), ("wide", "narrow"), "wide or narrow"),
    Family("nmf", _in("nmf")),
    Family("umap", _in("umap")),
    Family("tsne", _in("tsne")),
    Family("autoencoder", _in("autoencoder")),
)
"""In the order in which a comparison shows them."""


def in_words(families: tuple[Family, ...]) -> str:
    """Return the names of families, their default methods in brackets."""
    return ", ".join(
        family.name
        if family.variants == ("",)
        else f"{family.name} ({', '.join(f'{family.name}-{text}' for text in family.variants)})"
        for family in families
    )
