"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from didymos.io.reading import ReadingSettings
from didymos.plots.settings import FigureSettings
from didymos.preparing.settings import PreparingSettings
from didymos.workflow.settings import Settings


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is written besides the numbers.

    Parameters
    ----------
    figures
        Formats of the figures, joined by commas: png (300 dpi), svg and pdf; or none.
    overwrite
        Replace what another input has left in OUT; the result of the same input is replaced without this option.
    """

    figures: str = "png"
    overwrite: bool = False

    def settings(self) -> FigureSettings:
        """Return the settings of the figures."""
        return FigureSettings.of(self.figures)


@dataclass(frozen=True, kw_only=True)
class LargeMapOptions:
    """How a map that does not fit in memory is worked on.

    Parameters
    ----------
    scheduler
        Address of a dask scheduler, such as tcp://host:8786, whose workers read and work on parts of the map.
    resume
        Keep what is finished in OUT, and go on from there where the same command was stopped before.
    """

    scheduler: str | None = None
    resume: bool = False


# its fields are options of their own wherever it is a field of other settings
Parameter(name="*")(PreparingSettings)

Preparing = Annotated[PreparingSettings, Parameter(name="*")]
Options = Annotated[Settings, Parameter(name="*")]
Reading = Annotated[ReadingSettings, Parameter(name="*")]
Output = Annotated[OutputOptions, Parameter(name="*")]
LargeMap = Annotated[LargeMapOptions, Parameter(name="*")]
