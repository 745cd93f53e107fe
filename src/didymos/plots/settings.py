"""In which formats figures are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from didymos.schema.names import InputError
from didymos.schema.suggestions import did_you_mean

FORMATS = ("png", "svg", "pdf")
"""The formats that can be written."""
NONE = "none"
READY = b"ready\n"
"""What a process that draws answers once everything is imported."""


@dataclass(frozen=True)
class FigureSettings:
    """How figures are written as files.

    Attributes
    ----------
    formats : tuple of str
        Of "png", "svg" and "pdf"; empty for no files.
    resolution : int
        Dots per inch of PNG files, and of dense parts within SVG and PDF files.
    most_helpers : int
        Processes that draw beside this one, at most; there is one for every further core that may be used.
    """

    formats: tuple[str, ...] = ("png",)
    resolution: int = 300
    most_helpers: int = 3

    def __post_init__(self) -> None:
        wrong = [name for name in self.formats if name not in FORMATS]
        if wrong or isinstance(self.formats, str):
            found = wrong[0] if wrong else self.formats
            raise InputError(
                f"figures is {found!r}; allowed are {', '.join(FORMATS)}, or {NONE} alone{did_you_mean(found, FORMATS)}"
            )

    @classmethod
    def of(cls, figures: str | Sequence[str] | FigureSettings) -> FigureSettings:
        """Return the settings that a user means: "png,svg", ("png", "svg"), "none", or settings as they are.

        Raises
        ------
        InputError
            Where there is no such format.
        """
        if isinstance(figures, FigureSettings):
            return figures
        if not isinstance(figures, str | Sequence):
            raise InputError(f"figures is {figures!r}; allowed are {', '.join(FORMATS)}, or {NONE} alone")
        parts = figures.split(",") if isinstance(figures, str) else figures
        names = [str(part).strip().lower().removeprefix(".") for part in parts]
        return cls(() if names in ([NONE], []) else tuple(dict.fromkeys(names)))

    @property
    def shown(self) -> str:
        """The format of the pictures in a page: SVG where it is written, else PNG."""
        return "svg" if "svg" in self.formats else "png"
