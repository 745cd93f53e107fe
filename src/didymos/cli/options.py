"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from didymos.workflow.settings import Settings

TRACEBACK = "--traceback"


@dataclass(frozen=True, kw_only=True)
class InputOptions:
    """How a map is read from a file with several channels.

    Parameters
    ----------
    channel
        Channel to take; 'didymos info INPUT' lists the channels.
    average_backward
        Average the channel with its backward twin.
    """

    channel: str | None = None
    average_backward: bool = False


Options = Annotated[Settings, Parameter(name="*")]
Reading = Annotated[InputOptions, Parameter(name="*")]
