"""The explorer: linked views, live; the user points, and the twins learn."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.explorer.desk import Desk
    from didymos.explorer.opening import explore
    from didymos.explorer.server import Explorer
    from didymos.explorer.settings import ExplorerSettings

__all__ = ["Desk", "Explorer", "ExplorerSettings", "explore"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "desk": ("Desk",),
        "opening": ("explore",),
        "server": ("Explorer",),
        "settings": ("ExplorerSettings",),
    },
)
