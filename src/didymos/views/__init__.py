"""Linked views of map, embedding and spectra, for a page that opens alone and for the explorer."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.views.page import LinkedViews, linked_views
    from didymos.views.settings import ViewSettings

__all__ = ["LinkedViews", "ViewSettings", "linked_views"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "page": ("LinkedViews", "linked_views"),
        "settings": ("ViewSettings",),
    },
)
