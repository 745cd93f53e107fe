"""The report: one HTML file for people, tables for programs."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.report.comparison import write_comparison
    from didymos.report.html import write_report
    from didymos.report.output import write
    from didymos.report.tables import write_tables

__all__ = ["write", "write_comparison", "write_report", "write_tables"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "comparison": ("write_comparison",),
        "html": ("write_report",),
        "output": ("write",),
        "tables": ("write_tables",),
    },
)
