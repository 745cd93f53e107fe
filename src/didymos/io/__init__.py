"""Reading maps, saving and loading results."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.io.atomic import replacing
    from didymos.io.info import AxisInfo, ChannelInfo, FileInfo
    from didymos.io.nanonis.writing import save_nanonis
    from didymos.io.opening import describe, open_map
    from didymos.io.readers.interface import Content, Reader
    from didymos.io.readers.registry import known_readers, skipped_readers
    from didymos.io.results import open_result, result_path, save_result
    from didymos.io.saving import save_map
    from didymos.io.sources import file_sha256
    from didymos.io.truth import open_truth

__all__ = [
    "AxisInfo",
    "ChannelInfo",
    "Content",
    "FileInfo",
    "Reader",
    "describe",
    "file_sha256",
    "known_readers",
    "open_map",
    "open_result",
    "open_truth",
    "replacing",
    "result_path",
    "save_map",
    "save_nanonis",
    "save_result",
    "skipped_readers",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "atomic": ("replacing",),
        "info": (
            "AxisInfo",
            "ChannelInfo",
            "FileInfo",
        ),
        "nanonis.writing": ("save_nanonis",),
        "opening": (
            "describe",
            "open_map",
        ),
        "readers.interface": (
            "Content",
            "Reader",
        ),
        "readers.registry": (
            "known_readers",
            "skipped_readers",
        ),
        "results": (
            "open_result",
            "result_path",
            "save_result",
        ),
        "saving": ("save_map",),
        "sources": ("file_sha256",),
        "truth": ("open_truth",),
    },
)
