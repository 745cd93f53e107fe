"""The methods of the literature behind one interface: spectra in, score, latent space and groups out."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.methods.interface import Family, Method, Outcome, Task, Tree
    from didymos.methods.registry import chosen, families, how_to_install, missing_packages, skipped_families

__all__ = [
    "Family",
    "Method",
    "Outcome",
    "Task",
    "Tree",
    "chosen",
    "families",
    "how_to_install",
    "missing_packages",
    "skipped_families",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "interface": (
            "Family",
            "Method",
            "Outcome",
            "Task",
            "Tree",
        ),
        "registry": (
            "chosen",
            "families",
            "how_to_install",
            "missing_packages",
            "skipped_families",
        ),
    },
)
