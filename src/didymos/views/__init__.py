"""Linked views of map, embedding and spectra, for a page that opens alone and for the explorer."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.views.comparison_views import ComparedViews, compared_views
    from didymos.views.page import LinkedViews, linked_views
    from didymos.views.settings import ComparedSettings, ViewSettings

__all__ = ["ComparedSettings", "ComparedViews", "LinkedViews", "ViewSettings", "compared_views", "linked_views"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "comparison_views": ("ComparedViews", "compared_views"),
        "page": ("LinkedViews", "linked_views"),
        "settings": ("ComparedSettings", "ViewSettings"),
    },
)
