"""How the explorer serves, and how much it accepts."""

from __future__ import annotations

from dataclasses import dataclass

from didymos.schema.names import InputError

LOOPBACK = "127.0.0.1"
HOSTS = (LOOPBACK, "localhost")
"""Names of this machine under which the page may be opened."""
LARGEST_PORT = 65535


@dataclass(frozen=True)
class ExplorerSettings:
    """How the explorer serves, and how much it accepts.

    Attributes
    ----------
    port : int
        Of this machine; 0 takes a free one.
    largest_message : int
        Bytes of a message from the browser at most.
    most_corners : int
        Corners of a polygon at most.
    """

    port: int = 0
    largest_message: int = 8_000_000
    most_corners: int = 10_000

    def __post_init__(self) -> None:
        """Refuse a port that there is not."""
        if not isinstance(self.port, int) or isinstance(self.port, bool) or not 0 <= self.port <= LARGEST_PORT:
            raise InputError(f"port is {self.port!r}; allowed are 0 (any free port) to {LARGEST_PORT}")
